"""What the iptables mode costs by the size of the cluster.

Per service port kube-proxy writes one rule in KUBE-SERVICES, one that marks for masquerading, one jump per endpoint and
two rules in the chain of each endpoint; five rules more stand in every node's nat table. Counted in the output of
kube-proxy 1.37.2: 64,005 rules for 2,000 Services of 10 endpoints, 150,405 for 200 of 250.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.text.version import Version

IPTABLES_SERVICES = 1000
"""Above so many Services iptables mode costs noticeable latency (Amazon EKS Best Practices, "Running kube-proxy in
nftables Mode"; Tigera, "Comparing kube-proxy modes: iptables or IPVS?")."""

_OVERHEAD = 5
_PARTIAL_SYNCS = Version("1.28")


class Walk(NamedTuple):
    """How many rules a packet is compared with: on average over all Services, and for the last one."""

    average: int
    worst: int


def rules_walked_by_first_packet(services: int, endpoints: int | None = None) -> Walk:
    """The nat rules that the first packet of a connection to a Service meets, one port per Service.

    KUBE-SERVICES is walked from its top to the Service, its chain from the masquerading rule to the endpoint that the
    dice choose, and the endpoint's chain to its end. Without `endpoints` each Service counts as having one.
    """
    each = max((services if endpoints is None else endpoints) / max(services, 1), 1)
    return Walk(round((services + 1) / 2 + 1 + (each + 1) / 2 + 2), round(services + 1 + each + 2))


def rules_written_by_full_sync(services: int, endpoints: int) -> int:
    """The nat rules that a full sync writes, one port per Service."""
    return 2 * services + 3 * endpoints + _OVERHEAD


def how_often_in_full(version: Version) -> str:
    """What a message adds to a full sync where it is rare: since Kubernetes 1.28 (KEP-3453) most syncs are partial."""
    return " (most syncs are partial in Kubernetes 1.28 and later)" if version >= _PARTIAL_SYNCS else ""
