"""KPL409."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Ruleset, Severity, Stop, Table, and_more, dump, host_of, odd_leaves
from kpl.testing import node_dump

_SEP = "KUBE-SEP-OSHJ42XHJPGUEQI3"
_MASQUERADE = f'-A {_SEP} -s 10.244.3.4/32 -m comment --comment "shop/far:http" -j KUBE-MARK-MASQ\n'
_DNAT = f'-A {_SEP} -p tcp -m comment --comment "shop/far:http" -m tcp -j DNAT --to-destination 10.244.3.4:8080\n'


class HairpinNotMasqueraded(Rule):
    """A pod that reaches itself through its Service gets no answer, because that traffic is not masqueraded.

    ## Why
    When a pod's connection to a Service comes to the pod itself, source and destination are the same address after the
    translation, and the pod drops the packet or answers itself past the translation. Therefore the chain of every
    endpoint begins with a rule that marks what comes from the endpoint's own address for masquerading. Here that rule is
    missing, or is for another address than the one the chain translates to. kube-proxy always writes both with the same
    address.

    A missing rule is reported where the whole table is there.

    ## Fix
    There is none in a dump. Restart kube-proxy on the node (it starts with a full sync).

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
    """

    code = "KPL409"
    name = "hairpin-not-masqueraded"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
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
            (wrong, "masquerades for another address than it translates to"),
            (missing, "has no rule that"),
        ):
            if rows:
                more = and_more(len(rows) - 1, "endpoint")
                rest = "" if rows is wrong else " masquerades what the endpoint sends to itself"
                yield self.finding_of_many(
                    (table.option_span(row, "-s") if rows is wrong else table.chain_span(row) for row in rows),
                    f"`{table.chain[rows[0]]}` {what}{rest}{more}: a pod that calls its own Service gets no answer "
                    "when it comes to itself",
                    "the same here",
                    help="Restart kube-proxy on this node: its first sync writes all rules anew.",
                )
