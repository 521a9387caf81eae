"""Whether the NetworkPolicies of a cluster let a pod send to another one.

Policies add up: a pod that one of them isolates may do what any policy that selects it allows, and a connection needs both the
egress of its source and the ingress of its destination. Policies see the port of the pod, after the address of a Service has been
translated (https://kubernetes.io/docs/concepts/services-networking/network-policies/).

Each answer is True, False or None, which is for what the files do not tell: labels of namespaces, placeholders, networks in
which pods may be, policies of other APIs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from kpl.inputs.objects.fields import integer, mappings, pairs, words
from kpl.inputs.objects.networkpolicies import NetworkPolicy, OtherPolicy, PolicyPeer, PolicyPort, PolicyRule
from kpl.inputs.yaml import tree

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that Kubernetes gives each namespace, with its name."""
_CLUSTER_WIDE = ("Admin", "Baseline", "CiliumClusterwide", "Cluster", "Global")
"""How the kinds of policies start that are for all namespaces."""
_SET_BY_CONTROLLERS = frozenset(
    """
    apps.kubernetes.io/pod-index batch.kubernetes.io/controller-uid batch.kubernetes.io/job-completion-index
    batch.kubernetes.io/job-name controller-revision-hash controller-uid job-name pod-template-generation pod-template-hash
    statefulset.kubernetes.io/pod-name
    """.split()
)


class Verdict(Enum):
    """What becomes of a connection."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDECIDED = "undecided"


class Decision(NamedTuple):
    """A verdict, and the policies that give it: those that isolate the pod where it is denied, or one that allows it."""

    verdict: Verdict
    policies: tuple[NetworkPolicy, ...] = ()


class NamedPort(NamedTuple):
    """A port that a container names."""

    name: str
    protocol: str
    number: int


@dataclass(frozen=True)
class PolicyPod:
    """A pod, as far as policies know it."""

    namespace: str
    labels: Mapping[str, str]
    ports: tuple[NamedPort, ...] = ()
    open_labels: frozenset[str] = frozenset()
    """Those that may be set elsewhere."""
    namespace_labels: Mapping[str, str] | None = None
    """All labels of the namespace but for its name; None if nobody knows them."""
    address: str = ""
    """Its address, where that is known."""


@dataclass
class PolicyModel:
    """All policies of a cluster, joined."""

    policies: Iterable[NetworkPolicy]
    others: Iterable[OtherPolicy] = ()
    _by_namespace: dict[str, list[NetworkPolicy]] = field(default_factory=lambda: defaultdict(list), init=False)

    def __post_init__(self) -> None:
        for policy in self.policies:
            self._by_namespace["" if _is_open(policy.namespace) else policy.namespace].append(policy)
        # policies of other APIs allow and deny what nobody knows
        others = [*self.others]
        named = [each.namespace for each in others if not each.kind.startswith(_CLUSTER_WIDE)]
        self._unknown_everywhere = len(named) < len(others) or "" in named
        self._unknown_in = frozenset(named)

    def connection(self, source: PolicyPod, target: PolicyPod, protocol: str, port: int) -> Decision:
        """Whether `source` may connect to `port` of `target`: both sides have to allow it."""
        sides = self.egress(source, target, protocol, port), self.ingress(source, target, protocol, port)
        denied = next((each for each in sides if each.verdict is Verdict.DENIED), None)
        undecided = next((each for each in sides if each.verdict is Verdict.UNDECIDED), None)
        return denied or undecided or sides[1]

    def egress(self, source: PolicyPod, target: PolicyPod, protocol: str, port: int) -> Decision:
        """Whether the policies of `source` let it send to `port` of `target`."""
        return self._side(source, target, target, protocol, port, is_egress=True)

    def ingress(self, source: PolicyPod, target: PolicyPod, protocol: str, port: int) -> Decision:
        """Whether the policies of `target` let it receive from `source` on `port`."""
        return self._side(target, source, target, protocol, port, is_egress=False)

    def _side(
        self, own: PolicyPod, peer: PolicyPod, target: PolicyPod, protocol: str, port: int, *, is_egress: bool
    ) -> Decision:
        isolating: list[NetworkPolicy] = []
        known = not (self._unknown_everywhere or own.namespace in self._unknown_in)
        certain, may_allow = known, False
        for policy in (*self._by_namespace.get(own.namespace, ()), *self._by_namespace.get("", ())):
            if not (policy.isolates_egress if is_egress else policy.isolates_ingress):
                continue
            selected = selects(policy.pod_selector, own) if policy.namespace == own.namespace else None
            if selected is False:
                continue
            if selected:
                isolating.append(policy)
            else:
                certain = False
            for rule in policy.egress if is_egress else policy.ingress:
                allowed = _rule_allows(rule, policy, peer, target, protocol, port)
                if allowed and selected and known:
                    return Decision(Verdict.ALLOWED, (policy,))
                may_allow = may_allow or allowed is not False
        if not isolating:
            return Decision(Verdict.ALLOWED if certain else Verdict.UNDECIDED)
        if may_allow or not known:
            return Decision(Verdict.UNDECIDED)
        return Decision(Verdict.DENIED, tuple(isolating))


def selects(selector: tree.Mapping | None, pod: PolicyPod) -> bool | None:
    """Whether a selector of pods has this one; an empty one has all."""
    return _matches(selector, pod.labels, pod.open_labels | _SET_BY_CONTROLLERS)


def _matches(selector: tree.Mapping | None, labels: Mapping[str, str], unknown: frozenset[str] | None) -> bool | None:
    """Whether a selector matches; None for `unknown` is that all labels but those in `labels` may be there or not."""
    if selector is None:
        return True
    answers: list[bool | None] = []
    for key, value in pairs(selector.mapping("matchLabels")):
        answers.append(_one(key.value, "In", [value.value], labels, unknown))
    for each in mappings(selector, "matchExpressions"):
        answers.append(
            _one(each.text("key") or "", each.text("operator") or "", words(each, "values"), labels, unknown)
        )
    return _all(answers)


def _one(
    key: str, operator: str, values: list[str], labels: Mapping[str, str], unknown: frozenset[str] | None
) -> bool | None:
    if any(map(_is_open, (key, *values))) or (key not in labels and (unknown is None or key in unknown)):
        return None
    written = labels.get(key)
    if written is not None and _is_open(written):
        return None
    answers = {
        "In": written in values,
        "NotIn": written not in values,
        "Exists": written is not None,
        "DoesNotExist": written is None,
    }
    return answers.get(operator)


def _rule_allows(
    rule: PolicyRule, policy: NetworkPolicy, peer: PolicyPod, target: PolicyPod, protocol: str, port: int
) -> bool | None:
    ports = True if rule.ports is None else _any(_is_port(each, target, protocol, port) for each in rule.ports)
    peers = True if rule.peers is None else _any(_is_peer(each, policy, peer) for each in rule.peers)
    return _all((ports, peers))


def _is_port(written: PolicyPort, target: PolicyPod, protocol: str, port: int) -> bool | None:
    own = str(written.protocol or "TCP")
    if _is_open(own):
        return None
    if own != protocol:
        return False
    if written.port is None:
        return True
    if _is_open(written.port) or (written.end_port is not None and _is_open(written.end_port)):
        return None
    number = integer(written.port)
    if number is not None:
        last = integer(written.end_port) if written.end_port is not None else number
        return None if last is None else number <= port <= last
    return any((each.name, each.protocol, each.number) == (written.port, protocol, port) for each in target.ports)


def _is_peer(written: PolicyPeer, policy: NetworkPolicy, pod: PolicyPod) -> bool | None:
    if written.cidr is not None:
        return _is_in_network(written, pod)
    if written.pods is None and written.namespaces is None:
        return None  # nothing that is known
    if written.namespaces is None:
        there: bool | None = policy.namespace == pod.namespace
    else:
        labels = {**(pod.namespace_labels or {}), NAMESPACE_NAME: pod.namespace}
        there = _matches(written.namespaces, labels, None if pod.namespace_labels is None else frozenset())
    return _all((there, selects(written.pods, pod)))


def _is_in_network(written: PolicyPeer, pod: PolicyPod) -> bool | None:
    """Whether a pod is in a block of addresses, which some network plugins never take for pods."""
    try:
        network = ip_network(written.cidr or "", strict=False)
        excepted = [ip_network(each, strict=False) for each in words(written.node, "ipBlock", "except")]
    except ValueError:
        return None
    if not pod.address:
        return False if network.is_global and network.prefixlen else None
    address = ip_address(pod.address)
    is_in = address in network and not any(address in each for each in excepted)
    return None if is_in else False


def _all(answers: Iterable[bool | None]) -> bool | None:
    found = [*answers]
    return False if False in found else None if None in found else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    found = [*answers]
    return True if True in found else None if None in found else False


def _is_open(word: str) -> bool:
    return "{" in word or "$" in word
