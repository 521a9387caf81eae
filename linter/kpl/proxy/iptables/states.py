"""What kube-proxy in iptables mode programmed: a dump of iptables-save read back as the state of a node.

Layouts of 1.18 to 1.38: KUBE-XLB up to 1.23, KUBE-EXT and KUBE-SVL from 1.24 on. Without comments (a dump of another
program) nothing is read back; what kube-proxy leaves out in large clusters is not needed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.dumps.ruleset import Ruleset, Table
from kpl.proxy.iptables.chains import SERVICES
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from kpl.text.number import probability, whole_number

_NO_TABLE = Table("", "")
_INTERNAL = " cluster IP"
_WAYS_IN = {" external IP": "external_ips", " loadbalancer IP": "load_balancer_ips"}
_NOTHING = (" has no endpoints", " has no local endpoints")
_HEALTH = " health check node port"


@dataclass
class IptablesDump:
    """The tables of one run of iptables-save: a file may hold several runs."""

    tables: dict[str, Table] = field(default_factory=dict)

    @property
    def nat(self) -> Table:
        """The table nat, empty where the dump has none."""
        return self.tables.get("nat", _NO_TABLE)

    @property
    def filter(self) -> Table:
        """The table filter, empty where the dump has none."""
        return self.tables.get("filter", _NO_TABLE)

    @property
    def whole(self) -> bool:
        """Whether it is all that iptables-save prints of nat and filter.

        What kube-proxy hands to iptables-restore may be a part, and has no built-in chains.
        """
        return all(table.complete and table.policies for table in (self.nat, self.filter))

    @property
    def ip_family(self) -> int:
        """4 or 6, by the addresses of kube-proxy's rules and of the rules beside them."""
        for table in self.tables.values():
            for option in ("-d", "-s"):
                for address in table.values(option, range(len(table.chain))):
                    if address:
                        return 6 if ":" in address else 4
        return 4


def dumps_in(ruleset: Ruleset) -> list[IptablesDump]:
    """The dumps in a file: a table that comes again starts the next one."""
    found: list[IptablesDump] = []
    for table in ruleset.tables:
        if not found or table.name in found[-1].tables:
            found.append(IptablesDump())
        found[-1].tables[table.name] = table
    return found


def node_states(ruleset: Ruleset) -> list[NodeState]:
    """The state that each whole dump in the file shows; those without a trace of kube-proxy's Services are left out."""
    states = [read_state(dump) for dump in dumps_in(ruleset) if dump.whole]
    return [state for state in states if state.ports]


def read_state(dump: IptablesDump) -> NodeState:
    """The state that one dump shows."""
    return _Reader(dump).read()


class _Match(NamedTuple):
    """A rule of a chain that dispatches to Services."""

    comment: str
    protocol: str
    address: str
    port: int | None
    target: str


class _Reader:
    def __init__(self, dump: IptablesDump) -> None:
        self.nat, self.filter = dump.nat, dump.filter
        self.family = dump.ip_family
        self.ports: dict[tuple[str, str], PortState] = {}
        self.destinations: dict[str, Destination] = {}
        self.endpoints = dict(self._endpoints())

    def read(self) -> NodeState:
        for match in _matches(self.nat, SERVICES):
            self._service(match)
        for match in _matches(self.nat, "KUBE-NODEPORTS"):
            if match.target != "KUBE-MARK-MASQ":
                port = self._port(match.comment, match.protocol)
                port.node_port = match.port
                self._way_in(port, match.target)
        for chain in (SERVICES, "KUBE-EXTERNAL-SERVICES"):
            for match in _matches(self.filter, chain):
                self._unanswered(match, inside=chain == SERVICES)
        for match in _matches(self.filter, "KUBE-NODEPORTS"):
            if match.comment.endswith(_HEALTH):
                # the rule is TCP's, whatever the protocol of the port
                name = match.comment.removesuffix(_HEALTH)
                for (other, _), port in self.ports.items():
                    if other == name:
                        port.health_check_node_port = match.port
        return NodeState(self.family, list(self.ports.values()))

    def _port(self, name: str, protocol: str) -> PortState:
        key = name.removesuffix(":"), protocol.upper()
        if key not in self.ports:
            self.ports[key] = PortState(*key)
        return self.ports[key]

    def _service(self, match: _Match) -> None:
        if match.target == "KUBE-MARK-MASQ":
            return
        if match.comment.endswith(_INTERNAL):
            port = self._port(match.comment.removesuffix(_INTERNAL), match.protocol)
            port.cluster_ip, port.port = match.address, match.port
            port.internal = self._destination(match.target)
            port.affinity_seconds = self._affinity(match.target)
            return
        for ending, where in _WAYS_IN.items():
            if match.comment.endswith(ending):
                port = self._port(match.comment.removesuffix(ending), match.protocol)
                addresses: list[str] = getattr(port, where)
                if match.address not in addresses:
                    addresses.append(match.address)
                port.port = match.port
                self._way_in(port, match.target)

    def _way_in(self, port: PortState, chain: str) -> None:
        """`chain` is where traffic from outside to `port` goes: through the ranges of KUBE-FW, then to the endpoints."""
        if chain.startswith("KUBE-FW-"):
            rows = self.nat.rules_of.get(chain, [])
            inner = [row for row in rows if self.nat.target[row].startswith(("KUBE-EXT-", "KUBE-SVC-", "KUBE-XLB-"))]
            own = {f"{address}/{_bits(self.family)}" for address in port.load_balancer_ips}
            sources = {source for source in self.nat.values("-s", inner) if source and source not in own}
            port.source_ranges = sorted({*port.source_ranges, *sources})
            chain = self.nat.target[inner[0]] if inner else ""
        destination = self._outside(chain)
        if destination is not None:
            port.external = destination
        if port.affinity_seconds is None:
            port.affinity_seconds = self._affinity(chain.replace("-EXT-", "-SVL-").replace("-XLB-", "-SVC-"))

    def _outside(self, chain: str) -> Destination | None:
        targets = [self.nat.target[row] for row in self.nat.rules_of.get(chain, ())]
        if chain.startswith("KUBE-XLB-"):
            return Destination(self._spread(chain), local=True)
        if not chain.startswith("KUBE-EXT-"):
            return self._destination(chain) if chain.startswith(("KUBE-SVC-", "KUBE-SVL-")) else None
        if local := next((target for target in targets if target.startswith("KUBE-SVL-")), None):
            return self._destination(local)
        comments = self.nat.values("--comment", self.nat.rules_of.get(chain, ()))
        if any(comment and comment.startswith("pod traffic for ") for comment in comments):
            return Destination(local=True)
        return self._destination(targets[-1]) if targets else None

    def _destination(self, chain: str) -> Destination:
        if chain not in self.destinations:
            self.destinations[chain] = Destination(self._spread(chain), local=chain.startswith("KUBE-SVL-"))
        return self.destinations[chain]

    def _spread(self, chain: str) -> list[Endpoint]:
        """The endpoints that the rules of `chain` choose from, each with what is left for it."""
        rows = [
            row
            for row in self.nat.rules_of.get(chain, ())
            if self.nat.target[row] in self.endpoints and not self._has(row, "--rcheck")
        ]
        found, left = [], 1.0
        for row, written in zip(rows, self.nat.values("--probability", rows), strict=True):
            share = left * probability(written)
            left -= share
            found.append(Endpoint(*self.endpoints[self.nat.target[row]], share))
        return found

    def _affinity(self, chain: str) -> int | None:
        rows = [row for row in self.nat.rules_of.get(chain, ()) if self._has(row, "--rcheck")]
        numbers = (whole_number(each) for each in self.nat.values("--seconds", rows) if each)
        return next((each for each in numbers if each is not None), None)

    def _has(self, row: int, option: str) -> bool:
        return any(name == option for name, _, _ in self.nat.shapes[row].options)

    def _endpoints(self) -> Iterator[tuple[str, tuple[str, int]]]:
        rows = [row for row, target in enumerate(self.nat.target) if target == "DNAT"]
        rows = [row for row in rows if self.nat.chain[row].startswith("KUBE-SEP-")]
        for row, to in zip(rows, self.nat.values("--to-destination", rows), strict=True):
            address, _, written = (to or "").rpartition(":")
            port = whole_number(written)
            if address and port is not None:
                yield self.nat.chain[row], (address.strip("[]"), port)

    def _unanswered(self, match: _Match, inside: bool) -> None:
        """A rule of the filter table that refuses or drops what goes to a Service without endpoints."""
        ending = next((each for each in _NOTHING if match.comment.endswith(each)), None)
        if ending is None:
            return
        local = "local" in ending
        port = self._port(match.comment.removesuffix(ending), match.protocol)
        if inside:
            port.cluster_ip, port.port = match.address, match.port
            port.internal = Destination(local=local)
            return
        if match.address:
            port.port = match.port
            if match.address not in (*port.external_ips, *port.load_balancer_ips):
                # the rule does not say which of the two
                port.external_ips.append(match.address)
        else:
            port.node_port = match.port
        port.external = Destination(local=local)


def _matches(table: Table, chain: str) -> Iterator[_Match]:
    rows: Sequence[int] = table.rules_of.get(chain, ())
    comments, protocols, addresses, ports = (
        table.values(option, rows) for option in ("--comment", "-p", "-d", "--dport")
    )
    for row, comment, protocol, address, port in zip(rows, comments, protocols, addresses, ports, strict=True):
        if comment and protocol:
            host, _, bits = (address or "").partition("/")
            whole = bits in ("", "32", "128")
            number = whole_number(port) if port else None
            yield _Match(comment, protocol, host if whole else "", number, table.target[row])


def _bits(family: int) -> int:
    return 32 if family == 4 else 128
