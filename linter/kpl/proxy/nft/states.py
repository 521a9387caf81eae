"""What a node does with the traffic of Services, out of a dump of nftables mode.

All layouts of Kubernetes 1.29 to 1.38 are read (pkg/proxy/nftables/proxier.go): with chains of endpoints (up to 1.35, and
with session affinity), with addresses in a map (from 1.36), with a single address (1.37).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from kpl.inputs.dumps.nftables import Element, NftRuleset, NftTable
from kpl.inputs.dumps.nftrule import Braces, Concat, Match, Nat, NftRule, NftVerdict
from kpl.proxy.nft.names import TABLE, read_name
from kpl.proxy.node.addresses import as_number
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from kpl.text.number import whole_number

_PROTOCOLS = ("tcp", "udp", "sctp")
_FAMILIES = {"ip": 4, "ip6": 6}
_OF_IPTABLES = ("raw", "mangle", "nat", "filter", "security")
_MAPS = ("service-ips", "service-nodeports", "no-endpoint-services", "no-endpoint-nodeports")


def node_states(ruleset: NftRuleset) -> list[NodeState]:
    """What each table of kube-proxy in `ruleset` says; an excerpt without the table's own line counts.

    A dump does not tell load-balancer addresses from external ones: those that source ranges are for are load-balancer
    addresses, all others stand under `external_ips`. Nor does it tell the policies of a Service port without any
    endpoint, or its port for health checks.
    """
    return [_TableReader(table, family).state() for table, family in kube_proxy_tables(ruleset)]


def kube_proxy_tables(ruleset: NftRuleset) -> Iterator[tuple[NftTable, int]]:
    """The tables that kube-proxy made, and their IP families (4 or 6)."""
    for table in ruleset.tables:
        if table.name == TABLE and table.family in _FAMILIES:
            yield table, _FAMILIES[table.family]
        elif not table.name and _looks_like_kube_proxy(table):
            yield table, _family_of(table)


def iptables_tables(ruleset: NftRuleset, family: int) -> Iterator[NftTable]:
    """The tables that iptables-nft makes for one IP family, with the names that iptables has for them."""
    wanted = "ip" if family == 4 else "ip6"
    return (table for table in ruleset.tables if table.family == wanted and table.name in _OF_IPTABLES)


def _looks_like_kube_proxy(table: NftTable) -> bool:
    return any(name in table.maps for name in _MAPS) or any(read_name(chain) for chain in table.chains)


def _family_of(table: NftTable) -> int:
    """The IP family of an excerpt: by the types of its sets, or an address of an endpoint."""
    types = {word for found in (*table.sets.values(), *table.maps.values()) for word in found.key_types}
    if types & {"ipv4_addr", "ipv6_addr"}:
        return 6 if "ipv6_addr" in types else 4
    names = (read_name(chain) for chain in table.chains)
    return 6 if any(name and name.address and ":" in name.address for name in names) else 4


@dataclass
class _Found:
    """What was found about one Service port."""

    name: str | None
    protocol: str
    cluster_ips: dict[str, None] = field(default_factory=dict)
    port: int | None = None
    node_port: int | None = None
    external_ips: dict[str, None] = field(default_factory=dict)
    load_balancer_ips: dict[str, None] = field(default_factory=dict)
    source_ranges: dict[str, None] = field(default_factory=dict)
    internal: Destination | None = None
    external: Destination | None = None
    unplaced: list[tuple[str, str]] = field(default_factory=list)
    """Addresses without endpoints, and what happens to their traffic: of the cluster or from outside."""


class _TableReader:
    def __init__(self, table: NftTable, family: int) -> None:
        self.table = table
        self.family = family
        self.found: dict[tuple[str | None, str, str], _Found] = {}
        self.reached: dict[str, list[Endpoint]] = {}
        self.outside: dict[str, Destination] = {}
        self.endpoints: dict[str, Endpoint | None] = {}

    def state(self) -> NodeState:
        for element in self._elements("firewall-ips"):
            self._load_balancer_ip(element)
        for element in self._set_elements("firewall"):
            self._load_balancer_ip(element)
        for element in self._elements("service-ips"):
            self._service_ip(element)
        for element in self._elements("service-nodeports"):
            self._node_port(element)
        for element in self._elements("no-endpoint-services"):
            self._without_endpoints(element)
        for element in self._elements("no-endpoint-nodeports"):
            self._node_port(element)
        for found in self.found.values():
            self._place(found)
        self._allowed_sources()
        return NodeState(self.family, [self._port_state(found) for found in self.found.values()])

    def _elements(self, name: str) -> list[Element]:
        return self.table.maps[name].elements if name in self.table.maps else []

    def _set_elements(self, name: str) -> list[Element]:
        return self.table.sets[name].elements if name in self.table.sets else []

    def _of(self, name: str | None, protocol: str, chain: str = "") -> _Found:
        """What is known of a port; those without a name are told apart by what their traffic is handed to."""
        key = (name, protocol, "" if name else chain)
        if key not in self.found:
            self.found[key] = _Found(name, protocol)
        return self.found[key]

    def _target(self, element: Element, address: str = "") -> tuple[str, _Found] | None:
        """The chain that an element leads to, and the Service port; the comment names it where nothing answers."""
        protocol = element.key[-2] if len(element.key) >= 2 else ""
        if protocol not in _PROTOCOLS or not isinstance(element.data, NftVerdict):
            return None
        chain = element.data.chain or ""
        name = read_name(chain)
        if name is not None:
            return chain, self._of(name.port_name, name.protocol)
        return chain, self._of(element.comment, protocol.upper(), chain or address)

    def _load_balancer_ip(self, element: Element) -> None:
        if len(element.key) != 3 or element.key[1] not in _PROTOCOLS:
            return
        name = read_name(element.data.chain or "") if isinstance(element.data, NftVerdict) else None
        port_name = name.port_name if name else element.comment
        if port_name is None:
            return
        found = self._of(port_name, element.key[1].upper())
        found.load_balancer_ips[element.key[0]] = None
        found.port = _number(element.key[2])
        if name and isinstance(element.data, NftVerdict) and not found.source_ranges:
            found.source_ranges.update(dict.fromkeys(self._sources(element.data.chain or "")))

    def _service_ip(self, element: Element) -> None:
        reached = self._target(element) if len(element.key) == 3 else None
        if reached is None:
            return
        chain, found = reached
        address, found.port = element.key[0], _number(element.key[2])
        if chain.startswith("external-"):
            self._from_outside(found, address)
            found.external = self._external(chain)
        else:
            found.cluster_ips[address] = None
            found.internal = self._destination(chain)

    def _node_port(self, element: Element) -> None:
        reached = self._target(element) if len(element.key) == 2 else None
        if reached is None:
            return
        chain, found = reached
        found.node_port = _number(element.key[1])
        if chain.startswith("external-"):
            found.external = self._external(chain)
        elif found.external is None:
            found.external = Destination([], local=_is_drop(element))

    def _without_endpoints(self, element: Element) -> None:
        reached = self._target(element, element.key[0]) if len(element.key) == 3 else None
        if reached is not None:
            _, found = reached
            found.port = _number(element.key[2])
            found.unplaced.append((element.key[0], "drop" if _is_drop(element) else "reject"))

    def _place(self, found: _Found) -> None:
        """Which of the addresses without endpoints is the cluster IP, and which are reached from outside."""
        left = []
        for address, verdict in found.unplaced:
            if address in found.external_ips or address in found.load_balancer_ips:
                found.external = found.external or Destination([], local=verdict == "drop")
            else:
                left.append((address, verdict))
        active = {address for address, _ in left if address in self._cluster_ips}
        if left and not active and not found.cluster_ips and "cluster-ips" not in self.table.sets:
            active = {max(left, key=lambda pair: self._nearness(pair[0]))[0]}
        for address, verdict in left:
            if address in active:
                found.cluster_ips[address] = None
                found.internal = found.internal or Destination([], local=verdict == "drop")
            else:
                self._from_outside(found, address)
                found.external = found.external or Destination([], local=verdict == "drop")

    @cached_property
    def _cluster_ips(self) -> set[str]:
        """The addresses that are certainly cluster IPs: listed (from 1.30), or led to a Service's own chain."""
        known = {element.key[0] for element in self._set_elements("cluster-ips")}
        for element in self._elements("service-ips"):
            if isinstance(element.data, NftVerdict) and (element.data.chain or "").startswith(("service-", "local-")):
                known.add(element.key[0])
        return known

    @cached_property
    def _sorted_cluster_ips(self) -> list[int]:
        return sorted(number for number in map(as_number, self._cluster_ips) if number is not None)

    def _nearness(self, address: str) -> int:
        """How close `address` is to a cluster IP, since they come out of one range: higher is closer."""
        number = as_number(address)
        if number is None:
            return -(1 << 128)
        after = bisect_left(self._sorted_cluster_ips, number)
        around = self._sorted_cluster_ips[max(0, after - 1) : after + 1]
        return -min((number ^ each for each in around), default=0)

    def _from_outside(self, found: _Found, address: str) -> None:
        if address not in found.load_balancer_ips:
            found.external_ips[address] = None

    def _destination(self, chain: str) -> Destination:
        if chain not in self.reached:
            self.reached[chain] = self._endpoints(chain)
        return Destination(self.reached[chain], local=chain.startswith("local-"))

    def _external(self, chain: str) -> Destination:
        """Where the last rule of an ``external-`` chain leads; the ones before are for pods and the node itself."""
        if chain not in self.outside:
            self.outside[chain] = self._from_external_chain(chain)
        return self.outside[chain]

    def _from_external_chain(self, chain: str) -> Destination:
        rules = self._rules(chain)
        for rule in rules:
            verdicts = [each for each in rule.statements if isinstance(each, NftVerdict) and each.kind == "goto"]
            if verdicts and len(rule.statements) == 1:
                return self._destination(verdicts[0].chain or "")
        return Destination([], local=bool(rules))

    def _rules(self, chain: str) -> list[NftRule]:
        found = self.table.chains.get(chain)
        return found.rules if found else []

    def _endpoints(self, chain: str) -> list[Endpoint]:
        for rule in self._rules(chain):
            if choice := rule.choice:
                pairs = choice[1].pairs
                made = (
                    self._of_endpoint_chain(pair.data.chain or "")
                    if isinstance(pair.data, NftVerdict)
                    else _of_map(pair.data)
                    for pair in pairs
                )
                return [endpoint._replace(probability=1 / len(pairs)) for endpoint in made if endpoint]
            if rule.nat is not None and (endpoint := _of_nat(rule.nat)):
                return [endpoint]
        return []

    def _of_endpoint_chain(self, chain: str) -> Endpoint | None:
        if chain not in self.endpoints:
            self.endpoints[chain] = self._translated(chain)
        return self.endpoints[chain]

    def _translated(self, chain: str) -> Endpoint | None:
        for rule in self._rules(chain):
            if rule.nat is not None and (endpoint := _of_nat(rule.nat)):
                return endpoint
        if chain in self.table.chains:
            return None  # it translates to nothing
        name = read_name(chain)
        return Endpoint(name.address, name.port) if name and name.address and name.port is not None else None

    @cached_property
    def _timeouts(self) -> dict[tuple[str, str], int]:
        """The timeout of the affinity sets of each Service port."""
        timeouts: dict[tuple[str, str], int] = {}
        for name, found in self.table.sets.items():
            affinity = read_name(name)
            if affinity and affinity.kind == "affinity" and found.timeout is not None:
                timeouts[affinity.port_name, affinity.protocol] = found.timeout
        return timeouts

    def _sources(self, chain: str) -> list[str]:
        for rule in self._rules(chain):
            for statement in rule.statements:
                if isinstance(statement, Match) and statement.operator == "!=":
                    right = statement.right
                    members: Iterable[object] = right.members if isinstance(right, Braces) else (right,)
                    return [member for member in members if isinstance(member, str)]
        return []

    def _allowed_sources(self) -> None:
        """The ranges of 1.29, which stand in a set together with the addresses that they are for."""
        ranges: dict[tuple[str, ...], list[str]] = {}
        for element in self._set_elements("firewall-allow"):
            if len(element.key) == 4:
                ranges.setdefault(element.key[:3], []).append(element.key[3])
        if not ranges:
            return
        for found in self.found.values():
            for address in found.load_balancer_ips:
                sources = ranges.get((address, found.protocol.lower(), str(found.port)), ())
                found.source_ranges.update(dict.fromkeys(sources))

    def _port_state(self, found: _Found) -> PortState:
        # kube-proxy adds the load balancer's own addresses where a range holds the node's
        ranges = [each for each in found.source_ranges if each not in found.load_balancer_ips] or found.source_ranges
        return PortState(
            found.name,
            found.protocol,
            next(iter(found.cluster_ips), None),
            found.port,
            found.node_port,
            list(found.external_ips),
            list(found.load_balancer_ips),
            sorted(_network(each) for each in ranges),
            self._timeouts.get((found.name or "", found.protocol)),
            found.internal or Destination(),
            found.external,
        )


def _of_map(data: object) -> Endpoint | None:
    if not isinstance(data, Concat) or len(data.parts) != 2:
        return None
    address, port = data.parts
    number = _number(port) if isinstance(port, str) else None
    return Endpoint(address, number) if isinstance(address, str) and number is not None else None


def _of_nat(nat: Nat) -> Endpoint | None:
    """The address and port that ``dnat to`` writes."""
    if nat.kind != "dnat" or not isinstance(nat.target, str):
        return None
    address, _, port = nat.target.rpartition(":")
    number = _number(port)
    return Endpoint(address.strip("[]"), number) if address and number is not None else None


def _is_drop(element: Element) -> bool:
    return isinstance(element.data, NftVerdict) and element.data.kind == "drop"


def _number(text: str) -> int | None:
    return whole_number(text) if len(text) <= 5 else None


def _network(source: str) -> str:
    if "/" in source or "-" in source:
        return source
    return f"{source}/128" if ":" in source else f"{source}/32"
