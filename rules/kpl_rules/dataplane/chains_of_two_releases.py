"""KPL422."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Ruleset, Severity, Stop, and_more, dump, node_dump

_XLB = ":KUBE-XLB-5332YF6XC6SW2DTE - [0:0]\n"
_SMALL = f"*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-EXT-MUJ7T5P6IXY3AYQM - [0:0]\n{_XLB}COMMIT\n"


class ChainsOfTwoReleases(Rule):
    """The node holds chains of kube-proxy up to 1.23 beside those of 1.24 and newer: an upgrade left them behind.

    ## Why
    kube-proxy 1.24 replaced the chains `KUBE-XLB-` by `KUBE-EXT-` and `KUBE-SVL-`. Up to 1.27 it deleted those of
    older releases; from 1.28 on it no longer knows them. Where both are in one table, two kube-proxies of different
    releases write it, or an old chain stayed because something else leads to it.

    ## Fix
    There is none in a dump. See that one kube-proxy runs on the node, and reboot it or delete the old chains.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://github.com/kubernetes/kubernetes/pull/109060
    """

    code = "KPL422"
    name = "chains-of-two-releases"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), flags=[":KUBE-XLB-5332YF6XC6SW2DTE"], other=["stale-service-chain"]),
        Bad(
            dump(node_dump().replace(":KUBE-SVL-MUJ7", f"{_XLB}:KUBE-SVL-MUJ7")),
            flags=[":KUBE-XLB-5332YF6XC6SW2DTE"],
        ),
        Good(dump(f"*nat\n:PREROUTING ACCEPT [0:0]\n{_XLB}COMMIT\n")),
        Good(dump(f"*nat\n:PREROUTING ACCEPT [0:0]\n{_XLB}COMMIT\n*nat\n:KUBE-EXT-MUJ7T5P6IXY3AYQM - [0:0]\nCOMMIT\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.named("nat"):
            old = [chain for chain in nat.chains if chain.startswith("KUBE-XLB-")]
            if old and any(chain.startswith(("KUBE-EXT-", "KUBE-SVL-")) for chain in nat.chains):
                more = and_more(len(old) - 1, "chain")
                yield self.finding_of_many(
                    (nat.declaration(chain) for chain in old),
                    f"`{old[0]}`{more} is of kube-proxy up to 1.23, and the table has chains of 1.24 and newer: an upgrade left "
                    "it, or two kube-proxies run here",
                    "of the older release as well",
                    help="See that one kube-proxy runs on this node, then reboot the node or delete the old chains.",
                )
