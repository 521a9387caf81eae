"""KPL114."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Fix, Good, Rule, Severity, Stop
from kpl.edits import set_scalar
from kpl.manifests import NamespaceObject, NetworkPolicy, PolicyPeer, Scalar
from kpl.poddns import NAMESPACE_NAME, dns_protocols, is_only_dns

_KEYS = ("name", "ns", "namespace", "kubernetes.io/name", "app.kubernetes.io/name", "metadata.name")
"""Labels that are taken for the name of the namespace."""
_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dns
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              name: kube-system
          podSelector:
            matchLabels: {k8s-app: kube-dns}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
"""
_FIXED = _POLICY.replace("              name: kube-system", "              kubernetes.io/metadata.name: kube-system")
_NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: kube-system\n  labels: {%s}\n"


class PolicyNamespaceLabel(Rule):
    """A NetworkPolicy selects the namespace of DNS by a label that Kubernetes does not set, so lookups can time out.

    ## Why
    A `namespaceSelector` compares labels, not names. Kubernetes 1.21 and later sets `kubernetes.io/metadata.name` on every
    namespace. No other label has the name, unless somebody adds it: `name: kube-system` selects nothing in a cluster in which
    nobody ran `kubectl label namespace kube-system name=kube-system`, and the label is lost if the cluster is built again.

    The rule is silent if a manifest of the Namespace has the label, or if another item of the rule allows DNS.

    ## Fix
    kpl replaces the label with `kubernetes.io/metadata.name`. The fix is marked as unsafe, because the policy then allows traffic
    that it may have dropped.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name
    - https://github.com/projectcalico/calico/issues/5170
    """

    code = "KPL114"
    name = "policy-namespace-label"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "NetworkPolicy"
    examples = [
        Bad(
            {"p.yaml": _POLICY},
            flags=["name"],
            says=["`name: kube-system` is not a label that Kubernetes sets", "`kubernetes.io/metadata.name`"],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            {"p.yaml": _POLICY.replace("name: kube-system", "ns: kube-system")},
            flags=["ns"],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            {"p.yaml": _POLICY, "n.yaml": _NAMESPACE % "team: dns"},
            flags=["name"],
            fixed=_FIXED,
            safe=False,
        ),
        Good({"p.yaml": _FIXED}),
        Good(
            {"p.yaml": _FIXED.replace("name: kube-system\n", "name: kube-system\n              team: infrastructure\n")}
        ),
        Good({"p.yaml": _POLICY, "n.yaml": _NAMESPACE % "name: kube-system"}),
        # names that may be the labels of somebody
        Good({"p.yaml": _POLICY.replace("name: kube-system", "team: infrastructure")}),
        Good({"p.yaml": _POLICY.replace("name: kube-system", "role: kube-system")}),
        # another item allows DNS
        Good({"p.yaml": _POLICY.replace("      ports:", "        - namespaceSelector: {}\n      ports:")}),
        Good({"p.yaml": _POLICY.replace("port: 53", "port: 443")}, other=["policy-blocks-dns"]),
        Good({"p.yaml": _POLICY.replace("policyTypes: [Egress]\n  egress:\n    - to:", "ingress:\n    - from:")}),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        known: list[dict[str, str]] | None = None
        for document, policy in cluster.of(NetworkPolicy, clue="kube-system"):
            for rule in policy.egress if not document.templated else ():
                for peer in rule.peers or ():
                    key = _key(peer)
                    if (
                        key is None
                        or not dns_protocols(rule._replace(peers=None), policy)
                        or not is_only_dns(peer, rule, policy)
                    ):
                        continue
                    if known is None:
                        known = [each.labels for _, each in cluster.of(NamespaceObject) if each.name == "kube-system"]
                    if any(labels.get(key.value) == "kube-system" for labels in known):
                        continue
                    edit = set_scalar(policy.text, key, NAMESPACE_NAME)
                    yield self.finding(
                        key.span,
                        f"`{key.value}: kube-system` is not a label that Kubernetes sets on the namespace, so this rule "
                        "does not allow DNS unless somebody adds the label",
                        help=f"Replace `{key.value}` with `{NAMESPACE_NAME}`.",
                        document=document,
                        fix=Fix(f"Replace `{key.value}` with `{NAMESPACE_NAME}`", (edit,), safe=False)
                        if edit
                        else None,
                    )


def _key(peer: PolicyPeer) -> Scalar | None:
    """The key of a label that has the name of the namespace, without the label that Kubernetes sets."""
    labels = peer.namespaces.mapping("matchLabels") if peer.namespaces is not None else None
    if labels is None or labels.pair(NAMESPACE_NAME) is not None:
        return None
    for key, value in labels.pairs:
        if (
            isinstance(key, Scalar)
            and isinstance(value, Scalar)
            and key.value in _KEYS
            and value.value == "kube-system"
        ):
            return key
    return None
