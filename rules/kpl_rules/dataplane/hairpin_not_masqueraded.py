"""KPL409."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, host_of, odd_leaves
from kpl.testing import node_dump
from kpl.words import and_more

_SEP = "KUBE-SEP-OSHJ42XHJPGUEQI3"
_MASQUERADE = f'-A {_SEP} -s 10.244.3.4/32 -m comment --comment "shop/far:http" -j KUBE-MARK-MASQ\n'
_DNAT = f'-A {_SEP} -p tcp -m comment --comment "shop/far:http" -m tcp -j DNAT --to-destination 10.244.3.4:8080\n'


class HairpinNotMasqueraded(Rule):
    """A pod's connection to itself through its Service is not masqueraded, so it gets no response.

    ## Why
    If a pod's connection to a Service is sent to the same pod, source and destination are the same address after
    translation. The pod drops the packet, or responds directly and bypasses the translation. Therefore the chain of
    every endpoint begins with a rule that marks traffic from the endpoint's own address for masquerading. Here that
    rule is missing, or it has a different address than the one that the chain translates to. kube-proxy always writes
    both rules with the same address.

    A missing rule is reported only in a complete table.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it starts with a full sync.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
    """

    code = "KPL409"
    name = "hairpin-not-masqueraded"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("some-connections-fail",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_MASQUERADE.replace("3.4", "3.5") + _DNAT), flags=["10.244.3.5/32"]),
        Bad(dump(node_dump().replace(_MASQUERADE, "")), flags=[_SEP]),
        Good(dump(_MASQUERADE + _DNAT)),
        Good(dump(_DNAT)),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name in ("nat", "") and not ruleset.shapes_exploded:
                yield from self._in(table)

    def _in(self, table: Table) -> Iterator[Finding]:
        missing, wrong = [], []
        for leaf in odd_leaves(table).values():
            if leaf.masquerade is None:
                if table.is_whole:
                    missing.append(table.rules_of[leaf.chain][0])
            elif leaf.dnat is None:
                continue
            elif leaf.to and leaf.source != host_of(leaf.to):
                wrong.append(leaf.masquerade)
        for rows, what in (
            (wrong, "masquerades a different address than it translates to"),
            (missing, "does not masquerade traffic of the endpoint to itself"),
        ):
            if rows:
                more = and_more(len(rows) - 1, "endpoint")
                yield self.finding_of_many(
                    (table.option_span(row, "-s") if rows is wrong else table.chain_span(row) for row in rows),
                    f"`{table.chain[rows[0]]}`{more} {what}, so a pod that reaches itself through its Service "
                    "receives no response",
                    "same problem here",
                    help="Restart kube-proxy on this node: its first sync rewrites all rules.",
                )
