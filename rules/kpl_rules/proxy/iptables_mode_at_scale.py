"""KPL301."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, manifest
from kpl.edits import add_entry, set_scalar
from kpl.iptables import IPTABLES_SERVICES, how_often_in_full, rules_walked_by_first_packet, rules_written_by_full_sync
from kpl.kubeproxy import DEFAULT_CHANGES, LOCALHOST_NODE_PORTS, KubeProxyConfig, best_mode, runs_on_windows
from kpl.manifests import Scalar

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
_LARGE = {"kubernetes": "1.33", "kernel": "6.1", "services": 2000, "endpoints": 20000}

_COSTS = {
    "nftables": "NodePorts then answer only on each node's primary address (unless `nodePortAddresses` lists others), "
    "and no longer on 127.0.0.1{loopback}.",
    "ipvs": "Each node needs the kernel modules ip_vs, ip_vs_rr, ip_vs_wrr, ip_vs_sh and nf_conntrack, and one run of "
    "`kube-proxy --cleanup` or a reboot, because kube-proxy does not remove the rules of its iptables mode.",
}


def _cilium(replaces: str) -> str:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\n"
    return f'{head}data: {{kube-proxy-replacement: "{replaces}"}}\n'


class IptablesModeAtScale(Rule):
    """In iptables mode with many Services, every new connection is compared with thousands of rules.

    ## Why
    In iptables mode, kube-proxy writes one rule per Service port into the chain `KUBE-SERVICES`. The first packet of
    every connection is compared with these rules one by one: with 2,000 Services, that is 1,000 comparisons on average,
    and 2,000 for a packet that goes to none of them. The nftables and ipvs modes look up a Service in a table, so their
    cost per connection does not grow with the cluster.

    A full sync writes all rules: 2 per Service port and 3 per endpoint. In Kubernetes 1.28 and later, kube-proxy does a
    full sync when it starts, when labels of its node change, after its rules were flushed, and after errors. The other
    syncs are partial: they write the chains of the Services that changed, and `KUBE-SERVICES` with its rule for every
    Service. With kube-proxy 1.37.2 and 64,005 rules (2,000 Services with 10 endpoints each), a full sync takes 43
    seconds with iptables-nft 1.8.9, and 0.6 seconds in nftables mode (measured).

    The number of Services is the one given, the number in the linted files, or the number that all dumps among them
    have programmed. The option `services` sets the threshold (1,000 Services). The rule is silent if a file says that
    Cilium, Calico, Antrea or kube-router does the work of kube-proxy, and no file denies it.

    ## Fix
    Sets `mode: nftables` if the Kubernetes release and the kernel have it (1.31, Linux 5.13), otherwise `mode: ipvs`
    before the release that deprecates it (1.35). The fix is unsafe: NodePorts no longer answer on loopback, and in
    nftables mode not on the secondary addresses of a node either. (In 1.38, a beta, and later, nftables mode answers on
    loopback over TCP if `nodePortAddresses` lists `localhost`.)

    Without `mode`, kube-proxy also uses iptables. In 1.37 and later, kubeadm then writes `mode: iptables` into the
    cluster's ConfigMap, so the mode stays the same when the default of kube-proxy becomes nftables, planned for 1.40.

    ## References
    - https://kubernetes.io/blog/2025/02/28/nftables-kube-proxy/
    - https://docs.aws.amazon.com/eks/latest/best-practices/nftables.html
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#migrating-from-iptables-mode-to-nftables
    - https://www.tigera.io/blog/comparing-kube-proxy-modes-iptables-or-ipvs/
    - https://github.com/kubernetes/kubernetes/issues/96018
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/componentconfigs/kubeproxy.go
    - https://github.com/kubernetes/kubernetes/blob/v1.38.0-beta.0/pkg/proxy/nftables/proxier.go
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3453-minimize-iptables-restore/README.md
    """

    code = "KPL301"
    name = "iptables-mode-at-scale"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("slow-connections",)
    options = {"services": IPTABLES_SERVICES}
    examples = [
        Bad(
            manifest(f'{_HEAD}mode: "iptables"  # as ever\nclusterCIDR: 10.244.0.0/16\n'),
            _LARGE,
            flags=['"iptables"'],
            fixed=f'{_HEAD}mode: "nftables"  # as ever\nclusterCIDR: 10.244.0.0/16\n',
            safe=False,
        ),
        # nothing written means iptables
        Bad(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\n"),
            _LARGE,
            flags=["KubeProxyConfiguration"],
            fixed=f"{_HEAD}mode: nftables\nclusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        Bad(
            manifest(f"{_HEAD}mode: ''\nclusterCIDR: 10.244.0.0/16\n"),
            _LARGE,
            flags=["KubeProxyConfiguration"],
            fixed=f"{_HEAD}mode: 'nftables'\nclusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        # a kernel without what nftables mode needs
        Bad(
            manifest(f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n"),
            {"kubernetes": "1.30", "kernel": "5.4", "services": 1001},
            flags=["iptables"],
            fixed=f"{_HEAD}mode: ipvs\nclusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        Bad(
            manifest(f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n"),
            {"kubernetes": "1.36", "kernel": "4.18", "services": 3000},
            flags=["iptables"],
        ),
        Good(manifest(f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n"), {"services": 1000}),
        Good(manifest(f"{_HEAD}mode: nftables\nclusterCIDR: 10.244.0.0/16\n"), _LARGE),
        # as a flag of k3s; what else kube-proxy is told is not known
        Bad(
            manifest('kube-proxy-arg: ["proxy-mode=iptables"]\n'),
            _LARGE,
            flags=["iptables"],
            fixed='kube-proxy-arg: ["proxy-mode=nftables"]\n',
            safe=False,
            says=["the mode `iptables` compares the first packet", "Set the mode `nftables`: nftables (stable"],
        ),
        Good(manifest("kube-proxy-arg: [metrics-bind-address=0.0.0.0:10249]\n"), _LARGE),
        # the size is not known
        Good(manifest(f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n")),
        # a template may set the mode
        Good(manifest(f"{_HEAD}clusterCIDR: '{{{{ .Values.podCIDR }}}}'\n"), _LARGE),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\nwinkernel:\n  networkName: overlay0\n"), _LARGE),
        # a few slices of a tree are not those of the cluster
        Bad(
            {
                "proxy.yaml": f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n",
                "slice.yaml": "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: n}\n"
                "addressType: IPv4\nports: [{port: 80}]\nendpoints: [{addresses: [10.0.0.1]}]\n",
            },
            {"services": 1001, "kubernetes": "1.36"},
            flags=["iptables"],
            fixed=f"{_HEAD}mode: nftables\nclusterCIDR: 10.244.0.0/16\n",
            safe=False,
            says=[
                "in the worst case) for 1,001 Services, and a full sync writes about ",
                "even with one endpoint per Service",
            ],
        ),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\n"), {"services": 3000, "kubernetes": "1.40"}),
        # the traffic of Services does not pass kube-proxy's rules
        Good({"proxy.yaml": f"{_HEAD}clusterCIDR: 10.244.0.0/16\n", "cilium.yaml": _cilium("true")}, _LARGE),
        Bad(
            {"proxy.yaml": f"{_HEAD}clusterCIDR: 10.244.0.0/16\n", "cilium.yaml": _cilium("false")},
            _LARGE,
            flags=["KubeProxyConfiguration"],
            fixed=f"{_HEAD}mode: nftables\nclusterCIDR: 10.244.0.0/16\n",
            safe=False,
        ),
        # the numbers that are given count, few endpoints or not
        Bad(
            manifest(f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n"),
            {"kubernetes": "1.36", "services": 1001, "endpoints": 10},
            flags=["iptables"],
            fixed=f"{_HEAD}mode: nftables\nclusterCIDR: 10.244.0.0/16\n",
            safe=False,
            says=["for 1,001 Services, and a full sync writes about 2,000 rules (most"],
        ),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        services = cluster.services
        if services is None or services <= self.option["services"] or not self._in_iptables_mode(config, cluster):
            return
        if cluster.proxy_replaced is not None:
            return
        endpoints = cluster.endpoints
        if cluster.facts.endpoints is None and endpoints is not None and endpoints < services:
            endpoints = None  # the slices that lie about are few of those that the cluster has
        release = cluster.kubernetes_version_for(config)
        best = best_mode(release, cluster.facts.kernel)
        if best.mode == "iptables":
            help_, edit = f"Upgrade the kernels of the nodes: {best.reason}.", None
        else:
            keeps = release >= LOCALHOST_NODE_PORTS
            loopback = " (over TCP they do if it also lists `localhost`)" if keeps else ""
            help_ = (
                f"Set {config.setting_of_mode(best.mode)}: {best.reason}. {_COSTS[best.mode].format(loopback=loopback)}"
            )
            edit = _set_mode(config, best.mode)
        yield self.finding(
            config.mode.span if config.mode else config.title_span,
            _message(config, services, endpoints, release),
            help=help_,
            fix=Fix(f"Set {config.setting_of_mode(best.mode)}", (edit,), safe=False) if edit else None,
        )

    @staticmethod
    def _in_iptables_mode(config: KubeProxyConfig, cluster: Cluster) -> bool:
        if runs_on_windows(config):
            return False
        if config.mode is not None:
            return config.mode == "iptables"
        if config.partial:
            return False
        return cluster.kubernetes_version_for(config) < DEFAULT_CHANGES and not cluster.document_of(config).templated


def _message(config: KubeProxyConfig, services: int, endpoints: int | None, version: Version) -> str:
    walk = rules_walked_by_first_packet(services, endpoints)
    mode = config.setting_of_mode("iptables") if config.mode else "the default `mode`, iptables,"
    message = (
        f"{mode} compares the first packet of each connection with about {_rounded(walk.average)} rules "
        f"({_rounded(walk.worst)} in the worst case) for {services:,} Services"
    )
    partial = how_often_in_full(version)
    if endpoints is None:
        least = rules_written_by_full_sync(services, services)
        return f"{message}, and a full sync writes about {_rounded(least)} rules even with one endpoint per Service{partial}"
    rules = rules_written_by_full_sync(services, endpoints)
    return f"{message}, and a full sync writes about {_rounded(rules)} rules{partial}"


def _rounded(rules: int) -> str:
    """Two digits: the count is an estimate, with one port per Service."""
    return f"{round(rules, 2 - len(str(rules))):,}"


def _set_mode(config: KubeProxyConfig, mode: str) -> Edit | None:
    if config.node.get("mode") is None:
        return add_entry(config.text, config.node, f"mode: {mode}", after="kind")
    value = config.node.get("mode")
    # behind a bare `mode:` there is no character to replace
    return set_scalar(config.text, value, mode) if isinstance(value, Scalar) and value.start < value.end else None
