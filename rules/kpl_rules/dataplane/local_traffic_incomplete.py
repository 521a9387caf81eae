"""KPL434."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Ruleset, Severity, Stop, Table, and_more, dump
from kpl.testing import node_dump

_KINDS = {
    "pod traffic for ": "what pods send",
    "masquerade LOCAL traffic for ": "the masquerading of what the node sends",
    "route LOCAL traffic for ": "what the node sends",
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
    """What this node or its pods send to a Service's outside address is not handled, though its other traffic is.

    ## Why
    With `externalTrafficPolicy: Local` a chain `KUBE-EXT-` begins with three rules for what does not come from outside: pods
    are sent to all endpoints, and so is the node itself, masqueraded. Without the first two kinds such traffic counts as if it
    came from outside and is dropped where no endpoint is local; without the masquerading the node's own connections
    keep the load balancer's address as their source. kube-proxy writes the rules for the node always, and those for pods for
    all such Services or for none, depending on whether it can tell pods (`detectLocalMode`).

    Only whole tables are looked at.

    ## Fix
    There is none in a dump. Restart kube-proxy on the node (it starts with a full sync).

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
                    f"`{lacking[0]}`{and_more(len(lacking) - 1, 'chain')} has no rule for {_KINDS[kind]} to the Service's outside "
                    "address, and has the rules beside it",
                    "the same here",
                    help="Restart kube-proxy on this node: its first sync writes all chains anew.",
                )
