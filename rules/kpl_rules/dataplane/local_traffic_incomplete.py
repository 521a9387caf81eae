"""KPL434."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table
from kpl.testing import node_dump
from kpl.words import and_more

_KINDS = {
    "pod traffic for ": (
        "has no rule for pods, so their traffic to the Service's external addresses counts as traffic from outside"
    ),
    "masquerade LOCAL traffic for ": (
        "does not masquerade this node, so its connections keep the load balancer's address as their source"
    ),
    "route LOCAL traffic for ": (
        "has no rule for this node, so its traffic to the Service's external addresses counts as traffic from outside"
    ),
}
_NODE = ("masquerade LOCAL traffic for ", "route LOCAL traffic for ")
_END = " external destinations"
_FAR = "-A KUBE-EXT-3R55B5W2BQDIGALS "
_MASQUERADE = (
    f'{_FAR}-m comment --comment "masquerade LOCAL traffic for shop/far:http external destinations" -m addrtype '
    "--src-type LOCAL -j KUBE-MARK-MASQ\n"
)
_PODS = (
    f'{_FAR}-s 10.244.0.0/16 -m comment --comment "pod traffic for shop/far:http external destinations" '
    "-j KUBE-SVC-3R55B5W2BQDIGALS\n"
)


class LocalTrafficIncomplete(Rule):
    """A Service's chain lacks rules for traffic of this node or its pods to the Service's external addresses.

    ## Why
    With `externalTrafficPolicy: Local`, a `KUBE-EXT-` chain begins with three rules for traffic that does not come from
    outside: traffic of pods goes to all endpoints, and so does traffic of the node itself, masqueraded. Without the
    rules for pods or the node, such traffic counts as external and is dropped if there is no local endpoint. Without
    the masquerading, the node's own connections keep the load balancer's address as their source. kube-proxy always
    writes the rules for the node. It writes the rule for pods for all such Services or for none, depending on whether
    it can recognize pods (`detectLocalMode`).

    The rule checks only complete tables.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#external-traffic-policy
    """

    code = "KPL434"
    name = "local-traffic-incomplete"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(node_dump().replace(_MASQUERADE, "")), flags=["KUBE-EXT-3R55B5W2BQDIGALS"]),
        Bad(dump(node_dump().replace(_PODS, "")), flags=["KUBE-EXT-3R55B5W2BQDIGALS"]),
        # pods cannot be told from others
        Good(dump("".join(line for line in node_dump().splitlines(True) if "pod traffic for" not in line))),
        Good(dump(_PODS)),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        kinds: dict[str, set[str]] = {}
        for chain, rows in nat.rules_of.items():
            if chain.startswith("KUBE-EXT-"):
                comments = [each for each in nat.values("--comment", rows) if each and each.endswith(_END)]
                found = {kind for kind in _KINDS for comment in comments if comment.startswith(kind)}
                if found:
                    kinds[chain] = found
        usual = {*_NODE, *(kind for found in kinds.values() for kind in found)}
        for kind in _KINDS:
            lacking = [chain for chain, found in kinds.items() if kind in usual and kind not in found]
            if lacking:
                yield self.finding_of_many(
                    (nat.chain_span(nat.rules_of[chain][0]) for chain in lacking),
                    f"`{lacking[0]}`{and_more(len(lacking) - 1, 'chain')} {_KINDS[kind]}",
                    "same problem here",
                    help="Restart kube-proxy on this node: its first sync rewrites all chains.",
                )
