"""NetworkPolicies, and that policies of other kinds are there.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/,
https://network-policy-api.sigs.k8s.io/api-overview/, https://docs.cilium.io/en/stable/security/policy/,
https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kpl.inputs.objects.fields import mappings, name_of
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar, Sequence
from kpl.text.span import Text

_KIND = r"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?\w*NetworkPolicy(?:List)?\b"""
_CLUE = Clue(("NetworkPolicy",), (_KIND, r"networking(?<!\.networking)\.k8s\.io/|extensions/"))
_OTHER_CLUE = Clue(("NetworkPolicy",), (_KIND, r"cilium\.io/|projectcalico\.org/|policy\.networking\.k8s\.io/"))


class PolicyPort(NamedTuple):
    """A port of a rule: a number or the name of a container's port, or the first one of a range; None is each port."""

    node: Mapping
    protocol: Text | None
    """None is TCP."""
    port: Text | None
    end_port: Text | None


class PolicyPeer(NamedTuple):
    """Whom a rule is about: a network, or pods; a selector that is written and empty selects all."""

    node: Mapping
    cidr: Text | None
    pods: Mapping | None
    namespaces: Mapping | None


class PolicyRule(NamedTuple):
    """What a rule allows; None for `peers` or `ports` is all of them."""

    node: Mapping
    peers: list[PolicyPeer] | None
    ports: list[PolicyPort] | None


@dataclass(eq=False)
class NetworkPolicy:
    """A NetworkPolicy; `text` is the document that its node points into."""

    text: str
    node: Mapping
    name: Text
    namespace: str

    @property
    def pod_selector(self) -> Mapping | None:
        """``podSelector``, which selects all pods of the namespace if it is empty."""
        return self.node.mapping("spec", "podSelector")

    @property
    def policy_types(self) -> list[Text]:
        """``policyTypes``, as they are written."""
        return [item.text for item in self.node.items("spec", "policyTypes") if isinstance(item, Scalar)]

    @property
    def isolates_egress(self) -> bool:
        """Whether the selected pods can send only what a policy allows; without ``policyTypes``, if it has egress rules."""
        types = self.policy_types
        return "Egress" in types if types else bool(self.egress)

    @property
    def isolates_ingress(self) -> bool:
        """Whether the selected pods receive only what a policy allows; without ``policyTypes``, they always do."""
        types = self.policy_types
        return "Ingress" in types if types else True

    @property
    def egress(self) -> list[PolicyRule]:
        """What the pods may send."""
        return [_rule(each, "to") for each in mappings(self.node, "spec", "egress")]

    @property
    def ingress(self) -> list[PolicyRule]:
        """What the pods receive."""
        return [_rule(each, "from") for each in mappings(self.node, "spec", "ingress")]


@dataclass(eq=False)
class OtherPolicy:
    """A policy of another API, of which nothing is known but that it is there."""

    kind: Text
    name: Text
    namespace: str


class NetworkPolicyReader(ObjectReader):
    """Reads the NetworkPolicies of Kubernetes."""

    kind = ObjectKind(
        models=("NetworkPolicy",),
        kinds=("NetworkPolicy",),
        groups=("networking.k8s.io/", "extensions/"),
        late=("NetworkPolicy",),
        clues=(_CLUE,),
    )
    examples = (
        Takes(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\n"
            "spec: {podSelector: {}, policyTypes: [Egress]}\n",
            {
                "name": "deny",
                "namespace": "shop",
                "policy_types": ["Egress"],
                "egress": [],
                "isolates_egress": True,
                "isolates_ingress": False,
            },
        ),
        Takes(
            "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nspec: {egress: [{}], policyTypes: Ingress}\n",
            {"isolates_egress": True, "isolates_ingress": True, "pod_selector": None, "ingress": []},
        ),
        Leaves("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: NetworkPolicy}\n"),
        Leaves("apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[NetworkPolicy]:
        """The NetworkPolicy that `node` is."""
        yield NetworkPolicy(text, node, name_of(node), node.text("metadata", "namespace") or "")


class OtherPolicyReader(ObjectReader):
    """Reads that policies of other APIs are there."""

    kind = ObjectKind(
        models=("OtherPolicy",),
        kinds=(
            "AdminNetworkPolicy",
            "BaselineAdminNetworkPolicy",
            "CiliumClusterwideNetworkPolicy",
            "CiliumNetworkPolicy",
            "ClusterNetworkPolicy",
            "GlobalNetworkPolicy",
            "NetworkPolicy",
        ),
        groups=("cilium.io/", "crd.projectcalico.org/", "policy.networking.k8s.io/", "projectcalico.org/"),
        late=(
            "AdminNetworkPolicy",
            "BaselineAdminNetworkPolicy",
            "CiliumClusterwideNetworkPolicy",
            "CiliumNetworkPolicy",
            "ClusterNetworkPolicy",
            "GlobalNetworkPolicy",
            "NetworkPolicy",
        ),
        clues=(_OTHER_CLUE,),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: dns, namespace: shop}\nspec: {}\n",
            {"kind": "CiliumNetworkPolicy", "name": "dns", "namespace": "shop"},
        ),
        Takes("apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\n", {"kind": "NetworkPolicy", "namespace": ""}),
        Leaves("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"),
        Leaves("apiVersion: cilium.io/v2\nkind: CiliumLocalRedirectPolicy\n# a NetworkPolicy\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[OtherPolicy]:
        """The policy that `node` is."""
        kind = node.text("kind")
        if kind is not None:
            yield OtherPolicy(kind, name_of(node), node.text("metadata", "namespace") or "")


def _rule(node: Mapping, peers: str) -> PolicyRule:
    return PolicyRule(
        node,
        [_peer(each) for each in mappings(node, peers)] if _is_written(node, peers) else None,
        [_port(each) for each in mappings(node, "ports")] if _is_written(node, "ports") else None,
    )


def _is_written(node: Mapping, key: str) -> bool:
    """Whether the list is there and not empty: an empty one allows all, as none does."""
    found = node.get(key)
    return bool(found.items) if isinstance(found, Sequence) else isinstance(found, Mapping)


def _peer(node: Mapping) -> PolicyPeer:
    pods, namespaces = node.mapping("podSelector"), node.mapping("namespaceSelector")
    return PolicyPeer(node, node.text("ipBlock", "cidr"), pods, namespaces)


def _port(node: Mapping) -> PolicyPort:
    return PolicyPort(node, node.text("protocol"), node.text("port"), node.text("endPort"))
