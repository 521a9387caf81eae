"""KPL415."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, is_unconditional
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
    """A rule of kube-proxy or kubelet has lost its match, so it drops all traffic that reaches it.

    ## Why
    In the filter table, kubelet and kube-proxy drop packets with a certain mark, state or address, and never all
    packets. A `DROP` without a match in one of their chains drops everything that reaches it. In `KUBE-FIREWALL`, which
    `INPUT` and `OUTPUT` jump to, that is all traffic of the node. The cause is an old `iptables` that reads rules
    written by a newer one, does not know a match, and writes the rules back without it. iptables 1.8.7 in kube-proxy
    images did this to rules that 1.8.8 on the node had written.

    The rule also checks excerpts.

    ## Fix
    A dump cannot be fixed. Delete the rule, and use images of kubelet, kube-proxy and CNI whose `iptables` is as new as
    the node's.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/112477
    - https://kubernetes.io/blog/2022/09/07/iptables-chains-not-api/
    """

    code = "KPL415"
    name = "drops-everything"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
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
                            f"this rule of `{chain}` has lost its match, so it drops all traffic that reaches the "
                            "chain",
                            help=f"Delete the rule (`iptables -D {chain} ...`) and restart kubelet and kube-proxy. "
                            "Make sure that every agent on the node has an `iptables` as new as the node's.",
                        )
