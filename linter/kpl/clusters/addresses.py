"""The addresses of Services, by which dumps and manifests are known to be of one cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from kpl.inputs.document import Document, Reading
from kpl.inputs.registry import is_dump
from kpl.shares.share import share_of

_NODE_PORTS = range(30_000, 32_768)
"""The ports at which virtual servers of IPVS are node ports, unless somebody changed the range: of these each node has its
own, at its own addresses."""
MOST_COMPARED = 8
"""With so many dumps of a cluster another one is compared."""


class Addresses(NamedTuple):
    """The cluster IPs of Services in a file: by name, protocol and IP family, and of ports that a dump has no name for."""

    named: dict[tuple[str, str, int], str]
    unnamed: frozenset[tuple[str, str, int]]
    """Protocol, address and port."""
    ports: frozenset[tuple[str, str, int]]
    """The same of the ports that have a name."""
    dumped: bool


def addresses_of(reading: Reading) -> Addresses | None:
    """The addresses in a file; None where it has none."""
    dumps = [document for document in reading.documents if is_dump(document)]
    if dumps:
        return _dumped(dumps)
    named: dict[tuple[str, str, int], str] = {}
    ports = set()
    for document in reading.documents:
        if document.kind != "Service":
            continue
        for service, protocol, address, port in share_of(document).addresses:
            named[service, protocol, 6 if ":" in address else 4] = address
            ports.add((protocol, address, port))
    return Addresses(named, frozenset(), frozenset(ports), dumped=False) if named else None


def _dumped(dumps: Iterable[Document]) -> Addresses | None:
    from kpl.proxy.dumps.readback import read_back

    named: dict[tuple[str, str, int], str] = {}
    unnamed, ports = set(), set()
    for document in dumps:
        for state in read_back(document):
            for port in state.ports:
                if port.cluster_ip is None:
                    continue
                place = port.protocol, port.cluster_ip, port.port or 0
                if port.name is None:
                    if port.port not in _NODE_PORTS:
                        unnamed.add(place)
                else:
                    named[port.name.partition(":")[0], port.protocol, state.ip_family] = port.cluster_ip
                    ports.add(place)
    return Addresses(named, frozenset(unnamed), frozenset(ports), dumped=True) if named or unnamed else None


_Name = tuple[str, str, int]
"""Name, protocol and IP family."""


class Groups:
    """Files put together by the cluster that their Services show, each compared with those before it in one pass."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        """How many files each group has."""
        self._members: list[tuple[int, bool, int, frozenset[int]]] = []
        """Of each member that others are compared with: its group, whether it is a dump, its size and IP families."""
        self._of_manifests: dict[_Name, list[tuple[int, str]]] = {}
        self._of_dumps: dict[_Name, list[tuple[int, str]]] = {}
        self._dumped_at: dict[tuple[_Name, str], list[int]] = {}
        self._names: dict[tuple[str, str], list[int]] = {}
        self._ports: dict[tuple[str, str, int], list[int]] = {}
        self._unnamed: dict[tuple[str, str, int], list[int]] = {}
        self._families: set[int] = set()
        self._manifests: dict[int, int] = {}
        """The one member of a group that all its manifests are."""

    def add(self, addresses: Addresses) -> int:
        """Put a file into the group of its cluster, or into a new one: its number."""
        group = self._group_of(addresses)
        if group is None:
            group = len(self.sizes)
            self.sizes.append(0)
        self.sizes[group] += 1
        if addresses.dumped:
            if self.sizes[group] <= MOST_COMPARED:
                self._remember(addresses, self._new_member(group, addresses))
        else:
            if group not in self._manifests:
                self._manifests[group] = self._new_member(group, addresses)
            self._remember(addresses, self._manifests[group])
        return group

    def _new_member(self, group: int, addresses: Addresses) -> int:
        families = _families(addresses)
        self._families |= families
        self._members.append((group, addresses.dumped, _size(addresses), families))
        return len(self._members) - 1

    def _remember(self, addresses: Addresses, member: int) -> None:
        table = self._of_dumps if addresses.dumped else self._of_manifests
        for key, address in addresses.named.items():
            table.setdefault(key, []).append((member, address))
            if addresses.dumped:
                self._dumped_at.setdefault((key, address), []).append(member)
        for name in {key[:2] for key in addresses.named}:
            self._names.setdefault(name, []).append(member)
        for place in addresses.ports:
            self._ports.setdefault(place, []).append(member)
        for place in addresses.unnamed:
            self._unnamed.setdefault(place, []).append(member)

    def _group_of(self, addresses: Addresses) -> int | None:
        same, different = self._compared(addresses)
        size, families = _size(addresses), _families(addresses)
        # of the other IP family, only the names can be compared
        names = self._with_names(addresses) if self._families - families else Counter[int]()
        manifests = () if addresses.dumped else self._manifests.values()
        candidates: set[int] = {*same, *names, *manifests}
        for number in sorted(candidates):
            group, dumped, other_size, other_families = self._members[number]
            apart = bool(families and other_families and not families & other_families)
            alike = same[number] + (names[number] if apart else 0)
            if _are_of_one_cluster(alike, different[number], max(size, other_size), addresses.dumped, dumped):
                return group
        return None

    def _compared(self, addresses: Addresses) -> tuple[Counter[int], Counter[int]]:
        """Of how many Services each member has the same address, and of how many another one, unless both are dumps."""
        same, different = Counter[int](), Counter[int]()
        for key, address in addresses.named.items():
            there = self._of_manifests.get(key, [])
            if addresses.dumped:
                same.update(self._dumped_at.get((key, address), ()))
            else:
                there = [*there, *self._of_dumps.get(key, ())]
            for member, other in there:
                (same if other == address else different)[member] += 1
        for place in addresses.unnamed:
            same.update({*self._ports.get(place, ()), *self._unnamed.get(place, ())})
        for place in addresses.ports:
            same.update(set(self._unnamed.get(place, ())))
        return same, different

    def _with_names(self, addresses: Addresses) -> Counter[int]:
        found = Counter[int]()
        for name in {key[:2] for key in addresses.named}:
            found.update(set(self._names.get(name, ())))
        return found


def _are_of_one_cluster(same: int, different: int, larger: int, one_dumped: bool, other_dumped: bool) -> bool:
    """Whether Services of the same name mostly have the same address.

    Of two dumps, the `larger` one must have more than half of its Services in common with the other one: those that every
    cluster has are at the same addresses in most. A dump and manifests must have some in common.
    """
    if one_dumped and other_dumped:
        return 2 * same > larger
    if not (same or different):
        return not (one_dumped or other_dumped)
    return same > different


def _families(addresses: Addresses) -> frozenset[int]:
    return frozenset(key[2] for key in addresses.named)


def _size(addresses: Addresses) -> int:
    return len({key[:2] for key in addresses.named}) + len(addresses.unnamed)
