"""KPL302."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    NFTABLES_GATE,
    NFTABLES_STABLE,
    PROXY_MODES,
    WINDOWS_MODE,
    Bad,
    Cluster,
    Edit,
    Finding,
    Fix,
    Good,
    KubeProxyConfig,
    Mapping,
    Rule,
    Scalar,
    Severity,
    Stop,
    Text,
    Version,
    accepted_modes,
    add_entry,
    best_mode,
    closest,
    is_placeholder,
    manifest,
    needs_gate,
    runs_on_windows,
    set_scalar,
)

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
_CIDR = "clusterCIDR: 10.244.0.0/16\n"
_SHORT = {"nft": "nftables", "nf_tables": "nftables", "iptable": "iptables", "lvs": "ipvs"}


class ProxyModeRemovedOrDeprecated(Rule):
    """kube-proxy does not start, or will not after an upgrade, because of the `mode` that is written.

    ## Why
    With a `mode` that its release does not know, kube-proxy ends at once ("must be iptables, ipvs, nftables or blank"),
    and the node gets no rules for Services. The word is case-sensitive.

    - `userspace` is gone since 1.26.
    - `nftables` exists from 1.29 on, up to 1.30 only with the feature gate `NFTablesProxyMode`. 1.38 (a beta) does not
      know that gate and refuses a configuration that sets it.
    - `ipvs` is deprecated since 1.35, where kube-proxy logs a warning; kubeadm 1.37 and later warns as well. It is planned
      to be off by default from 1.40 on and to be removed in 1.43: it has no maintainers, and nftables solves the problem
      that it was made for.

    ## Fix
    A misspelt mode is corrected. `ipvs` becomes `nftables` where the nodes can run that, and `userspace` becomes
    `iptables`, both as unsafe fixes; in nftables mode NodePorts answer on each node's primary address only, and the
    cluster IPs answer no ping. Where nftables lacks its feature gate, the gate is added as an unsafe fix.

    ## References
    - https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/5495-deprecate-ipvs-mode-in-kube-proxy
    - https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/3866-nftables-proxy
    - https://kubernetes.io/blog/2022/11/18/upcoming-changes-in-kubernetes-1-26/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/componentconfigs/kubeproxy.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#migrating-from-iptables-mode-to-nftables
    """

    code = "KPL302"
    name = "proxy-mode-removed-or-deprecated"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("kube-proxy-does-not-start",)
    examples = [
        Bad(
            manifest(f"{_HEAD}mode: ipvs\n{_CIDR}"),
            {"kubernetes": "1.35"},
            flags=["ipvs"],
            fixed=f"{_HEAD}mode: nftables\n{_CIDR}",
            safe=False,
        ),
        Bad(manifest(f"{_HEAD}mode: ipvs\n{_CIDR}"), {"kubernetes": "1.35", "kernel": "4.18"}, flags=["ipvs"]),
        Bad(
            manifest(f"{_HEAD}mode: userspace\n{_CIDR}"),
            flags=["userspace"],
            fixed=f"{_HEAD}mode: iptables\n{_CIDR}",
            safe=False,
        ),
        Bad(manifest(f"{_HEAD}mode: userspace\n{_CIDR}"), {"kubernetes": "1.25"}, flags=["userspace"]),
        Bad(
            manifest(f'{_HEAD}mode: "IPTables"\n{_CIDR}'),
            flags=['"IPTables"'],
            fixed=f'{_HEAD}mode: "iptables"\n{_CIDR}',
        ),
        Bad(
            manifest(f"{_HEAD}mode: nft\n{_CIDR}"),
            flags=["nft"],
            fixed=f"{_HEAD}mode: nftables\n{_CIDR}",
        ),
        Bad(manifest(f"{_HEAD}mode: ebpf\n{_CIDR}"), flags=["ebpf"]),
        Bad(manifest(f"{_HEAD}mode: nftables\n{_CIDR}"), {"kubernetes": "1.28"}, flags=["nftables"]),
        Bad(
            manifest(f"{_HEAD}mode: nftables\n{_CIDR}"),
            {"kubernetes": "1.30"},
            flags=["nftables"],
            fixed=f"{_HEAD}mode: nftables\nfeatureGates:\n  NFTablesProxyMode: true\n{_CIDR}",
            safe=False,
        ),
        Bad(
            manifest(f"{_HEAD}mode: nftables\nfeatureGates:\n  NFTablesProxyMode: false\n{_CIDR}"),
            {"kubernetes": "1.32"},
            flags=["nftables"],
            fixed=f"{_HEAD}mode: nftables\nfeatureGates:\n  NFTablesProxyMode: true\n{_CIDR}",
            safe=False,
        ),
        Good(manifest(f"{_HEAD}mode: ipvs\n{_CIDR}"), {"kubernetes": "1.34"}),
        Good(manifest(f"{_HEAD}mode: nftables\n{_CIDR}"), {"kubernetes": "1.31"}),
        Good(
            manifest(f"{_HEAD}mode: nftables\n{_CIDR}featureGates: {{NFTablesProxyMode: true}}\n"),
            {"kubernetes": "1.29"},
        ),
        Good(manifest(f"{_HEAD}mode: ''\n{_CIDR}")),
        Good(manifest(f"{_HEAD}mode: kernelspace\n{_CIDR}")),
        Good(manifest(f'{_HEAD}mode: "{{{{ .Values.proxyMode }}}}"\n{_CIDR}')),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        mode, release = config.mode, cluster.kubernetes_version_for(config)
        if mode is None or is_placeholder(mode) or mode == WINDOWS_MODE or runs_on_windows(config):
            return
        if mode not in PROXY_MODES:
            yield self._unknown(config, mode, release)
        elif mode == "userspace":
            yield from self._userspace(config, mode, release)
        elif mode == "nftables":
            yield from self._nftables(config, mode, release, cluster.facts.kernel)
        elif mode == "ipvs":
            yield from self._ipvs(config, mode, release, cluster.facts.kernel)

    def _unknown(self, config: KubeProxyConfig, mode: Text, release: Version) -> Finding:
        accepted = accepted_modes(release)
        near = closest(mode, accepted)
        meant = near[0] if near else _SHORT.get(mode.lower(), "")
        fix = None
        # a mode that needs more than its name would only be another finding
        if meant in accepted and not needs_gate(meant, release) and not _is_old(meant, release):
            fix = _replace(config, meant, safe=True)
        words = ", ".join(f"`{each}`" for each in accepted)
        return self.finding(
            mode.span,
            f"kube-proxy does not start, because `{mode}` is none of its modes",
            help=f"Write `{meant}`." if meant in accepted else f"Write one of {words}.",
            fix=fix,
        )

    def _userspace(self, config: KubeProxyConfig, mode: Text, release: Version) -> Iterator[Finding]:
        history = PROXY_MODES["userspace"]
        assert history.removed is not None
        assert history.deprecated is not None
        help_ = "Write `iptables`, the default on Linux, which every release has."
        if release >= history.removed:
            yield self.finding(
                mode.span,
                f"kube-proxy does not start from Kubernetes {history.removed} on, which removed the `userspace` mode",
                help=help_,
                fix=_replace(config, "iptables", safe=False),
            )
        elif release >= history.deprecated:
            yield self.finding(
                mode.span,
                f"kube-proxy will not start after the upgrade to Kubernetes {history.removed}, which removed the "
                "`userspace` mode",
                help=help_,
                severity=Severity.WARNING,
            )

    def _nftables(
        self, config: KubeProxyConfig, mode: Text, release: Version, kernel: Version | None
    ) -> Iterator[Finding]:
        history = PROXY_MODES["nftables"]
        if mode not in accepted_modes(release):
            yield self.finding(
                mode.span,
                f"kube-proxy {release} does not start, because the `nftables` mode exists from {history.gated} on",
                help=f"Write `{best_mode(release, kernel).mode}` until the cluster is upgraded.",
            )
            return
        gates = config.node.mapping("featureGates")
        gate = gates.scalar(NFTABLES_GATE) if gates else None
        if gate is None:
            every = gates.scalar("AllAlpha") if gates else None
            if not needs_gate(mode, release) or (every is not None and every.boolean()):
                return
        elif gate.boolean() is not False:
            return
        # from here on the gate is stable, and turning it off is refused for that
        if release >= NFTABLES_STABLE:
            return
        edit = _turn_on(config, gates, gate)
        yield self.finding(
            mode.span,
            f"kube-proxy {release} does not start, because `nftables` mode needs its feature gate `{NFTABLES_GATE}`",
            help=f"Write `{NFTABLES_GATE}: true` under `featureGates`; from {history.since} on that is the default.",
            fix=Fix(f"Turn on `{NFTABLES_GATE}`", (edit,), safe=False) if edit else None,
        )

    def _ipvs(self, config: KubeProxyConfig, mode: Text, release: Version, kernel: Version | None) -> Iterator[Finding]:
        history = PROXY_MODES["ipvs"]
        if not _is_old("ipvs", release):
            return
        best = best_mode(release, kernel)
        if best.mode == "nftables":
            help_ = (
                f"Write `mode: nftables`: {best.reason}. NodePorts then answer on each node's primary address only "
                "(unless `nodePortAddresses` lists others), and cluster IPs answer no ping."
            )
        else:
            help_ = f"Newer kernels on the nodes open the way to nftables: {best.reason}."
        yield self.finding(
            mode.span,
            f"the `ipvs` mode is deprecated since Kubernetes {history.deprecated}; it is planned to be off from "
            f"{history.planned_off} on and gone in {history.planned_removal}",
            help=help_,
            fix=_replace(config, "nftables", safe=False) if best.mode == "nftables" else None,
            severity=Severity.WARNING,
        )


def _is_old(mode: str, release: Version) -> bool:
    deprecated = PROXY_MODES[mode].deprecated
    return deprecated is not None and deprecated <= release


def _replace(config: KubeProxyConfig, mode: str, safe: bool) -> Fix | None:
    scalar = config.node.scalar("mode")
    edit = set_scalar(config.text, scalar, mode) if scalar is not None else None
    return Fix(f"Set `mode: {mode}`", (edit,), safe=safe) if edit else None


def _turn_on(config: KubeProxyConfig, gates: Mapping | None, gate: Scalar | None) -> Edit | None:
    if gate is not None:
        return set_scalar(config.text, gate, "true")
    if gates is not None:
        return add_entry(config.text, gates, f"{NFTABLES_GATE}: true")
    if config.node.get("featureGates") is not None:
        return None
    return add_entry(config.text, config.node, "featureGates:", f"  {NFTABLES_GATE}: true", after="mode")
