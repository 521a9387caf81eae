"""KPL407."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, branches, endpoint_chain, named_leaves
from kpl.testing import node_dump
from kpl.words import and_more

_RULE = '-p tcp -m comment --comment "default/kubernetes:https" -m tcp -j DNAT --to-destination 192.0.2.10:6443\n'
_ARROW = '"shop/far:http -> 10.244.3.4:8080"'


class EndpointOfAnotherChain(Rule):
    """An endpoint's chain does not translate to the address in its name, so traffic goes to the wrong destination.

    ## Why
    kube-proxy names the `KUBE-SEP-` chain of an endpoint after a hash of the port name, the protocol, and the address
    and port of the endpoint. It writes the port name into the comment. If hash, comment and target of the `DNAT` rule
    do not match, kube-proxy did not write the rule in this form: another program changed it, or addresses were replaced
    in the dump. In Kubernetes 1.24 and later, the rule that jumps to the chain contains the address too
    (`NAME -> 10.0.0.1:80`).

    The rule also checks excerpts, because a single rule is enough. It is silent if kube-proxy writes no comments, which
    is the case with more than 1,000 endpoints.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node. If the rule comes back, another program writes it.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL407"
    name = "endpoint-of-another-chain"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("wrong-pods",)
    needs = "Ruleset"
    examples = [
        Bad(dump(f"-A KUBE-SEP-O7UXPAIOQA4W54LS {_RULE}".replace(".10:6443", ".11:6443")), flags=["192.0.2.11:6443"]),
        Bad(dump(f"-A KUBE-SEP-OSHJ42XHJPGUEQI3 {_RULE}"), flags=["192.0.2.10:6443"]),
        Bad(dump(node_dump().replace(_ARROW, _ARROW.replace("3.4", "3.5"))), flags=[_ARROW.replace("3.4", "3.5")]),
        Good(dump(f"-A KUBE-SEP-O7UXPAIOQA4W54LS {_RULE}")),
        # without a comment
        Good(dump("-A KUBE-SEP-O7UXPAIOQA4W54LS -p tcp -m tcp -j DNAT --to-destination 192.0.2.11:6443\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name in ("nat", "") and not ruleset.shapes_exploded:
                yield from self._in(table)

    def _in(self, table: Table) -> Iterator[Finding]:
        found = named_leaves(table)
        wrong = [
            leaf.dnat
            for leaf in found.values()
            if leaf.dnat is not None
            and leaf.to
            and leaf.name
            and leaf.protocol
            and endpoint_chain(leaf.name, leaf.protocol, leaf.to) != leaf.chain
        ]
        if wrong:
            more = and_more(len(wrong) - 1, "chain")
            yield self.finding_of_many(
                (table.option_span(row, "--to-destination") for row in wrong),
                f"`{table.chain[wrong[0]]}`{more} translates to a different address or port than the one in its "
                "name's hash, so traffic goes to the wrong destination",
                "also different from the name's hash",
                help=_HELP,
            )
            return
        if not any(leaf.name for leaf in found.values()):
            return  # more than 1,000 endpoints, or an old release: no rule says the address
        rows = [row for each in branches(table).values() for row in each]
        astray = [
            row
            for row, comment in zip(rows, table.values("--comment", rows), strict=True)
            if comment
            and " -> " in comment
            and (leaf := found.get(table.target[row]))
            and leaf.to
            and leaf.to != comment.rpartition(" -> ")[2]
        ]
        if astray:
            more = and_more(len(astray) - 1, "rule")
            yield self.finding_of_many(
                (table.option_span(row, "--comment") for row in astray),
                f"`{table.target[astray[0]]}` translates to a different address than the comment of this rule{more}, "
                "so traffic goes to the wrong destination",
                "also a different address than in the comment",
                help=_HELP,
            )


_HELP = (
    "Restart kube-proxy on this node: its first sync rewrites all rules. If somebody replaced addresses in the dump "
    "before sharing it, ignore this rule for the file."
)
