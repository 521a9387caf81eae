"""KPL407."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Finding,
    Good,
    Rule,
    Ruleset,
    Severity,
    Stop,
    Table,
    and_more,
    branches,
    dump,
    endpoint_chain,
    named_leaves,
)
from kpl.testing import node_dump

_RULE = '-p tcp -m comment --comment "default/kubernetes:https" -m tcp -j DNAT --to-destination 192.0.2.10:6443\n'
_ARROW = '"shop/far:http -> 10.244.3.4:8080"'


class EndpointOfAnotherChain(Rule):
    """The chain of an endpoint translates to another address than the one it is named for, so traffic goes astray.

    ## Why
    kube-proxy names the chain `KUBE-SEP-` of an endpoint by a hash of the port's name, the protocol and the endpoint's
    address and port, and writes the name into the comment. If hash, comment and target of the `DNAT` rule do not agree,
    kube-proxy did not write the rule as it stands: something changed it, or the addresses were made unreadable in the
    dump. From Kubernetes 1.24 on the rule that leads to the chain says the address too (`NAME -> 10.0.0.1:80`).

    Excerpts are looked at as well: the rule says it all. With more than 1,000 endpoints kube-proxy writes no comments,
    and nothing can be compared.

    ## Fix
    There is none in a dump. Restart kube-proxy on the node; if the rule comes back, something else writes it.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    """

    code = "KPL407"
    name = "endpoint-of-another-chain"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
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
                f"`{table.chain[wrong[0]]}` translates to another address or port than the one it is named for{more}",
                "not what this chain is named for either",
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
                f"this rule leads to `{table.target[astray[0]]}`, which translates to another address than the comment "
                f"says{more}",
                "another address than the comment says here as well",
                help=_HELP,
            )


_HELP = (
    "Restart kube-proxy on this node: its first sync writes all rules anew. If addresses were replaced in the dump before "
    "it was handed on, ignore this rule for it."
)
