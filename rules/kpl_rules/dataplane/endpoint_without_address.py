"""KPL405."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, odd_leaves
from kpl.testing import node_dump
from kpl.words import and_more

_SEP = "KUBE-SEP-O7UXPAIOQA4W54LS"
_RULE = f'-A {_SEP} -p tcp -m comment --comment "default/kubernetes:https" -m tcp -j DNAT --to-destination'
_LOST = f"{_RULE} 192.0.2.10:6443\n"


class EndpointWithoutAddress(Rule):
    """An endpoint's chain translates to no address, so connections that are sent to it fail.

    ## Why
    A `KUBE-SEP-` chain ends in one `DNAT` rule with one address and port. `iptables-save` prints `0.0.0.0:0`, an empty
    target, or several `--to-destination` in one rule if it does not know the revision of the rule: the binary that took
    the dump is older than the one that wrote the rule. If kube-proxy or another agent on the node also uses the old
    binary, it breaks rules in the same way when it reads and restores them.

    A chain without a `DNAT` rule is reported only in a complete table.

    ## Fix
    A dump cannot be fixed. Take it with the `iptables` of the kube-proxy image. If it looks the same, restart
    kube-proxy, and update the older `iptables` on the node.

    ## References
    - https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    """

    code = "KPL405"
    name = "endpoint-without-address"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("some-connections-fail",)
    needs = "Ruleset"
    examples = [
        Bad(dump(f"{_RULE}  --random --to-destination  --random --to-destination 0.0.0.0:0\n"), flags=["DNAT"]),
        Bad(dump(f"{_RULE} :0 --persistent --to-destination :0 --persistent\n"), flags=[":0"]),
        Bad(dump(node_dump().replace(_LOST, "")), flags=[_SEP], other=["hairpin-not-masqueraded"]),
        Good(dump(_LOST)),
        # an excerpt: the other rule of the chain may be left out
        Good(dump(f'-A {_SEP} -s 192.0.2.10/32 -m comment --comment "default/kubernetes:https" -j KUBE-MARK-MASQ\n')),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name in ("nat", "") and not ruleset.shapes_exploded:
                yield from self._in(table)

    def _in(self, table: Table) -> Iterator[Finding]:
        found = odd_leaves(table).values()
        broken = [leaf.dnat for leaf in found if leaf.dnat is not None and leaf.to is None]
        if broken:
            more = and_more(len(broken) - 1, "endpoint")
            yield self.finding_of_many(
                (table.option_span(row, "--to-destination") for row in broken),
                f"`{table.chain[broken[0]]}`{more} translates to no address, so `iptables-save` is older than the "
                "`iptables` that wrote the rule, or the rule is broken",
                "this target is not an address either",
                help="Take the dump with the `iptables-save` of the kube-proxy image. If it prints the same, restart "
                "kube-proxy on this node.",
            )
        without = [leaf for leaf in found if leaf.dnat is None] if table.is_whole else []
        if without:
            more = and_more(len(without) - 1, "chain")
            yield self.finding_of_many(
                (table.chain_span(table.rules_of[leaf.chain][0]) for leaf in without),
                f"`{without[0].chain}`{more} has no `DNAT` rule, so connections keep the cluster IP as their "
                "destination and fail",
                "no `DNAT` rule here either",
                help="Restart kube-proxy on this node: its first sync rewrites all chains.",
            )
