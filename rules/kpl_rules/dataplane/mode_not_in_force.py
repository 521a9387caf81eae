"""KPL490."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, files
from kpl.dumps import mode_of
from kpl.iptables import Ruleset, dumps_in
from kpl.kubeproxy import KubeProxyConfig
from kpl.nft import NftRuleset, kube_proxy_tables, read_name
from kpl_rules.dataplane._nft import NEW

_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {mode}\n"
_RULES = (
    "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
    "-A KUBE-SEP-774MSWQR3CTOXNKQ -s 10.244.1.10/32 -j KUBE-MARK-MASQ\n"
    "-A KUBE-SEP-774MSWQR3CTOXNKQ -p tcp -m tcp -j DNAT --to-destination 10.244.1.10:8080\n"
    '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "lb/c:http cluster IP" -m tcp --dport 80 '
    "-j KUBE-SVC-27BWFHNYSAKH2MDT\n"
    "-A KUBE-SVC-27BWFHNYSAKH2MDT -j KUBE-SEP-774MSWQR3CTOXNKQ\n"
)
_CHAINS = ("KUBE-MARK-MASQ", "KUBE-SEP-774MSWQR3CTOXNKQ", "KUBE-SERVICES", "KUBE-SVC-27BWFHNYSAKH2MDT")
_DUMP = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + "".join(f":{chain} - [0:0]\n" for chain in _CHAINS)
_HOOKS = "-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"


class ModeNotInForce(Rule):
    """A node's dump shows a different mode than kube-proxy's configuration, so the configured one is not in force.

    ## Why
    kube-proxy reads its configuration only when it starts. An edited ConfigMap changes nothing on a node until its
    kube-proxy restarts, and leftovers of the old mode may still intercept traffic. Observed with 1.33 and 1.37.

    ## Fix
    A dump cannot be fixed. Restart the DaemonSet. Rules that remain after that are leftovers: run
    `kube-proxy --cleanup` on the node, or reboot it.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-modes
    """

    code = "KPL490"
    name = "mode-not-in-force"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    needs = "Dump KubeProxyConfig"
    examples = [
        Bad(
            files(
                **{
                    "node.iptables": _DUMP + _HOOKS + _RULES + "COMMIT\n",
                    "config.yaml": _CONFIG.format(mode="nftables"),
                }
            ),
            flags=[":KUBE-SERVICES"],
        ),
        Bad(
            files(**{"node.nft": NEW, "config.yaml": _CONFIG.format(mode="iptables")}),
            flags=["kube-proxy"],
        ),
        # a table of nftables mode without Services
        Good(
            files(
                **{
                    "node.nft": "table ip kube-proxy {\n\tchain services {\n\t}\n\tchain service-endpoints-check {\n\t}\n}\n",
                    "config.yaml": _CONFIG.format(mode="iptables"),
                }
            )
        ),
        Good(files(**{"node.nft": NEW, "config.yaml": _CONFIG.format(mode="nftables")})),
        # as what installs the cluster writes it
        Bad(
            files(
                **{
                    "node.iptables": _DUMP + _HOOKS + _RULES + "COMMIT\n",
                    "config.yaml": "kube-proxy-arg: [proxy-mode=nftables]\n",
                }
            ),
            flags=[":KUBE-SERVICES"],
        ),
        Good(
            files(
                **{
                    "node.iptables": _DUMP + _HOOKS + _RULES + "COMMIT\n",
                    "config.yaml": _CONFIG.format(mode="iptables"),
                }
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        configs = [(document, config.mode) for document, config in cluster.of(KubeProxyConfig)]
        if len(configs) != 1:
            return
        document, wanted = configs[0]
        if wanted is None or wanted not in ("iptables", "ipvs", "nftables"):
            return
        for where, span, mode in _modes(cluster):
            if mode != wanted:
                yield self.finding(
                    span,
                    f"this node is programmed in `{mode}` mode, but kube-proxy's configuration has `{wanted}`, so the "
                    "configured mode is not in force",
                    help="Restart kube-proxy on the node. If it already runs in the new mode, run `kube-proxy "
                    "--cleanup`: these rules are leftovers.",
                    related=[Related(wanted.span, "`mode` in the configuration", document)],
                    document=where,
                )


def _modes(cluster: Cluster) -> Iterator[tuple[Document, Span, str]]:
    """The mode that each dump shows, and where; what another mode leaves has no Services in it, and does not count."""
    for document, ruleset in cluster.of(Ruleset):
        for dump in dumps_in(ruleset):
            mode = mode_of(dump)
            if mode is None or not dump.nat.complete or "KUBE-SERVICES" not in dump.nat.chains:
                continue
            if mode != "iptables" or any(chain.startswith("KUBE-SVC-") for chain in dump.nat.rules_of):
                yield document, dump.nat.declaration("KUBE-SERVICES"), mode
    for document, nft in cluster.of(NftRuleset):
        for table, _ in kube_proxy_tables(nft):
            if table.complete and any(read_name(name) for name in table.chains):
                yield document, nft.declaration(table), "nftables"
                break
