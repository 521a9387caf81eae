"""How two states of a node differ: what should be programmed and what is, or one dump and a later one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from kpl.proxy.node.state import Destination, NodeState, PortState

_EVERY_SOURCE = {"0.0.0.0/0", "::/0"}

_Targets = set[tuple[str, int]]
_Key = tuple[str, str | None, int | None]
"""Protocol, address (None for every address of the node) and port."""


class DifferenceKind(Enum):
    """What differs."""

    SERVICE_MISSING = "service missing"
    SERVICE_LEFT_OVER = "service left over"
    CLUSTER_IP = "cluster IP"
    PORT = "port"
    NODE_PORT = "node port"
    EXTERNAL_IP_MISSING = "external IP missing"
    LOAD_BALANCER_IP_MISSING = "load-balancer IP missing"
    ADDRESS_LEFT_OVER = "address left over"
    """An external or load-balancer IP: a rule that refuses traffic does not say which of the two."""
    SOURCE_RANGES = "source ranges"
    AFFINITY = "session affinity"
    HEALTH_CHECK_NODE_PORT = "health check node port"
    POLICY = "traffic policy"
    NOT_ANSWERED = "refused although there are endpoints"
    ANSWERED = "answered although there is no endpoint"
    ENDPOINT_MISSING = "endpoint missing"
    ENDPOINT_LEFT_OVER = "endpoint left over"


class Difference(NamedTuple):
    """One difference of one port: what is expected and what is programmed, as far as the two are not the same."""

    kind: DifferenceKind
    port: PortState
    """The expected port; the programmed one where nothing is expected."""
    expected: tuple[str, ...]
    programmed: tuple[str, ...]
    way: str = ""
    """``internal`` or ``external``: whose traffic differs, where that is said of a destination."""

    @property
    def title(self) -> str:
        """The port as a message names it: its name, or protocol and address where there is none."""
        port = self.port
        return port.name or f"{port.protocol} {_place(port)}"


def differences(expected: NodeState, programmed: NodeState) -> list[Difference]:
    """What is not programmed in the one way in which it is expected.

    Ports are matched by name and protocol; where one of the states has no name for them, by protocol, cluster IP and
    port. Nothing is said where a state does not tell: a destination that is `at_most`, source ranges and affinity
    where no endpoint is, the way in from outside of a port that has no name.
    """
    return list(_Comparison(programmed).differences(expected))


class _Comparison:
    def __init__(self, programmed: NodeState) -> None:
        self.ports = programmed.ports
        self.by_name = programmed.by_name()
        self.by_key = {_key(port): port for port in self.ports}
        self.unnamed = {key for port in self.ports if port.name is None for key in _keys(port)}
        self.unnamed_ports = {(protocol, number) for protocol, _, number in self.unnamed}
        self.shows_local = {
            "internal": any(port.internal.local for port in self.ports),
            "external": any(port.external is not None and port.external.local for port in self.ports),
        }
        self.shows_node_ports = False
        self.shows_health_checks = any(port.health_check_node_port for port in self.ports)

    def differences(self, expected: NodeState) -> Iterator[Difference]:
        # without a node port at all, the node may have no address for them
        self.shows_node_ports = any(
            (port.protocol, port.node_port) in self.unnamed_ports
            for port in expected.ports
            if port.node_port is not None
        )
        matched: set[int] = set()
        for port in expected.ports:
            other = self._match(port)
            if other is None:
                yield Difference(DifferenceKind.SERVICE_MISSING, port, (_place(port),), ())
            else:
                matched.add(id(other))
                yield from self._of_port(port, other)
        known = {key for port in expected.ports for key in _keys(port)}
        for port in self.ports:
            if id(port) in matched or (port.name is None and self._is_way_in(port, known)):
                continue
            yield Difference(DifferenceKind.SERVICE_LEFT_OVER, port, (), (_place(port),))

    def _match(self, port: PortState) -> PortState | None:
        if port.name is not None and (port.name, port.protocol) in self.by_name:
            return self.by_name[port.name, port.protocol]
        other = self.by_key.get(_key(port))
        return other if other is not None and (port.name is None or other.name is None) else None

    def _is_way_in(self, port: PortState, known: set[_Key]) -> bool:
        # a dump without names shows each way in as an entry of its own, a node port with the node's address perhaps
        return not known.isdisjoint(_keys(port)) or (port.protocol, None, port.port) in known

    def _lacks_node_port(self, expected: PortState) -> bool:
        """Whether no entry without a name has the node port, while others have other node ports."""
        place = expected.protocol, expected.node_port
        return expected.node_port is not None and self.shows_node_ports and place not in self.unnamed_ports

    def _of_port(self, expected: PortState, programmed: PortState) -> Iterator[Difference]:
        if expected.cluster_ip != programmed.cluster_ip:
            yield _differing(DifferenceKind.CLUSTER_IP, expected, expected.cluster_ip, programmed.cluster_ip)
        if programmed.port is not None and expected.port != programmed.port:
            yield _differing(DifferenceKind.PORT, expected, expected.port, programmed.port)
        yield from self._ways_in(expected, programmed)
        if _answers(expected) and _answers(programmed) and expected.affinity_seconds != programmed.affinity_seconds:
            yield _differing(DifferenceKind.AFFINITY, expected, expected.affinity_seconds, programmed.affinity_seconds)
        internal = list(self._destinations("internal", expected, expected.internal, programmed.internal))
        yield from internal
        if expected.external is not None and programmed.external is not None:
            told = {(each.kind, each.expected, each.programmed) for each in internal}
            for each in self._destinations("external", expected, expected.external, programmed.external):
                if (each.kind, each.expected, each.programmed) not in told:
                    yield each

    def _ways_in(self, expected: PortState, programmed: PortState) -> Iterator[Difference]:
        named = programmed.name is not None
        if expected.node_port != programmed.node_port and (named or programmed.node_port is not None):
            yield _differing(DifferenceKind.NODE_PORT, expected, expected.node_port, programmed.node_port)
        elif not named and self._lacks_node_port(expected):
            yield _differing(DifferenceKind.NODE_PORT, expected, expected.node_port, None)
        there = {*programmed.external_ips, *programmed.load_balancer_ips}
        for kind, addresses in (
            (DifferenceKind.EXTERNAL_IP_MISSING, expected.external_ips),
            (DifferenceKind.LOAD_BALANCER_IP_MISSING, expected.load_balancer_ips),
        ):
            missing = [each for each in addresses if each not in there]
            if not named:
                missing = [each for each in missing if (expected.protocol, each, expected.port) not in self.unnamed]
            if missing:
                yield Difference(kind, expected, tuple(missing), ())
        left = sorted(there.difference(expected.external_ips, expected.load_balancer_ips))
        if left:
            yield Difference(DifferenceKind.ADDRESS_LEFT_OVER, expected, (), tuple(left))
        if named and expected.load_balancer_ips and programmed.external is not None and programmed.external.endpoints:
            wanted, found = set(expected.source_ranges), set(programmed.source_ranges)
            if wanted != found and not wanted & _EVERY_SOURCE:
                yield Difference(DifferenceKind.SOURCE_RANGES, expected, tuple(sorted(wanted)), tuple(sorted(found)))
        checks = expected.health_check_node_port, programmed.health_check_node_port
        if self.shows_health_checks and checks[0] != checks[1]:
            yield _differing(DifferenceKind.HEALTH_CHECK_NODE_PORT, expected, *checks)

    def _destinations(
        self, way: str, port: PortState, expected: Destination, programmed: Destination
    ) -> Iterator[Difference]:
        wanted, found = _targets(expected), _targets(programmed)
        if not found:
            # with a Local policy and an unknown node there may be nothing to choose
            if wanted and not (expected.at_most and expected.local):
                yield Difference(DifferenceKind.NOT_ANSWERED, port, _sockets(wanted), (), way)
            return
        if not wanted:
            yield Difference(DifferenceKind.ANSWERED, port, (), _sockets(found), way)
            return
        missing = set() if expected.at_most else wanted - found
        left = found - wanted
        if expected.local and not programmed.local and self.shows_local[way]:
            if not expected.at_most or left:
                yield Difference(DifferenceKind.POLICY, port, ("Local",), ("Cluster",), way)
                left = set()
        elif programmed.local and not expected.local:
            yield Difference(DifferenceKind.POLICY, port, ("Cluster",), ("Local",), way)
            missing = set()
        if missing:
            yield Difference(DifferenceKind.ENDPOINT_MISSING, port, _sockets(missing), (), way)
        if left:
            yield Difference(DifferenceKind.ENDPOINT_LEFT_OVER, port, (), _sockets(left), way)


def _differing(
    kind: DifferenceKind, port: PortState, expected: str | int | None, programmed: str | int | None
) -> Difference:
    return Difference(kind, port, _word(expected), _word(programmed))


def _word(value: str | int | None) -> tuple[str, ...]:
    return () if value is None else (str(value),)


def _answers(port: PortState) -> bool:
    return not port.no_endpoints


def _keys(port: PortState) -> Iterator[_Key]:
    """All ways in to `port`, the cluster IP first."""
    for address in (port.cluster_ip, *port.external_ips, *port.load_balancer_ips):
        if address is not None:
            yield port.protocol, address, port.port
    if port.node_port is not None:
        yield port.protocol, None, port.node_port


def _key(port: PortState) -> _Key:
    return next(_keys(port), (port.protocol, None, port.port))


def _place(port: PortState) -> str:
    _, address, number = _key(port)
    return _socket(address or "*", number)


def _targets(destination: Destination) -> _Targets:
    return {(each.address, each.port) for each in destination.endpoints}


def _sockets(targets: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(_socket(address, port) for address, port in sorted(targets))


def _socket(address: str, port: int | None) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{port}" if port is not None else host
