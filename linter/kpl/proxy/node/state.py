"""What a node's kube-proxy does with the traffic of Services, whatever it was programmed with.

One model for three sources: what a dump holds (iptables, nftables, IPVS), what Services and EndpointSlices ask for, and
what is shown to a person. One entry is one port of one Service in one IP family.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Endpoint(NamedTuple):
    """Where a connection may go, and how probable that is (0 to 1)."""

    address: str
    port: int
    probability: float = 1.0


@dataclass
class Destination:
    """The endpoints for one kind of traffic; `local` where only those on the node count (a traffic policy is Local)."""

    endpoints: list[Endpoint] = field(default_factory=list)
    local: bool = False
    at_most: bool = False
    """Whether kube-proxy may take a part of the endpoints only: which, depends on what is not known of the node."""


@dataclass
class PortState:
    """One port of a Service in one IP family; addresses are written as Go prints them, without a prefix length."""

    name: str | None
    """``namespace/service:port``, ``namespace/service`` where the port has no name; None where the dump does not say."""
    protocol: str
    """``TCP``, ``UDP`` or ``SCTP``."""
    cluster_ip: str | None = None
    port: int | None = None
    node_port: int | None = None
    external_ips: list[str] = field(default_factory=list)
    load_balancer_ips: list[str] = field(default_factory=list)
    source_ranges: list[str] = field(default_factory=list)
    """As networks, sorted; empty where every source may come."""
    affinity_seconds: int | None = None
    """The timeout of session affinity; None without it."""
    internal: Destination = field(default_factory=Destination)
    """Where traffic to the cluster IP goes."""
    external: Destination | None = None
    """Where traffic from outside goes (NodePort, external and load-balancer IPs); None where there is no such way in."""
    health_check_node_port: int | None = None

    @property
    def no_endpoints(self) -> bool:
        """Whether nothing answers, on whatever way the traffic comes."""
        return not self.internal.endpoints and not (self.external and self.external.endpoints)


@dataclass
class NodeState:
    """What one dump, or one set of objects, says of one IP family on one node."""

    ip_family: int
    """4 or 6."""
    ports: list[PortState] = field(default_factory=list)

    def by_name(self) -> dict[tuple[str, str], PortState]:
        """The ports that have a name, by name and protocol."""
        return {(port.name, port.protocol): port for port in self.ports if port.name is not None}
