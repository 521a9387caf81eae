"""KPL491."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, files
from kpl.iptables import MARK_MASQ, Ruleset
from kpl.kubeproxy import KubeProxyConfig, canonical_network
from kpl.nft import NftRuleset, kube_proxy_tables, pod_network
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW

_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {}\nclusterCIDR: {}\n"


class ClusterCidrNotInForce(Rule):
    """A node uses a different pod network than kube-proxy's configuration, so pods may be masqueraded.

    ## Why
    kube-proxy uses `clusterCIDR` to tell the traffic of pods from other traffic, which it masquerades. Pods outside of
    the programmed network are masqueraded too: the pods that they connect to see a node's address, and network policies
    do not recognize them. kube-proxy reads its configuration only when it starts, so a node keeps its old network until
    kube-proxy is restarted.

    The rule checks configurations with `detectLocalMode` unset or set to `ClusterCIDR`, if the run has exactly one
    configuration.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node, or correct `clusterCIDR`.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL491"
    name = "cluster-cidr-not-in-force"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    needs = "Dump KubeProxyConfig"
    examples = [
        Bad(
            files(**{"node.iptables": node_dump(), "config.yaml": _CONFIG.format("iptables", "10.42.0.0/16")}),
            flags=["10.244.0.0/16"],
        ),
        Bad(
            files(**{"node.nft": NEW, "config.yaml": _CONFIG.format("nftables", "10.42.0.0/16")}),
            flags=["10.244.0.0/16"],
        ),
        Good(files(**{"node.iptables": node_dump(), "config.yaml": _CONFIG.format("iptables", "10.244.0.0/16")})),
        Good(files(**{"node.nft": NEW, "config.yaml": _CONFIG.format("nftables", "fd00::/64,10.244.0.0/16")})),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        configs = list(cluster.of(KubeProxyConfig))
        if len(configs) != 1:
            return
        document, config = configs[0]
        written = config.node.text("clusterCIDR")
        detect = config.node.text("detectLocalMode") or ("" if config.partial else "ClusterCIDR")
        if not written or detect != "ClusterCIDR":
            return
        wanted = {canonical_network(each.strip()) for each in written.split(",")}
        if None in wanted:
            return
        for where, span, network in _programmed(cluster):
            if canonical_network(network) not in wanted:
                yield self.finding(
                    span,
                    f"this node uses the pod network `{network}`, but kube-proxy's configuration has `{written}`, so "
                    "the configured value is not in force",
                    help="Restart kube-proxy on the node. Or correct `clusterCIDR`.",
                    related=[Related(written.span, "`clusterCIDR` in the configuration", document)],
                    document=where,
                )


def _programmed(cluster: Cluster) -> Iterator[tuple[Document, Span, str]]:
    """The network that is not masqueraded, by each dump that shows one, and where it stands."""
    for document, ruleset in cluster.of(Ruleset):
        for nat in ruleset.whole("nat"):
            rows = [row for row in nat.jumps_to.get(MARK_MASQ, ()) if nat.chain[row].startswith("KUBE-SVC-")]
            sources = nat.values("-s", rows)
            for row, source in zip(rows, sources, strict=True):
                option = nat.entry(row).get("-s") if source else None
                if source and option is not None and option.negated:
                    yield document, nat.option_span(row, "-s"), source
                    break
    for document, nft in cluster.of(NftRuleset):
        for table, _ in kube_proxy_tables(nft):
            if table.complete and (found := pod_network(table)):
                network, rule = found
                yield document, nft.span_of(network, rule), network
