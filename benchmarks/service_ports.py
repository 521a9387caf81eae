"""The ports of Services with their endpoints, as kube-proxy joins them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from clusters import Cluster, Object

from kpl.proxy.iptables.chains import endpoint_chain, service_chain

Release = tuple[int, int]


class Endpoint(NamedTuple):
    """One endpoint of a port."""

    address: str
    ready: bool
    draining: bool
    """Terminating, and still serving."""
    local: bool
    zones: frozenset[str]

    @property
    def ip(self) -> str:
        """The address without the port."""
        return self.address.partition(":")[0]


@dataclass
class Port:
    """One port of a Service with what its rules are made from."""

    name: str
    protocol: str
    spec: Object
    port: Object
    load_balancer_ips: list[str]
    hints: bool
    endpoints: list[Endpoint] = field(default_factory=list)

    def chain(self, kind: str) -> str:
        """The chain ``KUBE-kind-...`` of the port."""
        return service_chain(f"KUBE-{kind}-", self.name, self.protocol)

    def endpoint_chain(self, endpoint: Endpoint) -> str:
        """The chain of one of its endpoints."""
        return endpoint_chain(self.name, self.protocol, endpoint.address)

    def to(self, comment: str, address: str, port: int | None = None) -> str:
        """The match of traffic to a port of an address."""
        return (
            f'-d {address}/32 -p {self.protocol} -m comment --comment "{self.name} {comment}" '
            f"-m {self.protocol} --dport {port or self.port['port']}"
        )

    @property
    def internal_local(self) -> bool:
        """Whether traffic to the cluster IP stays on the node."""
        return self.spec.get("internalTrafficPolicy") == "Local"

    @property
    def external(self) -> bool:
        """Whether it can be reached from outside."""
        return bool(self.port.get("nodePort") or self.load_balancer_ips or self.spec.get("externalIPs"))

    @property
    def external_local(self) -> bool:
        """Whether traffic from outside stays on the node."""
        return self.external and self.spec.get("externalTrafficPolicy") == "Local"


def ports(cluster: Cluster, release: Release) -> list[Port]:
    """The ports of the Services that kube-proxy looks at, with their endpoints sorted by address."""
    slices: dict[tuple[str, str], list[Object]] = {}
    for each in cluster.slices:
        if each["addressType"] == "IPv4":
            key = each["metadata"]["namespace"], each["metadata"]["labels"]["kubernetes.io/service-name"]
            slices.setdefault(key, []).append(each)
    found = []
    for service in cluster.services:
        metadata, spec = service["metadata"], service["spec"]
        foreign = "service.kubernetes.io/service-proxy-name" in metadata.get("labels", {})
        if foreign or spec.get("clusterIP", "None") == "None" or spec["type"] == "ExternalName":
            continue
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
        addresses = [
            each["ip"] for each in ingress if "ip" in each and (each.get("ipMode") != "Proxy" or release < (1, 30))
        ]
        annotations = metadata.get("annotations", {})
        asked = annotations.get("service.kubernetes.io/topology-aware-hints", "").lower() == "auto"
        own = slices.get((metadata["namespace"], metadata["name"]), [])
        for port in spec["ports"]:
            name = f"{metadata['namespace']}/{metadata['name']}" + (f":{port['name']}" if port.get("name") else "")
            made = Port(name, port["protocol"].lower(), spec, port, addresses, asked or release >= (1, 31))
            made.endpoints = _endpoints(own, port, cluster.node)
            found.append(made)
    return found


def _endpoints(slices: list[Object], port: Object, node: str) -> list[Endpoint]:
    found: dict[str, Endpoint] = {}
    for each in slices:
        for target in each["ports"]:
            if (target.get("name") or "", target["protocol"]) != (port.get("name") or "", port["protocol"]):
                continue
            for endpoint in each["endpoints"]:
                address = f"{endpoint['addresses'][0]}:{target['port']}"
                conditions = endpoint.get("conditions", {})
                ready = conditions.get("ready") is not False
                serving = conditions.get("serving", ready)
                found[address] = Endpoint(
                    address,
                    ready,
                    serving and conditions.get("terminating", False),
                    endpoint.get("nodeName") == node,
                    frozenset(zone["name"] for zone in endpoint.get("hints", {}).get("forZones", ())),
                )
    return [found[address] for address in sorted(found)]
