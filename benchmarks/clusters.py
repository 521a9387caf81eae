"""Clusters: Services and EndpointSlices as the API server gives them, generated, or read from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

Object = dict[str, Any]

_FIRST_CLUSTER_IP = IPv4Address("10.96.0.0") + 256
_FIRST_POD = IPv4Address("10.128.0.0") + 2
_FIRST_LOAD_BALANCER = IPv4Address("198.18.0.0") + 1
_PLAIN = re.compile(r"(?!(?i:true|false|yes|no|on|off|null|y|n)$)[A-Za-z][\w./-]*", re.ASCII)
_PORT_NAMES = ("http", "grpc", "metrics", "")


@dataclass
class Cluster:
    """The objects of a cluster, and what one node's kube-proxy is told besides."""

    services: list[Object]
    slices: list[Object]
    node: str = "node1"
    zone: str = ""
    node_addresses: list[str] = field(default_factory=lambda: ["192.168.77.1"])
    """Those of the node's interfaces but loopback; the first one is the node's IP."""
    cluster_cidr: str = "10.128.0.0/9"
    config: Object = field(default_factory=dict)
    """Fields of the KubeProxyConfiguration."""


def generated(services: int, endpoints: int, node_ports: int = 0, affinity: int = 0, ranges: int = 0) -> Cluster:
    """A cluster of `services` Services with one port and `endpoints` endpoints each.

    The first `node_ports` are of type NodePort, the first `affinity` have session affinity, and the last `ranges` are of
    type LoadBalancer with two source ranges.
    """
    made, slices = [], []
    pod = _FIRST_POD
    for number in range(services):
        metadata = {"name": f"app-{number}", "namespace": f"team-{number % 23}"}
        port: Object = {"name": _PORT_NAMES[number % 4], "protocol": "TCP", "port": 80, "targetPort": 8080}
        address = str(_FIRST_CLUSTER_IP + number)
        spec: Object = {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "ports": [port]}
        service: Object = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
        if number < node_ports:
            spec["type"], port["nodePort"] = "NodePort", 30000 + number % 2768
        if number < affinity:
            spec["sessionAffinity"] = "ClientIP"
        if number >= services - ranges:
            spec["type"], port["nodePort"] = "LoadBalancer", 30000 + number % 2768
            spec["loadBalancerSourceRanges"] = ["203.0.113.0/24", f"198.51.100.{number % 250}/32"]
            ingress = {"ip": str(_FIRST_LOAD_BALANCER + number)}
            service["status"] = {"loadBalancer": {"ingress": [ingress]}}
        made.append(service)
        places = []
        for place in range(endpoints):
            ready = {"ready": True, "serving": True, "terminating": False}
            places.append({"addresses": [str(pod)], "nodeName": f"node{place % 50 + 1}", "conditions": ready})
            pod += 1
        slices.append(_slice(metadata, port["name"], places))
    return Cluster(made, slices)


def _slice(service: Object, port_name: str, endpoints: list[Object]) -> Object:
    labels = {"kubernetes.io/service-name": service["name"]}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service['name']}-x", "namespace": service["namespace"], "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": port_name, "protocol": "TCP", "port": 8080}],
        "endpoints": endpoints,
    }


def situation(path: Path, node_addresses: list[str] | None = None) -> Cluster:
    """The cluster in a JSON file: ``nodes``, ``services``, ``endpointSlices``, ``clusterCIDR`` and ``extraConfig``.

    The first node is the one whose kube-proxy is asked; ``extraConfig`` are lines of its KubeProxyConfiguration. Only
    IPv4 is looked at.
    """
    from ruamel.yaml import YAML

    data = json.loads(path.read_text(encoding="utf-8"))
    node = data["nodes"][0]
    addresses = [each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP"]
    return Cluster(
        data["services"],
        data["endpointSlices"],
        node["metadata"]["name"],
        node["metadata"].get("labels", {}).get("topology.kubernetes.io/zone", ""),
        node_addresses or [each for each in addresses if ":" not in each],
        next((cidr for cidr in data["clusterCIDR"].split(",") if ":" not in cidr), ""),
        YAML(typ="safe").load(data["extraConfig"].replace("@MODE@", "iptables")) or {},
    )


def manifests(cluster: Cluster) -> Iterator[str]:
    """The objects as YAML documents, in pieces."""
    for each in (*cluster.services, *cluster.slices):
        yield "---\n"
        yield "\n".join(_yaml(each, 0)) + "\n"


def _yaml(value: Object, indent: int) -> Iterator[str]:
    """The lines of a mapping in block style."""
    lead = "  " * indent
    for key, item in value.items():
        if isinstance(item, dict):
            yield f"{lead}{key}:"
            yield from _yaml(item, indent + 1)
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            yield f"{lead}{key}:"
            for each in item:
                first, *rest = _yaml(each, indent + 1)
                yield f"{lead}- {first.lstrip()}"
                yield from rest
        else:
            plain = isinstance(item, str) and _PLAIN.fullmatch(item)
            yield f"{lead}{key}: {item if plain else json.dumps(item)}"
