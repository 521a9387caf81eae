"""What kube-proxy in IPVS mode writes into its IP sets: which address and port is what for which Service.

https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/ipvs/ipset.go and ``proxier.go`` (``syncProxyRules``), read
from 1.20 to 1.38. A set of the second IP family is called ``KUBE-6-`` and on, cut to 31 characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from kpl.golang.net import parse_ip
from kpl.golang.netip import address_text
from kpl.inputs.document import Document
from kpl.inputs.dumps.ipset import IpSet, IpsetDump

CLUSTER_IP = "CLUSTER-IP"
EXTERNAL_IP = "EXTERNAL-IP"
EXTERNAL_IP_LOCAL = "EXTERNAL-IP-LOCAL"
LOAD_BALANCER = "LOAD-BALANCER"
LOAD_BALANCER_LOCAL = "LOAD-BALANCER-LOCAL"
SOURCE_RANGES = "LOAD-BALANCER-SOURCE-CIDR"
NODE_PORTS = {"TCP": "NODE-PORT-TCP", "UDP": "NODE-PORT-UDP", "SCTP": "NODE-PORT-SCTP-HASH"}
NODE_PORTS_LOCAL = {"TCP": "NODE-PORT-LOCAL-TCP", "UDP": "NODE-PORT-LOCAL-UDP", "SCTP": "NODE-PORT-LOCAL-SCTP-HASH"}

_ALWAYS_THERE = (CLUSTER_IP, EXTERNAL_IP, LOAD_BALANCER, NODE_PORTS["TCP"], NODE_PORTS["UDP"])
"""kube-proxy makes them when it starts, members or not."""

_PREFIX = {4: "KUBE-", 6: "KUBE-6-"}
_MAX_NAME = 31


class Frontend(NamedTuple):
    """Where traffic goes before it is translated."""

    protocol: str
    """``TCP``, ``UDP`` or ``SCTP``."""
    address: str
    """As Go prints it; empty for a port of every address of the node."""
    port: int


class KubeSets:
    """kube-proxy's sets on one node."""

    def __init__(self, dump: IpsetDump) -> None:
        self._sets = {found.name: found for found in dump.sets if found.name.startswith("KUBE-")}
        self._members: dict[str, frozenset[Frontend]] = {}

    def is_complete(self, ip_family: int) -> bool:
        """Whether all sets that kube-proxy always has are there for this IP family, each with all of its members."""
        return all(
            (found := self._set(kind, ip_family)) is not None
            and found.has_members
            and found.entries in (None, len(found.elements))
            for kind in _ALWAYS_THERE
        )

    def holds(self, kind: str, frontend: Frontend) -> bool:
        """Whether the set of this kind (``CLUSTER-IP``, ...) has the address and port, or the port of every address."""
        family = 6 if ":" in frontend.address else 4
        members = self._frontends(kind, family, frontend.protocol)
        return frontend in members or frontend._replace(address="") in members

    def is_known(self, frontend: Frontend) -> bool:
        """Whether any set has it as an address that Services are reached at."""
        kinds = (CLUSTER_IP, EXTERNAL_IP, EXTERNAL_IP_LOCAL, LOAD_BALANCER, LOAD_BALANCER_LOCAL)
        ports = (NODE_PORTS.get(frontend.protocol), NODE_PORTS_LOCAL.get(frontend.protocol))
        return any(kind is not None and self.holds(kind, frontend) for kind in (*kinds, *ports))

    def source_ranges(self, frontend: Frontend) -> list[str]:
        """The networks that may reach a load-balancer address, sorted; empty where all may."""
        return sorted(self._ranges[6 if ":" in frontend.address else 4].get(frontend, ()))

    @cached_property
    def _ranges(self) -> dict[int, dict[Frontend, set[str]]]:
        found: dict[int, dict[Frontend, set[str]]] = {4: {}, 6: {}}
        for family, by_frontend in found.items():
            of = self._set(SOURCE_RANGES, family)
            for element in of.elements if of is not None else ():
                frontend, network = _frontend(element, ""), element.split(",")[2:]
                if frontend is not None and network:
                    by_frontend.setdefault(frontend, set()).add(network[0])
        return found

    def _set(self, kind: str, ip_family: int) -> IpSet | None:
        return self._sets.get((_PREFIX[ip_family] + kind)[:_MAX_NAME])

    def _frontends(self, kind: str, ip_family: int, protocol: str) -> frozenset[Frontend]:
        found = self._set(kind, ip_family)
        if found is None:
            return frozenset()
        # a bitmap of ports tells no protocol, it has one by its name
        key = f"{found.name} {protocol}" if found.type.startswith("bitmap:") else found.name
        if key not in self._members:
            self._members[key] = frozenset(
                frontend for element in found.elements if (frontend := _frontend(element, protocol)) is not None
            )
        return self._members[key]


def _frontend(element: str, protocol: str) -> Frontend | None:
    """What ``10.96.0.10,udp:53`` says, or a port alone; None for anything else."""
    address, _, rest = element.partition(",")
    if not rest:
        return Frontend(protocol, "", int(element)) if _is_port(element) else None
    said, _, port = rest.partition(",")[0].rpartition(":")
    parsed = parse_ip(address)
    return Frontend(said.upper(), address_text(parsed), int(port)) if parsed is not None and _is_port(port) else None


def _is_port(written: str) -> bool:
    return written.isdecimal() and len(written) <= 5


def sets_of_node(documents: Iterable[Document]) -> KubeSets | None:
    """The sets of a node with these `documents`; None where there is not one dump of them."""
    sets = [each.model for each in documents if isinstance(each.model, IpsetDump)]
    return KubeSets(sets[0]) if len(sets) == 1 else None
