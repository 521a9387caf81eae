"""KPL424."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    MARK_MASQ,
    Bad,
    Finding,
    Good,
    Rule,
    Ruleset,
    Severity,
    Stop,
    Table,
    and_more,
    dump,
    is_unconditional,
    node_dump,
)

_PAY = "-A KUBE-EXT-MUJ7T5P6IXY3AYQM -j KUBE-SVL-MUJ7T5P6IXY3AYQM\n"
_CART = (
    '-A KUBE-EXT-I5LIAMPLWKMBJ54B -m comment --comment "masquerade traffic for shop/cart:http external destinations" '
    "-j KUBE-MARK-MASQ\n"
)
_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_SMALL = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    f"*nat\n{_BUILT_IN}:KUBE-EXT-I5LIAMPLWKMBJ54B - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-NODEPORTS - [0:0]\n"
    f"{_CART}-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/cart:http" -m tcp --dport 30080 '
    "-j KUBE-EXT-I5LIAMPLWKMBJ54B\nCOMMIT\n"
)


class ExternalWayIncomplete(Rule):
    """Traffic from outside comes to the end of a Service's chain without an endpoint, or without being masqueraded.

    ## Why
    `KUBE-EXT-` takes what comes to NodePorts, external IPs and load balancers. With the traffic policy Cluster it marks
    the traffic for masquerading and hands it to `KUBE-SVC-`; with Local it ends in `KUBE-SVL-`. Only a Local Service
    without an endpoint on this node ends without: then `KUBE-EXTERNAL-SERVICES` in the filter table drops what is left,
    with the comment `has no local endpoints`. A chain that ends with neither lost a rule, and connections are left
    untranslated. One that hands over without the mark sends packets to pods on other nodes whose answers do not come back
    this way.

    ## Fix
    There is none in a dump. Restart kube-proxy on the node (it starts with a full sync).

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://kubernetes.io/docs/tutorials/services/source-ip/
    """

    code = "KPL424"
    name = "external-way-incomplete"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), flags=["KUBE-EXT-I5LIAMPLWKMBJ54B"]),
        Bad(
            dump(node_dump().replace(_PAY, "")),
            flags=["KUBE-EXT-MUJ7T5P6IXY3AYQM"],
            other=["stale-service-chain"],
        ),
        Bad(dump(node_dump().replace(_CART, "")), flags=["KUBE-SVC-I5LIAMPLWKMBJ54B"]),
        Good(dump(_SMALL.replace("COMMIT\n", "", 1))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            if "nat" in tables and "filter" in tables:
                yield from self._in(tables["nat"], tables["filter"])

    def _in(self, nat: Table, filtered: Table) -> Iterator[Finding]:
        chains = {chain: rows for chain, rows in nat.rules_of.items() if chain.startswith("KUBE-EXT-")}
        if not chains:
            return
        dropped = set(filtered.values("--comment", filtered.rules_of.get("KUBE-EXTERNAL-SERVICES", ())))
        ending, unmasked = [], []
        for chain, rows in chains.items():
            last = rows[-1]
            if not nat.target[last].startswith(("KUBE-SVC-", "KUBE-SVL-")) or not is_unconditional(nat, last):
                if f"{_name(nat, rows)} has no local endpoints" not in dropped:
                    ending.append(last)
            elif nat.target[last].startswith("KUBE-SVC-") and not any(
                nat.target[row] == MARK_MASQ and is_unconditional(nat, row) for row in nat.rules_of[chain][:-1]
            ):
                unmasked.append(last)
        if ending:
            more = and_more(len(ending) - 1, "chain")
            yield self.finding_of_many(
                (nat.chain_span(row) for row in ending),
                f"`{nat.chain[ending[0]]}` ends without an endpoint{more}, and nothing drops the rest: connections from outside "
                "are not translated",
                "ends without an endpoint as well",
                help=_HELP,
            )
        if unmasked:
            more = and_more(len(unmasked) - 1, "chain")
            yield self.finding_of_many(
                (nat.target_span(row) for row in unmasked),
                f"`{nat.chain[unmasked[0]]}` hands traffic from outside on without marking it for masquerading{more}: answers of "
                "pods on other nodes do not come back through this node",
                "without the mark as well",
                help=_HELP,
            )


_HELP = "Restart kube-proxy on this node: its first sync writes all chains anew."


def _name(nat: Table, rows: list[int]) -> str:
    """The port's name, as the comments in a chain for traffic from outside have it."""
    for comment in nat.values("--comment", rows):
        if comment and comment.endswith(" external destinations"):
            return comment.removesuffix(" external destinations").rpartition(" for ")[2]
    return ""
