"""KPL422."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, Version, dump
from kpl.iptables import Ruleset, Table
from kpl.testing import node_dump
from kpl.words import and_more

_XLB = ":KUBE-XLB-5332YF6XC6SW2DTE - [0:0]\n"
_SMALL = f"*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-EXT-MUJ7T5P6IXY3AYQM - [0:0]\n{_XLB}COMMIT\n"
_RULE = "-A KUBE-XLB-5332YF6XC6SW2DTE -j DROP\n"
_ALONE = f"*nat\n:PREROUTING ACCEPT [0:0]\n{_XLB}COMMIT\n"
_REPLACED = Version("1.24")


class ChainsOfTwoReleases(Rule):
    """Chains of kube-proxy 1.23 or earlier are left next to those of 1.24 or later, for example after an upgrade.

    ## Why
    kube-proxy 1.24 replaced the `KUBE-XLB-` chains with `KUBE-EXT-` and `KUBE-SVL-`. Versions 1.24 to 1.27 deleted the
    chains of older releases; kube-proxy 1.28 and later does not know them and keeps them, together with the `KUBE-SEP-`
    chains that they lead to. If one table has both, or the release is known to be 1.24 or later, two kube-proxies of
    different releases write the table, or an upgrade left the chain.

    ## Fix
    A dump cannot be fixed. Make sure that only one kube-proxy runs on the node, then reboot the node or delete the old
    chains.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://github.com/kubernetes/kubernetes/pull/109060
    - https://github.com/kubernetes/kubernetes/issues/132516
    - https://github.com/kubernetes/kubernetes/blob/v1.28.15/pkg/proxy/iptables/proxier.go (`isServiceChainName`)
    """

    code = "KPL422"
    name = "chains-of-two-releases"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(
            dump(_SMALL.replace("COMMIT", f"{_RULE}COMMIT")),
            flags=[":KUBE-XLB-5332YF6XC6SW2DTE"],
            other=["stale-service-chain"],
        ),
        Bad(dump(_ALONE), {"kubernetes": "1.30"}, flags=[":KUBE-XLB-5332YF6XC6SW2DTE"]),
        Bad(
            dump(node_dump().replace(":KUBE-SVL-MUJ7", f"{_XLB}:KUBE-SVL-MUJ7")),
            flags=[":KUBE-XLB-5332YF6XC6SW2DTE"],
        ),
        Good(dump(_ALONE)),
        Good(dump(_ALONE), {"kubernetes": "1.22"}),
        Good(dump(f"*nat\n:PREROUTING ACCEPT [0:0]\n{_XLB}COMMIT\n*nat\n:KUBE-EXT-MUJ7T5P6IXY3AYQM - [0:0]\nCOMMIT\n")),
    ]

    def check(self, ruleset: Ruleset, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.named("nat"):
            old = [chain for chain in nat.chains if chain.startswith("KUBE-XLB-")]
            newer = newer_release(nat, cluster) if old else ""
            if newer:
                more = and_more(len(old) - 1, "chain")
                yield self.finding_of_many(
                    (nat.declaration(chain) for chain in old),
                    f"`{old[0]}`{more} comes from kube-proxy 1.23 or earlier, but {newer}, so it is a leftover or two "
                    "kube-proxies run here",
                    "also from the older release",
                    help="Make sure that only one kube-proxy runs on this node, then reboot the node or delete the "
                    "old chains: kube-proxy 1.28 and later does not delete them.",
                )


def newer_release(nat: Table, cluster: Cluster) -> str:
    """What shows that a kube-proxy of 1.24 or newer writes `nat`; empty where nothing does."""
    if any(chain.startswith(("KUBE-EXT-", "KUBE-SVL-")) for chain in nat.chains):
        return "the table has chains of 1.24 or later"
    known = cluster.kubernetes_version_known and cluster.kubernetes_version >= _REPLACED
    return f"the cluster runs Kubernetes {cluster.kubernetes_version}" if known else ""
