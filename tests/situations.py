"""What kube-proxy on ``node1`` must program for a situation of the shared corpus, computed from its objects."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

NODE, ZONE = "node1", "z1"
OTHER_PROXY = "service.kubernetes.io/service-proxy-name"

Port = dict[str, Any]


def situation(path: Path) -> dict[str, Any]:
    """The objects of ``situations/NAME.json`` or ``.json.gz``."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    objects: dict[str, Any] = json.loads(data)
    return objects


def expected(objects: dict[str, Any], minor: int, family: str = "IPv4") -> dict[tuple[str, str], Port]:
    """For each name and protocol of a Service port what the node does, by Kubernetes 1.`minor`."""
    ports = {}
    for service in objects["services"]:
        spec, meta = service["spec"], service["metadata"]
        cluster_ip = _of_family(spec.get("clusterIPs", [spec.get("clusterIP")]), family)
        if spec["type"] == "ExternalName" or cluster_ip is None or OTHER_PROXY in meta.get("labels", {}):
            continue
        for port in spec["ports"]:
            name = f"{meta['namespace']}/{meta['name']}" + (f":{port['name']}" if port.get("name") else "")
            ports[name, port["protocol"]] = _port(service, port, cluster_ip, objects, minor, family)
    return ports


def _port(
    service: dict[str, Any], port: dict[str, Any], cluster_ip: str, objects: dict[str, Any], minor: int, family: str
) -> Port:
    spec = service["spec"]
    endpoints = _endpoints(service, port, objects, family)
    ready = [each for each in endpoints if each["ready"]]
    fallback = [each for each in endpoints if each["serving"] and each["terminating"]]
    cluster = ready or fallback
    # before 1.31 hints need an annotation that no situation has
    if minor >= 31 and ready and all(each["zones"] for each in ready):
        cluster = [each for each in ready if ZONE in each["zones"]] or cluster
    local = [each for each in ready if each["local"]] or [each for each in fallback if each["local"]]
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    # ipMode is looked at from 1.30
    balanced = [each["ip"] for each in ingress if "ip" in each and (minor < 30 or each.get("ipMode") != "Proxy")]
    addresses = [*spec.get("externalIPs", []), *(balanced if spec["type"] == "LoadBalancer" else [])]
    outside = bool(addresses or port.get("nodePort"))
    internal_local = spec.get("internalTrafficPolicy") == "Local"
    external_local = outside and spec.get("externalTrafficPolicy") == "Local"
    ranges = spec.get("loadBalancerSourceRanges", []) if balanced else []
    affinity = spec.get("sessionAffinityConfig", {}).get("clientIP", {}).get("timeoutSeconds", 10800)
    reachable = [*(local if internal_local else cluster), *(local if external_local else ())]
    return {
        "cluster_ip": cluster_ip,
        "port": port["port"],
        "node_port": port.get("nodePort"),
        "addresses": sorted(addresses),
        "source_ranges": sorted(ranges),
        "affinity": affinity if spec.get("sessionAffinity") == "ClientIP" and reachable else None,
        "internal": _shown(local if internal_local else cluster),
        "external": _shown(local if external_local else cluster) if outside else None,
        # without any endpoint the policies cannot be told from what is programmed
        "internal_local": internal_local and bool(cluster),
        "external_local": external_local and bool(cluster),
    }


def _endpoints(
    service: dict[str, Any], port: dict[str, Any], objects: dict[str, Any], family: str
) -> list[dict[str, Any]]:
    found = {}
    meta = service["metadata"]
    for piece in objects["endpointSlices"]:
        labels = piece["metadata"].get("labels", {})
        if (
            piece["metadata"]["namespace"] != meta["namespace"]
            or labels.get("kubernetes.io/service-name") != meta["name"]
        ):
            continue
        if piece["addressType"] != family:
            continue
        for target in piece["ports"]:
            if (target.get("name") or "") != (port.get("name") or "") or target["protocol"] != port["protocol"]:
                continue
            for each in piece["endpoints"]:
                conditions = each.get("conditions", {})
                address = each["addresses"][0]
                found[address, target["port"]] = {
                    "address": address,
                    "port": target["port"],
                    "ready": conditions.get("ready", True),
                    "serving": conditions.get("serving", True),
                    "terminating": conditions.get("terminating", False),
                    "local": each.get("nodeName") == NODE,
                    "zones": [zone["name"] for zone in (each.get("hints") or {}).get("forZones", [])],
                }
    return list(found.values())


def _shown(endpoints: list[dict[str, Any]]) -> list[tuple[str, int, float]]:
    return sorted((each["address"], each["port"], round(1 / len(endpoints), 6)) for each in endpoints)


def _of_family(addresses: list[str | None], family: str) -> str | None:
    return next((each for each in addresses if each and each != "None" and (":" in each) == (family == "IPv6")), None)
