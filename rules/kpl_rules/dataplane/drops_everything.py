"""KPL415."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Ruleset, Severity, Stop, dump, is_unconditional
from kpl.testing import node_dump

_CHAINS = (
    "KUBE-FIREWALL",
    "KUBE-FORWARD",
    "KUBE-SERVICES",
    "KUBE-EXTERNAL-SERVICES",
    "KUBE-PROXY-FIREWALL",
)
_FIREWALL = '-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" {}-j DROP\n'
_INVALID = "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts"
_MARK = "-m mark --mark 0x8000/0x8000 "


class DropsEverything(Rule):
    """A rule of kube-proxy or kubelet drops all traffic, because what it matched is lost.

    ## Why
    kubelet and kube-proxy drop in the filter table what has a mark, a state or an address: never everything. A bare
    `DROP` in one of their chains drops whatever comes to it, and for `KUBE-FIREWALL`, to which `INPUT` and `OUTPUT` lead,
    that is the whole node. It comes about when an old `iptables` reads rules that a newer one wrote, does not know the
    match, and writes them back without it: so did the 1.8.7 of kube-proxy
    images with the rules that 1.8.8 on the node had written.

    Excerpts are looked at as well.

    ## Fix
    There is none in a dump. Delete the rule by hand, and use images of kubelet, kube-proxy and CNI whose `iptables` is
    as new as the node's.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/112477
    - https://kubernetes.io/blog/2022/09/07/iptables-chains-not-api/
    """

    code = "KPL415"
    name = "drops-everything"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(_FIREWALL.format("")), flags=["DROP"]),
        Bad(
            dump(
                node_dump().replace(
                    _INVALID,
                    "-A KUBE-FORWARD",
                )
            ),
            flags=["DROP"],
            other=["invalid-packets-pass"],
        ),
        Good(dump(_FIREWALL.format(_MARK))),
        # a firewall of one's own
        Good(dump("*filter\n:INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT -j own\n-A own -j DROP\nCOMMIT\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if table.name not in ("filter", "") or ruleset.shapes_exploded:
                continue
            for chain in _CHAINS:
                for row in table.rules_of.get(chain, ()):
                    if table.target[row] in ("DROP", "REJECT") and is_unconditional(table, row):
                        yield self.finding(
                            table.target_span(row),
                            f"this rule of `{chain}` drops all traffic that comes to it: what it matched is lost",
                            help=f"Delete it (`iptables -D {chain} ...`), restart kubelet and kube-proxy, and see that the "
                            "`iptables` of every agent on the node is as new as the node's.",
                        )
