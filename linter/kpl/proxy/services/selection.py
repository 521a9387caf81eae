"""Which endpoints of a Service kube-proxy chooses on a node, release by release, with the gates as they are by default or told.

Sources: pkg/proxy/topology.go, pkg/proxy/endpointslicecache.go, pkg/proxy/service.go (serviceport.go from 1.30 on) and
pkg/features/kube_features.go of 1.20.15 to 1.37.2 and 1.38.0-beta.0; the ``syncEndpoint`` of pkg/proxy/ipvs/proxier.go. What
changed:

- 1.22: internalTrafficPolicy counts; with externalTrafficPolicy Local it does not (in IPVS mode it does).
- 1.24: both policies count, each for its own traffic. Hints of zones count, where the annotation
  topology-aware-hints is ``Auto``. IPVS mode takes the endpoints of other nodes where a Local policy finds none.
- 1.26: where no endpoint is ready, those that are terminating and still serve are taken.
- 1.27: the annotation may be called topology-mode, and any value but ``Disabled`` switches hints on.
- 1.29: externalTrafficPolicy counts for a ClusterIP Service with external IPs.
- 1.30: an address of a load balancer with ipMode Proxy is left to the load balancer.
- 1.31: hints count without an annotation (trafficDistribution made them, or the annotation did).
- 1.34: hints of nodes come before hints of zones. A source range that holds every address counts as no range.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from kpl.inputs.objects.endpointslices import SliceEndpoint
from kpl.inputs.objects.services import Service
from kpl.text.version import Version

CHANGED_IN = tuple(map(Version, ("1.20", "1.22", "1.24", "1.26", "1.27", "1.29", "1.30", "1.31", "1.34")))
"""The releases that choose in another way than the one before."""


GATES = {
    "LoadBalancerIPMode": "ip_mode",
    "PreferSameTrafficDistribution": "_node_hints",
    "ProxyTerminatingEndpoints": "_terminating",
    "ServiceInternalTrafficPolicy": "_internal_policy",
    "ServiceTrafficDistribution": "_hints_alone",
    "TopologyAwareHints": "_hints",
}
"""The feature gates of kube-proxy that change the choice, and what each of them switches here."""


def gates_of_choice(written: Mapping[str, bool]) -> dict[str, bool]:
    """Those of the `written` feature gates that change the choice; AllAlpha and AllBeta may mean any of them."""
    chosen: dict[str, bool] = {}
    for group in ("AllAlpha", "AllBeta"):
        if group in written:
            chosen |= dict.fromkeys(GATES, written[group])
    return chosen | {gate: on for gate, on in written.items() if gate in GATES}


class NodeFacts(NamedTuple):
    """What is known of the node that kube-proxy runs on; None is unknown, an empty zone is a node without the label."""

    name: str | None = None
    zone: str | None = None


class Candidate(NamedTuple):
    """An endpoint of one port of a Service."""

    address: str
    port: int
    endpoint: SliceEndpoint


class Choice(NamedTuple):
    """The chosen endpoints; with `at_most` some of them may be left out, by what is not known of the node."""

    candidates: list[Candidate]
    at_most: bool = False


class Selection:
    """How one release of kube-proxy chooses on one node; `mode` matters where it is ``ipvs``, `gates` are some of `GATES`."""

    def __init__(
        self, version: Version, node: NodeFacts, mode: str | None = None, gates: Mapping[str, bool] | None = None
    ) -> None:
        self.node = node
        self._ipvs = mode == "ipvs"
        self._internal_policy = version >= Version("1.22")
        self._both_policies = version >= Version("1.24")
        self._hints = version >= Version("1.24")
        self._any_annotation = version >= Version("1.27")
        self._hints_alone = version >= Version("1.31")
        self._node_hints = version >= Version("1.34")
        self._terminating = version >= Version("1.26")
        self._policy_of_external_ips = version >= Version("1.29")
        self.ip_mode = version >= Version("1.30")
        self.every_source_is_none = version >= Version("1.34")
        for gate, on in (gates or {}).items():
            setattr(self, GATES[gate], on)

    def internal_local(self, service: Service) -> bool:
        """Whether internalTrafficPolicy keeps what comes to the cluster IP on the node."""
        if not service.internal_local or not self._internal_policy:
            return False
        return self._both_policies or self._ipvs or not self.external_local(service)

    def external_local(self, service: Service) -> bool:
        """Whether externalTrafficPolicy keeps what comes from outside on the node."""
        return service.external_local and (
            service.type in ("LoadBalancer", "NodePort")
            or (self._policy_of_external_ips and service.type == "ClusterIP" and bool(service.external_ips))
        )

    def internal(self, service: Service, candidates: Sequence[Candidate], accessible: bool) -> Choice:
        """Where traffic to the cluster IP goes; `accessible` tells that there is a way in from outside too."""
        if self.internal_local(service):
            return self._local(service, candidates, accessible)
        return self._cluster(service, candidates)

    def external(self, service: Service, candidates: Sequence[Candidate]) -> Choice:
        """Where traffic from outside goes."""
        if self.external_local(service) or (not self._both_policies and self.internal_local(service)):
            return self._local(service, candidates, accessible=True)
        return self._cluster(service, candidates)

    def _cluster(self, service: Service, candidates: Sequence[Candidate]) -> Choice:
        ready = [each for each in candidates if each.endpoint.ready]
        if not ready:
            return Choice(self._still_serving(candidates))
        hints: list[tuple[Callable[[Candidate], frozenset[str]], str | None]] = []
        if self._node_hints:
            hints.append((lambda each: each.endpoint.node_hints, self.node.name))
        if self._uses_hints(service):
            hints.append((lambda each: each.endpoint.zone_hints, self.node.zone))
        for hints_of, here in hints:
            if all(hints_of(each) for each in ready):
                if here is None:
                    return Choice(ready, at_most=True)
                hinted = [each for each in ready if here in hints_of(each)]
                if hinted:
                    return Choice(hinted)
        return Choice(ready)

    def _uses_hints(self, service: Service) -> bool:
        if self._hints_alone or not self._hints:
            return self._hints_alone
        if not self._any_annotation:
            return service.topology_aware_hints in ("Auto", "auto")
        annotation = service.topology_aware_hints
        annotation = service.topology_mode if annotation is None else annotation
        return annotation not in ("", "disabled", "Disabled")

    def _local(self, service: Service, candidates: Sequence[Candidate], accessible: bool) -> Choice:
        if self.node.name is None:
            ready = [each for each in candidates if each.endpoint.ready]
            return Choice([*ready, *self._still_serving(candidates)], at_most=True)
        here = [each for each in candidates if each.endpoint.node_name == self.node.name]
        chosen = [each for each in here if each.endpoint.ready] or self._still_serving(here)
        if not chosen and self._ipvs and self._both_policies and accessible:
            return self._cluster(service, candidates)
        return Choice(chosen)

    def _still_serving(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        if not self._terminating:
            return []
        return [
            each
            for each in candidates
            if not each.endpoint.ready and each.endpoint.serving and each.endpoint.terminating
        ]
