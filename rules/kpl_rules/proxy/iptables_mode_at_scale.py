"""KPL301."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    DEFAULT_CHANGES,
    IPTABLES_SERVICES,
    LOCALHOST_NODE_PORTS,
    Bad,
    Cluster,
    Edit,
    Finding,
    Fix,
    Good,
    KubeProxyConfig,
    Rule,
    Scalar,
    Severity,
    Stop,
    Version,
    add_entry,
    best_mode,
    how_often_in_full,
    manifest,
    rules_walked_by_first_packet,
    rules_written_by_full_sync,
    runs_on_windows,
    set_scalar,
)

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
_LARGE = {"kubernetes": "1.33", "kernel": "6.1", "services": 2000, "endpoints": 20000}

_COSTS = {
    "nftables": "NodePorts then answer on each node's primary address only (unless `nodePortAddresses` lists others), "
    "and no longer on 127.0.0.1{loopback}.",
    "ipvs": "Each node needs the kernel modules ip_vs, ip_vs_rr, ip_vs_wrr, ip_vs_sh and nf_conntrack, and one run of "
    "`kube-proxy --cleanup` or a reboot, because kube-proxy leaves the rules of its iptables mode behind.",
}


class IptablesModeAtScale(Rule):
    """New connections are compared with thousands of rules, because kube-proxy is in iptables mode with many Services.

    ## Why
    In iptables mode kube-proxy writes one rule per service port into the chain `KUBE-SERVICES`, and the first packet
    of every connection is compared with them one after the other: with 2,000 Services that is a thousand comparisons
    on average, and 2,000 for a packet that goes to none of them. A full sync writes all rules: 2 per service port and
    3 per endpoint. In Kubernetes 1.28 and later, kube-proxy does one when it starts, when labels of its node change,
    when its rules were flushed and after errors; the other syncs are partial: they write the chains of the Services
    that changed, and `KUBE-SERVICES` with its rule for every Service. Measured with kube-proxy 1.37.2 and 64,005
    rules (2,000 Services of 10 endpoints), it takes 43 seconds through iptables-nft 1.8.9, and 0.6 seconds in
    nftables mode. The nftables and ipvs modes look a Service up in a table, so that their cost per connection stays
    as it is when the cluster grows.

    The number of Services is the one given, or how many lie in the files under lint or are programmed in all dumps among
    them. The threshold of 1,000 Services is the option `services`.

    ## Fix
    Sets `mode: nftables` where the Kubernetes release and the kernel have it (1.31, Linux 5.13), otherwise `mode: ipvs`
    below the release that deprecates it (1.35). It is an unsafe fix: NodePorts stop answering on loopback, and in
    nftables mode on the secondary addresses of a node too. (From 1.38 on, a beta, nftables mode answers on loopback over
    TCP where `nodePortAddresses` lists `localhost`.)

    A `mode` that is not set is iptables as well. kubeadm 1.37 and later writes `mode: iptables` into the cluster's ConfigMap
    then, so that the mode stays when kube-proxy's default becomes nftables, planned for 1.40.

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
        # the size is not known
        Good(manifest(f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16\n")),
        # a template may set the mode
        Good(manifest(f"{_HEAD}clusterCIDR: '{{{{ .Values.podCIDR }}}}'\n"), _LARGE),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\nwinkernel:\n  networkName: overlay0\n"), _LARGE),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        services = cluster.services
        if services is None or services <= self.option["services"] or not self._in_iptables_mode(config, cluster):
            return
        endpoints = cluster.endpoints
        if cluster.facts.endpoints is None and endpoints is not None and endpoints < services:
            endpoints = None  # the slices that lie about are few of those that the cluster has
        release = cluster.kubernetes_version_for(config)
        best = best_mode(release, cluster.facts.kernel)
        if best.mode == "iptables":
            help_, edit = f"Newer kernels on the nodes would end this: {best.reason}.", None
        else:
            keeps = release >= LOCALHOST_NODE_PORTS
            loopback = " (over TCP they do where it lists `localhost` too)" if keeps else ""
            help_ = f"Write `mode: {best.mode}`: {best.reason}. {_COSTS[best.mode].format(loopback=loopback)}"
            edit = _set_mode(config, best.mode)
        yield self.finding(
            config.mode.span if config.mode else config.title_span,
            _message(config, services, endpoints, release),
            help=help_,
            fix=Fix(f"Set `mode: {best.mode}`", (edit,), safe=False) if edit else None,
        )

    @staticmethod
    def _in_iptables_mode(config: KubeProxyConfig, cluster: Cluster) -> bool:
        if runs_on_windows(config):
            return False
        if config.mode is not None:
            return config.mode == "iptables"
        return cluster.kubernetes_version_for(config) < DEFAULT_CHANGES and not cluster.document_of(config).templated


def _message(config: KubeProxyConfig, services: int, endpoints: int | None, version: Version) -> str:
    walk = rules_walked_by_first_packet(services, endpoints)
    why = "`mode: iptables`" if config.mode else "iptables mode, the default of a `mode` that is not set,"
    message = (
        f"{why} compares the first packet of each connection with some {walk.average:,} rules, with {walk.worst:,} at "
        f"worst, for {services:,} Services"
    )
    partial = how_often_in_full(version)
    if endpoints is None:
        least = rules_written_by_full_sync(services, services)
        return f"{message}, and a full sync writes {least:,} even with one endpoint for each{partial}"
    return f"{message}, and a full sync writes some {rules_written_by_full_sync(services, endpoints):,}{partial}"


def _set_mode(config: KubeProxyConfig, mode: str) -> Edit | None:
    if config.node.get("mode") is None:
        return add_entry(config.text, config.node, f"mode: {mode}", after="kind")
    value = config.node.get("mode")
    # behind a bare `mode:` there is no character to replace
    return set_scalar(config.text, value, mode) if isinstance(value, Scalar) and value.start < value.end else None
