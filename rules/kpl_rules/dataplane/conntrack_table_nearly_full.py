"""KPL462."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, Version, files
from kpl.dumps import ConntrackDump, table_size
from kpl.kubeproxy import KubeProxyConfig

CAPPED_SINCE = Version("1.36")

_COUNT = "net.netfilter.nf_conntrack_count = {count}\nnet.netfilter.nf_conntrack_max = 131072\n"
_CPU = (
    "cpu=0   \tfound=3 invalid=7 insert=0 insert_failed=12 drop=12 early_drop=0 error=0 search_restart=12 clash_resolve=40 "
    "chaintoolong=0 \n"
)
_PROC = (
    "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new "
    "expect_create expect_delete search_restart\n"
)
_ROW = (
    "{entries}  00000028 00000003 00000000 00000007 00000000 00000000 00000002 00000000 0000000c 0000000c 00000000 00000000  "
    "00000000 00000000 00000000 0000000c\n"
)
_CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"


class ConntrackTableNearlyFull(Rule):
    """The conntrack table is nearly full, and a full table drops the packets of new connections.

    ## Why
    Every connection and every DNS query that passes a node takes an entry in the kernel's conntrack table. At
    `nf_conntrack_max` entries, packets of new connections are dropped, and applications on the node see timeouts and
    failed lookups. A nearly full table needs only a burst to fill up: an answered UDP query keeps its entry for 30
    seconds or two minutes, and a closed TCP connection keeps it for another two minutes.

    The number of entries comes from `/proc/net/stat/nf_conntrack`, from sysctl's `nf_conntrack_count`, or from the last
    line of `conntrack -L`. The limit is `nf_conntrack_max` if the same file has it. Otherwise the rule computes the
    limit that kube-proxy sets, if the inputs have exactly one KubeProxyConfiguration and the file has a line for each
    CPU. There are at least as many lines as CPUs, so the computed limit is not below the real one. The rule reports
    tables that are fuller than the option `percent`.

    ## Fix
    A dump cannot be fixed. Raise `conntrack.maxPerCore` or `conntrack.min` in kube-proxy's configuration.

    ## References
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/conntrack/sysctls.go (`getConntrackMax`)
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL462"
    name = "conntrack-table-nearly-full"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "ConntrackDump"
    options = {"percent": 80}
    examples = [
        Bad(
            files(**{"node.conntrack": _CPU + _COUNT.format(count=121_400)}),
            flags=["net.netfilter.nf_conntrack_count = 121400"],
        ),
        Bad(
            files(**{"nf_conntrack": _PROC + _ROW.format(entries="0001f400") * 4, "config.yaml": _CONFIG}),
            flags=["0001f400"],
        ),
        Good(files(**{"node.conntrack": _CPU + _COUNT.format(count=9_400)})),
        # eight CPUs at 32,768 each
        Good(files(**{"nf_conntrack": _PROC + _ROW.format(entries="0001f400") * 8, "config.yaml": _CONFIG})),
        # nothing tells the limit
        Good(files(nf_conntrack=_PROC + _ROW.format(entries="0001f400") * 4)),
        # eighty percent of four CPUs at 32,768 each: 104,858 entries
        Bad(
            files(**{"nf_conntrack": _PROC + _ROW.format(entries="0001999a") * 4, "config.yaml": _CONFIG}),
            flags=["0001999a"],
            says=["has 104,858 of the 131,072 entries that kube-proxy's configuration sets for the CPUs, and"],
        ),
        Good(files(**{"nf_conntrack": _PROC + _ROW.format(entries="00019999") * 4, "config.yaml": _CONFIG})),
    ]

    def check(self, dump: ConntrackDump, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        configs = [config for _, config in cluster.of(KubeProxyConfig)]
        size = table_size(
            dump, configs, cluster.kubernetes_version_known and cluster.kubernetes_version >= CAPPED_SINCE
        )
        if size is None or size.entries * 100 < size.limit * self.option["percent"]:
            return
        limit = "" if size.told else " that kube-proxy's configuration sets for the CPUs"
        yield self.finding(
            size.span,
            f"the conntrack table has {size.entries:,} of the {size.limit:,} entries{limit}, and a full table drops "
            "the packets of new connections",
            help="Raise `conntrack.maxPerCore` or `conntrack.min` in kube-proxy's configuration.",
        )
