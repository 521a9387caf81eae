"""Which NetworkPolicies let pods ask cluster DNS, and which do not.

Policies add up: pods that one of them isolates may send what any policy that selects them allows
(https://kubernetes.io/docs/concepts/services-networking/network-policies/). What is not certain counts as allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.objects.fields import integer, mappings, pairs, words
from kpl.inputs.objects.networkpolicies import NetworkPolicy, OtherPolicy, PolicyPeer, PolicyPort, PolicyRule
from kpl.inputs.yaml.tree import Mapping

EGRESS_CLUE = "Egress\negress"
"""What is in the text of policies that isolate egress or allow it."""
DNS_NAMESPACES = ("kube-system", "openshift-dns")
"""Where installers have cluster DNS."""
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that Kubernetes gives each namespace, with its name (1.21 and later)."""
_DNS_PORTS = (53, 1053, 5353, 8053)
"""Where the pods of cluster DNS listen: policies see their port, not that of the Service."""
_KUBE_DNS = frozenset(("kube-dns", "coredns"))
_BOTH = frozenset(("UDP", "TCP"))
_CLUSTER_WIDE = ("Admin", "Baseline", "CiliumClusterwide", "Cluster", "Global")
"""How the kinds of policies start that are for all namespaces."""
_MOST = 300
"""So many policies of a namespace are compared with each other."""


class Isolated(NamedTuple):
    """A policy that isolates the egress of pods, and the protocols over which they may ask cluster DNS."""

    document: Document
    policy: NetworkPolicy
    protocols: frozenset[str]


def isolated_pods(
    policies: Iterable[tuple[Document, NetworkPolicy]], others: Iterable[tuple[Document, OtherPolicy]]
) -> Iterator[Isolated]:
    """The policies that isolate the egress of pods, where all policies for these are known.

    Policies of other APIs allow what nobody knows, and so do those with placeholders.
    """
    by_namespace: dict[str, list[_Known]] = {}
    unknown: set[str] = set()
    for document, policy in policies:
        allowed = _allowed(policy)
        if not (document.templated or document.is_example or _is_open(policy.namespace)):
            by_namespace.setdefault(policy.namespace, []).append(_Known(document, policy, allowed))
        elif allowed:
            unknown.add("" if _is_open(policy.namespace) else policy.namespace)
    for _, other in others:
        if other.kind.startswith(_CLUSTER_WIDE) or not other.namespace:
            return
        unknown.add(other.namespace)
    for namespace, found in by_namespace.items():
        # a namespace that is not written is set elsewhere, so that it may be any
        also = by_namespace.get("", []) if namespace else [each for all_ in by_namespace.values() for each in all_]
        all_of_it = [*found, *also] if namespace else also
        if not unknown.isdisjoint((namespace, "")) or (unknown and not namespace) or len(all_of_it) > _MOST:
            continue
        for document, policy, _ in found:
            if policy.isolates_egress:
                same = (each for each in all_of_it if not _is_disjoint(policy.pod_selector, each.policy.pod_selector))
                yield Isolated(document, policy, frozenset().union(*(each.protocols for each in same)))


class _Known(NamedTuple):
    document: Document
    policy: NetworkPolicy
    protocols: frozenset[str]


def _allowed(policy: NetworkPolicy) -> frozenset[str]:
    return frozenset(each for rule in policy.egress for each in dns_protocols(rule, policy))


def labels_of(selector: Mapping | None) -> dict[str, str]:
    """The labels in ``matchLabels``."""
    return {key.value: value.value for key, value in pairs(selector.mapping("matchLabels") if selector else None)}


def _is_disjoint(one: Mapping | None, other: Mapping | None) -> bool:
    labels = labels_of(other)
    return any(labels.get(key, value) != value for key, value in labels_of(one).items())


def dns_protocols(rule: PolicyRule, policy: NetworkPolicy) -> frozenset[str]:
    """The protocols over which an egress rule may let pods ask cluster DNS."""
    ports = _BOTH if rule.ports is None else frozenset(each for port in rule.ports for each in _protocols(port))
    if not ports or rule.peers is None:
        return ports
    named = names_dns(rule)
    return ports if any(_may_be_dns(peer, policy, named) for peer in rule.peers) else frozenset()


def is_only_dns(peer: PolicyPeer, rule: PolicyRule, policy: NetworkPolicy) -> bool:
    """Whether no other peer of a rule may be cluster DNS."""
    others = [each for each in rule.peers or () if each is not peer]
    return not others or not dns_protocols(rule._replace(peers=others), policy)


def names_dns(rule: PolicyRule) -> bool:
    """Whether a rule is about a port of DNS, by its number or its name."""
    return any(each.port is not None and each.end_port is None and _is_dns_port(each.port) for each in rule.ports or ())


def _protocols(port: PolicyPort) -> frozenset[str]:
    if port.port is not None and not _is_dns_port(port.port, port.end_port):
        return frozenset()
    protocol = port.protocol or "TCP"
    if _is_open(protocol):
        return _BOTH
    return frozenset((str(protocol),)) & _BOTH


def _is_dns_port(port: str, end: str | None = None) -> bool:
    number = integer(port)
    if number is None:
        return "dns" in port or "domain" in port or _is_open(port)
    last = number if end is None else integer(end) or 65_535
    return any(number <= each <= last for each in _DNS_PORTS)


def _is_open(word: str) -> bool:
    return "{" in word or "$" in word


def _may_be_dns(peer: PolicyPeer, policy: NetworkPolicy, named: bool) -> bool:
    """Whether a peer may be cluster DNS; a rule that is `named` after DNS may mean another DNS server."""
    if peer.cidr is not None or (peer.pods is None and peer.namespaces is None):
        return True
    if peer.namespaces is None:
        elsewhere = policy.namespace not in ("", *DNS_NAMESPACES) and not _is_open(policy.namespace)
        return not (elsewhere and (selects_kube_dns(peer.pods) or not named))
    if not _may_be_in(peer.namespaces, named):
        return False
    labels = labels_of(peer.pods)
    return (
        named or not labels or any("dns" in word.lower() or _is_open(word) for each in labels.items() for word in each)
    )


def _may_be_in(namespaces: Mapping, named: bool) -> bool:
    labels = labels_of(namespaces)
    name = labels.get(NAMESPACE_NAME) or labels.get("name")
    return named or name is None or name in DNS_NAMESPACES or _is_open(name)


def selects_kube_dns(selector: Mapping | None) -> bool:
    """Whether a selector of pods has the label of cluster DNS."""
    if labels_of(selector).get("k8s-app") in _KUBE_DNS:
        return True
    expressions = mappings(selector, "matchExpressions") if selector is not None else []
    return any(
        each.text("key") == "k8s-app" and each.text("operator") == "In" and {*words(each, "values")} & _KUBE_DNS
        for each in expressions
    )


def needs_names(policy: NetworkPolicy) -> bool:
    """Whether pods are let to others than some addresses, which they have to find by their names."""
    return any(rule.peers is None or any(map(_has_name, rule.peers)) for rule in policy.egress)


def _has_name(peer: PolicyPeer) -> bool:
    if peer.cidr is None:
        return True
    try:
        return ip_network(peer.cidr, strict=False).prefixlen == 0
    except ValueError:
        return False
