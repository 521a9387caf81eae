"""KPL113."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop
from kpl.edits import add_entry
from kpl.manifests import NetworkPolicy, PolicyPeer, PolicyRule, template_placeholder
from kpl.poddns import DNS_NAMESPACES, NAMESPACE_NAME, dns_protocols, is_only_dns, selects_kube_dns

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
        - podSelector:
            matchLabels: {k8s-app: kube-dns}
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
"""
_FIXED = _POLICY.replace("        - namespaceSelector", "          namespaceSelector")
_OTHER_WAY = _POLICY.replace(
    """\
        - podSelector:
            matchLabels: {k8s-app: kube-dns}
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
""",
    """\
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
        - podSelector:
            matchLabels: {k8s-app: kube-dns}
""",
)
_FLOW = _POLICY.replace(
    "        - podSelector:\n            matchLabels: {k8s-app: kube-dns}",
    "        - {podSelector: {matchLabels: {k8s-app: kube-dns}}}",
)
_EXPRESSION = _POLICY.replace(
    "matchLabels: {k8s-app: kube-dns}", "matchExpressions: [{key: k8s-app, operator: In, values: [kube-dns]}]"
)
_ALONE = _POLICY.replace(
    "        - namespaceSelector:\n            matchLabels: {kubernetes.io/metadata.name: kube-system}\n", ""
)


class PolicySelectorsApart(Rule):
    """A NetworkPolicy selects the DNS pods without their namespace, so it selects no pod of cluster DNS.

    ## Why
    Each item of `to` is an alternative. A `podSelector` in a separate item selects pods in the namespace of the policy, which
    has no pods of cluster DNS. A `namespaceSelector` in the next item selects all pods of these namespaces. Both selectors have to
    be in one item to mean the DNS pods in `kube-system`; the difference is one hyphen.

    If the `namespaceSelector` selects `kube-system`, DNS works in spite of the mistake, and the policy allows more than the author
    wrote: all pods of the namespace. If it does not, no lookup of the isolated pods succeeds.

    ## Fix
    If the two selectors follow each other, kpl removes the second hyphen. If there is no `namespaceSelector`, kpl adds one for
    `kube-system`. The fix is marked as unsafe, because the policy then selects other pods.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
    - https://github.com/ahmetb/kubernetes-network-policy-recipes/issues/98
    """

    code = "KPL113"
    name = "policy-selectors-apart"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "NetworkPolicy"
    examples = [
        Bad(
            {"p.yaml": _POLICY},
            flags=["podSelector"],
            says=[
                "`podSelector` and `namespaceSelector` are two items, of which either is enough",
                "this one selects only pods in `shop`",
                "Put both selectors into one item",
            ],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            {"p.yaml": _OTHER_WAY},
            flags=["podSelector"],
            fixed=_OTHER_WAY.replace("        - podSelector", "          podSelector"),
            safe=False,
        ),
        Bad(
            {"p.yaml": _POLICY.replace("  namespace: shop\n", "")},
            flags=["podSelector"],
            fixed=_FIXED.replace("  namespace: shop\n", ""),
            safe=False,
        ),
        Bad({"p.yaml": _FLOW}, flags=["podSelector"]),
        # what follows each other is not these two alone
        Bad(
            {"p.yaml": _POLICY.replace("      ports:", "        - ipBlock: {cidr: 192.0.2.7/32}\n      ports:")},
            flags=["podSelector"],
        ),
        Bad(
            {"p.yaml": _ALONE},
            flags=["podSelector"],
            says=[
                "`podSelector` without `namespaceSelector` selects only pods in `shop`",
                "this rule does not allow DNS",
            ],
            fixed=_ALONE.replace(
                "kube-dns}\n",
                "kube-dns}\n          namespaceSelector:\n            matchLabels: {kubernetes.io/metadata.name: kube-system}\n",
            ),
            safe=False,
        ),
        Bad(
            {"p.yaml": _EXPRESSION},
            flags=["podSelector"],
            fixed=_EXPRESSION.replace("        - namesp", "          namesp"),
            safe=False,
        ),
        Good({"p.yaml": _FIXED}),
        # the namespace of cluster DNS, and one that is set elsewhere
        Good({"p.yaml": _POLICY.replace("shop", "kube-system")}),
        Good({"p.yaml": _ALONE.replace("  namespace: shop\n", "")}),
        Good({"p.yaml": _ALONE.replace("shop", "${NAMESPACE}")}),
        # another server
        Good({"p.yaml": _POLICY.replace("k8s-app: kube-dns", "app: unbound")}),
        Good({"p.yaml": _ALONE.replace("port: 53", "port: 5432")}, other=["policy-blocks-dns"]),
        # for all servers
        Good({"p.yaml": _ALONE.replace("      ports:", "        - ipBlock: {cidr: 0.0.0.0/0}\n      ports:")}),
        Good({"p.yaml": _POLICY.replace("policyTypes: [Egress]\n  egress:\n    - to:", "ingress:\n    - from:")}),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, policy in cluster.of(NetworkPolicy, clue="kube-dns\ncoredns"):
            if policy.namespace in DNS_NAMESPACES or document.templated or template_placeholder(policy.namespace):
                continue
            for rule in policy.egress:
                # whatever its peers, its ports are those of DNS
                if rule.peers is None or not dns_protocols(rule._replace(peers=None), policy):
                    continue
                for peer in rule.peers:
                    if peer.namespaces is None and selects_kube_dns(peer.pods):
                        yield from self._apart(document, policy, rule, rule.peers, peer)

    def _apart(
        self, document: Document, policy: NetworkPolicy, rule: PolicyRule, peers: list[PolicyPeer], peer: PolicyPeer
    ) -> Iterator[Finding]:
        pair = peer.node.pair("podSelector")
        assert pair is not None
        of_it = f"in `{policy.namespace}`" if policy.namespace else "in the namespace of the policy"
        other = next((each for each in peers if each.pods is None and each.namespaces is not None), None)
        if other is not None:
            yield self.finding(
                pair[0].span,
                "`podSelector` and `namespaceSelector` are two items, of which either is enough, so this one selects only pods "
                f"{of_it}, where cluster DNS is not",
                help="Put both selectors into one item.",
                related=[
                    Related(other.node.pairs[0][0].span, "this item selects all pods of other namespaces", document)
                ],
                document=document,
                fix=_join(policy.text, peers, peer, other),
            )
        elif policy.namespace and is_only_dns(peer, rule, policy):
            edit = add_entry(
                policy.text,
                peer.node,
                "namespaceSelector:",
                f"  matchLabels: {{{NAMESPACE_NAME}: kube-system}}",
                after="podSelector",
            )
            yield self.finding(
                pair[0].span,
                f"`podSelector` without `namespaceSelector` selects only pods {of_it}, where cluster DNS is not, so this rule "
                "does not allow DNS",
                help="Add a `namespaceSelector` for `kube-system` to the same item.",
                document=document,
                fix=Fix("Add `namespaceSelector`", (edit,), safe=False) if edit is not None else None,
            )


def _join(text: str, peers: list[PolicyPeer], one: PolicyPeer, other: PolicyPeer) -> Fix | None:
    """Both selectors in one item, if they are all that is there."""
    if len(peers) != 2 or any(each.node.flow or each.node.shared or len(each.node.pairs) != 1 for each in peers):
        return None
    first, second = sorted((one.node.start, other.node.start))
    hyphen = text.rfind("-", 0, second)
    same_column = first - text.rfind("\n", 0, first) == second - text.rfind("\n", 0, second)
    if not same_column or text[hyphen + 1 : second].strip():
        return None
    return Fix("Put both selectors into one item", (Edit(hyphen, hyphen + 1, " "),), safe=False)
