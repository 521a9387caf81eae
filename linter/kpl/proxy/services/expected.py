"""What kube-proxy of a release should program on a node for given Services and EndpointSlices.

Feature gates count with their defaults. Sources: `kpl.proxy.services.selection` names them for the choice of endpoints; the
rest is pkg/proxy/servicechangetracker.go, serviceport.go (service.go up to 1.29), endpointslicecache.go,
endpointschangetracker.go and cmd/kube-proxy/app/server.go, which leaves out what a label gives to another proxy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kpl.inputs.objects.endpointslices import EndpointSlice
from kpl.inputs.objects.services import Service, ServicePort
from kpl.proxy.node.addresses import canonical_address, canonical_network, family_of
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from kpl.proxy.services.selection import Candidate, Choice, NodeFacts, Selection
from kpl.text.version import Version

_FAMILIES = {"IPv4": 4, "IPv6": 6}
_OTHER_PROXY = "service.kubernetes.io/service-proxy-name"
_HEADLESS = "service.kubernetes.io/headless"
_EVERY_SOURCE = ("0.0.0.0/0", "::/0")

_PortKey = tuple[str, str, str, str, int]
"""Namespace, Service, name and protocol of the port, IP family."""


def expected_states(
    services: Iterable[Service],
    slices: Iterable[EndpointSlice],
    node: NodeFacts,
    version: Version,
    mode: str | None = None,
    gates: Mapping[str, bool] | None = None,
) -> list[NodeState]:
    """What kube-proxy of the release `version` programs on `node`: one state for each IP family that Services use.

    Where the choice of endpoints depends on a name or a zone that `node` does not tell, the destination is marked
    `at_most`. `mode` is kube-proxy's mode, where it is known: ``ipvs`` treats Local policies in its own way; `gates` are
    feature gates that are set (`kpl.proxy.services.selection.GATES`).
    """
    selection = Selection(version, node, mode, gates)
    candidates = _candidates(slices)
    states = {4: NodeState(4), 6: NodeState(6)}
    for service in services:
        if is_proxied(service):
            for family, cluster_ip in cluster_ips(service):
                states[family].ports += _ports(service, family, cluster_ip, selection, candidates)
    return [state for state in states.values() if state.ports]


def is_proxied(service: Service) -> bool:
    """Whether kube-proxy looks after `service`."""
    if service.proxy_name is not None or service.type == "ExternalName":
        return False
    return bool(service.cluster_ip) and not service.headless


def cluster_ips(service: Service) -> Iterator[tuple[int, str]]:
    """The IP families of `service`, and its cluster IP in each."""
    written = service.cluster_ips or [service.cluster_ip]
    # without ipFamilies the first address alone counts, in its own family
    families = [_FAMILIES.get(each) for each in service.ip_families] or [None]
    seen = set()
    for family, text in zip(families, written, strict=False):
        address = canonical_address(text)
        if address is not None and family in (None, family_of(address)) and family_of(address) not in seen:
            seen.add(family_of(address))
            yield family_of(address), address


def port_name(service: Service, port: ServicePort) -> str:
    """How kube-proxy names a port of a Service, in comments and in hashes (fmtPortName, from 1.20 on)."""
    name = f"{service.namespace or 'default'}/{service.name}"
    return f"{name}:{port.name}" if port.name else name


def _ports(
    service: Service,
    family: int,
    cluster_ip: str,
    selection: Selection,
    candidates: dict[_PortKey, dict[tuple[str, int], Candidate]],
) -> Iterator[PortState]:
    external_ips = _in_family(service.external_ips, family)
    load_balancer_ips = _in_family((each.ip for each in service.ingress if each.vip or not selection.ip_mode), family)
    for port in service.ports:
        if port.port is None:
            continue
        key = service.namespace or "default", str(service.name), port.name, port.protocol, family
        found = sorted(candidates.get(key, {}).values(), key=lambda each: (each.address, each.port))
        accessible = bool(port.node_port or external_ips or load_balancer_ips)
        state = PortState(
            port_name(service, port),
            port.protocol,
            cluster_ip,
            port.port,
            port.node_port,
            list(external_ips),
            list(load_balancer_ips),
            _source_ranges(service, family, selection),
            service.affinity_seconds,
            _destination(selection.internal(service, found, accessible), selection.internal_local(service)),
        )
        if accessible:
            state.external = _destination(selection.external(service, found), selection.external_local(service))
        if service.type == "LoadBalancer" and selection.external_local(service):
            state.health_check_node_port = service.health_check_node_port
        yield state


def _destination(choice: Choice, local: bool) -> Destination:
    share = 1 / max(len(choice.candidates), 1)
    endpoints = [Endpoint(each.address, each.port, share) for each in choice.candidates]
    return Destination(endpoints, local, choice.at_most)


def _candidates(slices: Iterable[EndpointSlice]) -> dict[_PortKey, dict[tuple[str, int], Candidate]]:
    """All endpoints of each port. One that is in two slices counts once: as it is where it is not terminating."""
    found: dict[_PortKey, dict[tuple[str, int], Candidate]] = {}
    for each in slices:
        if not each.service or _OTHER_PROXY in each.labels or _HEADLESS in each.labels or each.address_type == "FQDN":
            continue
        for endpoint in each.endpoints:
            # kube-proxy looks at the first address only
            address = canonical_address(endpoint.addresses[0]) if endpoint.addresses else None
            if address is None:
                continue
            for port in each.ports:
                if not port.port:
                    continue
                key = each.namespace or "default", each.service, port.name, port.protocol, family_of(address)
                of_port = found.setdefault(key, {})
                if (address, port.port) not in of_port or not endpoint.terminating:
                    of_port[address, port.port] = Candidate(address, port.port, endpoint)
    return found


def _in_family(addresses: Iterable[str], family: int) -> list[str]:
    canonical = (canonical_address(each) for each in addresses)
    return list(dict.fromkeys(each for each in canonical if each is not None and family_of(each) == family))


def _source_ranges(service: Service, family: int, selection: Selection) -> list[str]:
    canonical = (canonical_network(each) for each in service.source_ranges)
    ranges = sorted({each for each in canonical if each is not None and family_of(each) == family})
    return [] if selection.every_source_is_none and any(each in _EVERY_SOURCE for each in ranges) else ranges
