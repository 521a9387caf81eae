"""Whether a dump does what the Services of its cluster ask for, said only where both are known well enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from kpl.inputs.objects.endpointslices import EndpointSlice
from kpl.inputs.objects.services import Service
from kpl.proxy.node.addresses import as_number, family_of
from kpl.proxy.node.compare import Difference, DifferenceKind, differences
from kpl.proxy.node.state import NodeState
from kpl.proxy.services.expected import expected_states, is_proxied
from kpl.proxy.services.selection import CHANGED_IN, NodeFacts
from kpl.text.version import Version

_API_SERVER = 6443
"""Installers give API servers a virtual server of their own, some of them at an address of the Service network:
https://github.com/labring/lvscare"""
_OF_ENDPOINTS = frozenset(
    (
        DifferenceKind.NOT_ANSWERED,
        DifferenceKind.ANSWERED,
        DifferenceKind.ENDPOINT_MISSING,
        DifferenceKind.ENDPOINT_LEFT_OVER,
        DifferenceKind.POLICY,
        DifferenceKind.AFFINITY,
    )
)

_Key = tuple[str, str]
"""Namespace and name."""


@dataclass
class ClusterObjects:
    """The Services and EndpointSlices of one cluster, as its API server shows them."""

    services: dict[_Key, Service] = field(default_factory=dict)
    slices: list[EndpointSlice] = field(default_factory=list)
    complete: bool = False
    """Whether these are all Services of the cluster."""
    unclear: set[_Key] = field(default_factory=set)
    """Services that are there several times, or as somebody's manifest, and those with an EndpointSlice twice."""

    @classmethod
    def of(cls, files: Iterable[Sequence[Service]], slices: Iterable[EndpointSlice]) -> ClusterObjects:
        """The objects in some files: the Services of each, and all EndpointSlices.

        ``kubectl get services -A`` shows all Services, default/kubernetes among them.
        """
        found = cls(slices=list(slices))
        for services in files:
            keys = [_key_of(service) for service in services if service.live]
            if ("default", "kubernetes") in keys and any(namespace != "default" for namespace, _ in keys):
                found.complete = True
            for service in services:
                key = _key_of(service)
                if key in found.services or not (service.live or service.headless):
                    found.unclear.add(key)
                else:
                    found.services[key] = service
        slices_seen = set()
        for each in found.slices:
            name = each.namespace, str(each.name)
            if name in slices_seen:
                found.unclear.add((each.namespace or "default", each.service))
            slices_seen.add(name)
        for key in found.unclear:
            found.services.pop(key, None)
        return found

    def is_cluster_ip(self, address: str | None) -> bool:
        """Whether an address is of the Service network: it is between the cluster IPs of two Services."""
        number = as_number(address) if address else None
        if address is None or number is None:
            return False
        of_family = [
            found
            for service in self.services.values()
            for each in service.cluster_ips
            if family_of(each) == family_of(address) and (found := as_number(each)) is not None
        ]
        return bool(of_family) and min(of_family) < number < max(of_family)

    @property
    def with_slices(self) -> set[_Key]:
        """The Services that have an EndpointSlice here."""
        return {(each.namespace or "default", each.service) for each in self.slices}


def disagreements(
    objects: ClusterObjects,
    states: Iterable[NodeState],
    node: NodeFacts,
    releases: Sequence[Version],
    mode: str | None = None,
    gates: Sequence[Mapping[str, bool]] = ({},),
) -> list[Difference]:
    """What the dump with `states` does not do as the Services ask for, whichever of the `releases` programmed it.

    The same for `gates`: what is told holds with each of these sets of feature gates. Nothing is told of a dump without a
    Service.
    """
    states, with_slices = list(states), objects.with_slices
    found: dict[tuple[object, ...], Difference] | None = None
    for release, set_gates in product(releases, gates):
        wanted = expected_states(objects.services.values(), objects.slices, node, release, mode, set_gates)
        of_family = {state.ip_family: state for state in wanted}
        told = {
            _identity(each): each
            for state in states
            if state.ports and state.ip_family in of_family
            for each in differences(of_family[state.ip_family], state)
            if _is_sure(each, objects, with_slices)
        }
        found = told if found is None else {key: each for key, each in found.items() if key in told}
        if not found:
            break
    return list(found.values()) if found else []


def possible_releases(known: Version | None, oldest: str | None, newest: str | None) -> list[Version]:
    """The releases to think of, of those that differ: `known`, unless a dump shows that it is from another one.

    `oldest` and `newest` are the bounds that a dump shows, None where it does not.
    """
    first = Version(oldest) if oldest else CHANGED_IN[0]
    last = Version(newest) if newest else max(first, CHANGED_IN[-1])
    contradicting = first > last
    if contradicting:
        first, last = CHANGED_IN[0], CHANGED_IN[-1]
    if known is not None and (contradicting or (first <= known and (newest is None or Version(known.minor) <= last))):
        return [known]
    return [last, *(each for each in reversed(CHANGED_IN) if first < each < last), *([first] if first < last else [])]


def _key_of(service: Service) -> _Key:
    return service.namespace or "default", str(service.name)


def _is_sure(difference: Difference, objects: ClusterObjects, with_slices: set[_Key]) -> bool:
    if difference.port.name is None:
        # IPVS: other programs have virtual servers of their own, but not at addresses of the Service network
        left_over = difference.kind is DifferenceKind.SERVICE_LEFT_OVER and difference.port.port != _API_SERVER
        return left_over and objects.complete and objects.is_cluster_ip(difference.port.cluster_ip)
    namespace, _, rest = difference.port.name.partition("/")
    key = namespace, rest.partition(":")[0]
    if difference.kind is DifferenceKind.SERVICE_LEFT_OVER:
        service = objects.services.get(key)
        return key not in objects.unclear and (is_proxied(service) if service else objects.complete)
    return key in with_slices or difference.kind not in _OF_ENDPOINTS


def _identity(difference: Difference) -> tuple[object, ...]:
    port = difference.port
    return difference.kind, port.name, port.protocol, port.cluster_ip, difference.way, *difference[2:4]
