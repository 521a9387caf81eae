"""KPL302."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, manifest
from kpl.corefiles import is_placeholder
from kpl.edits import Text, add_entry, set_scalar
from kpl.kubeproxy import (
    NFTABLES_GATE,
    NFTABLES_STABLE,
    PROXY_MODES,
    WINDOWS_MODE,
    KubeProxyConfig,
    accepted_modes,
    best_mode,
    needs_gate,
    runs_on_windows,
)
from kpl.manifests import Mapping, Scalar
from kpl.words import closest

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
_CIDR = "clusterCIDR: 10.244.0.0/16\n"
_SHORT = {"nft": "nftables", "nf_tables": "nftables", "iptable": "iptables", "lvs": "ipvs"}


class ProxyModeRemovedOrDeprecated(Rule):
    """kube-proxy refuses this `mode` and does not start, or will refuse it after an upgrade.

    ## Why
    If its release does not know the `mode`, kube-proxy exits immediately ("must be iptables, ipvs, nftables or blank"),
    and the node gets no rules for Services. The value is case-sensitive.

    - `userspace` was removed in 1.26.
    - `nftables` exists in 1.29 and later; before 1.31 it needs the feature gate `NFTablesProxyMode`. 1.38 (a beta) does
      not know that gate and refuses a configuration that sets it.
    - `ipvs` is deprecated since 1.35, where kube-proxy logs a warning; in 1.37 and later, kubeadm also warns. It is
      planned to be off by default in 1.40 and removed in 1.43: it has no maintainers, and nftables solves the problem
      that it was made for.

    ## Fix
    Corrects a misspelled mode. Replaces `ipvs` with `nftables` if the nodes can run it, and `userspace` with
    `iptables`; both fixes are unsafe. In nftables mode, NodePorts answer only on each node's primary address, and
    cluster IPs do not answer pings. If `nftables` lacks its feature gate, an unsafe fix adds the gate.

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
    in_templates = True
    examples = [
        Bad(
            manifest(f"{_HEAD}mode: ipvs\n{_CIDR}"),
            {"kubernetes": "1.35"},
            flags=["ipvs"],
            fixed=f"{_HEAD}mode: nftables\n{_CIDR}",
            safe=False,
            severities=[Severity.WARNING],
        ),
        Bad(
            manifest(f"{_HEAD}mode: ipvs\n{_CIDR}"),
            {"kubernetes": "1.35", "kernel": "4.18"},
            flags=["ipvs"],
            severities=[Severity.WARNING],
        ),
        Bad(
            manifest(f"{_HEAD}mode: userspace\n{_CIDR}"),
            flags=["userspace"],
            fixed=f"{_HEAD}mode: iptables\n{_CIDR}",
            safe=False,
        ),
        Bad(
            manifest(f"{_HEAD}mode: userspace\n{_CIDR}"),
            {"kubernetes": "1.25"},
            flags=["userspace"],
            severities=[Severity.WARNING],
        ),
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
        # settings in the words of others; kube-proxy may be told its feature gates elsewhere
        Bad(
            manifest("cluster:\n  proxy:\n    mode: ipvs\n"),
            {"kubernetes": "1.35"},
            flags=["ipvs"],
            fixed="cluster:\n  proxy:\n    mode: nftables\n",
            safe=False,
            severities=[Severity.WARNING],
            says=["Set the mode `nftables`: nftables (stable since 1.33)"],
        ),
        Bad(
            manifest("kube_proxy_mode: ipvs\n"),
            {"kubernetes": "1.35"},
            flags=["ipvs"],
            severities=[Severity.WARNING],
        ),
        Good(manifest("kube_proxy_mode: nftables\n"), {"kubernetes": "1.30"}),
        # what would need more than its name is no correction
        Bad(
            manifest(f"{_HEAD}mode: nft\n{_CIDR}"),
            {"kubernetes": "1.30"},
            flags=["nft"],
            says=["Set `mode: nftables`."],
        ),
        Bad(
            manifest(f"{_HEAD}mode: IPVS\n{_CIDR}"), {"kubernetes": "1.35"}, flags=["IPVS"], says=["Set `mode: ipvs`."]
        ),
        Bad(
            manifest(f"{_HEAD}mode: IPVS\n{_CIDR}"),
            {"kubernetes": "1.34"},
            flags=["IPVS"],
            fixed=f"{_HEAD}mode: ipvs\n{_CIDR}",
        ),
        Bad(
            manifest(f"{_HEAD}mode: nftables\nfeatureGates:\n  ContextualLogging: true\n{_CIDR}"),
            {"kubernetes": "1.30"},
            flags=["nftables"],
            fixed=f"{_HEAD}mode: nftables\nfeatureGates:\n  ContextualLogging: true\n  NFTablesProxyMode: true\n{_CIDR}",
            safe=False,
        ),
        Good(manifest(f"{_HEAD}mode: nftables\n{_CIDR}featureGates: {{AllAlpha: true}}\n"), {"kubernetes": "1.30"}),
        Good(
            manifest(f"{_HEAD}mode: nftables\n{_CIDR}featureGates: {{NFTablesProxyMode: false}}\n"),
            {"kubernetes": "1.33"},
            other=["kube-proxy-refused"],
        ),
        Good(manifest(f"{_HEAD}mode: userspace\nwinkernel: {{networkName: overlay0}}\n"), {"kubernetes": "1.25"}),
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
            f"`{mode}` is not a mode of kube-proxy, so kube-proxy does not start",
            help=f"Set {config.setting_of_mode(meant)}." if meant in accepted else f"Use one of {words}.",
            fix=fix,
        )

    def _userspace(self, config: KubeProxyConfig, mode: Text, release: Version) -> Iterator[Finding]:
        history = PROXY_MODES["userspace"]
        assert history.removed is not None
        assert history.deprecated is not None
        help_ = f"Set {config.setting_of_mode('iptables')}, the default on Linux, which every release has."
        if release >= history.removed:
            yield self.finding(
                mode.span,
                f"Kubernetes {history.removed} removed the `userspace` mode, so kube-proxy does not start",
                help=help_,
                fix=_replace(config, "iptables", safe=False),
            )
        elif release >= history.deprecated:
            yield self.finding(
                mode.span,
                f"Kubernetes {history.removed} removed the `userspace` mode, so kube-proxy does not start after that upgrade",
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
                f"the `nftables` mode exists in Kubernetes {history.gated} and later, so kube-proxy {release} does not start",
                help=f"Set {config.setting_of_mode(best_mode(release, kernel).mode)} until the cluster is upgraded.",
            )
            return
        gates = config.node.mapping("featureGates")
        gate = gates.scalar(NFTABLES_GATE) if gates else None
        if gate is None:
            every = gates.scalar("AllAlpha") if gates else None
            if config.partial or not needs_gate(mode, release) or (every is not None and every.boolean()):
                return
        elif gate.boolean() is not False:
            return
        # from here on the gate is stable, and turning it off is refused for that
        if release >= NFTABLES_STABLE:
            return
        edit = _turn_on(config, gates, gate)
        yield self.finding(
            mode.span,
            f"the `nftables` mode needs its feature gate `{NFTABLES_GATE}`, so kube-proxy {release} does not start",
            help=f"Set `{NFTABLES_GATE}: true` under `featureGates` (the default in {history.since} and later).",
            fix=Fix(f"Set `{NFTABLES_GATE}: true`", (edit,), safe=False) if edit else None,
            in_templates=gate is not None,
        )

    def _ipvs(self, config: KubeProxyConfig, mode: Text, release: Version, kernel: Version | None) -> Iterator[Finding]:
        history = PROXY_MODES["ipvs"]
        if not _is_old("ipvs", release):
            return
        best = best_mode(release, kernel)
        if best.mode == "nftables":
            help_ = (
                f"Set {config.setting_of_mode('nftables')}: {best.reason}. NodePorts then answer only on each node's "
                "primary address (unless `nodePortAddresses` lists others), and cluster IPs do not answer pings."
            )
        else:
            help_ = f"Upgrade the kernels of the nodes: {best.reason}."
        yield self.finding(
            mode.span,
            f"the `ipvs` mode is deprecated since Kubernetes {history.deprecated}, and is planned to be off by default in "
            f"{history.planned_off} and removed in {history.planned_removal}",
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
    return Fix(f"Set {config.setting_of_mode(mode)}", (edit,), safe=safe) if edit else None


def _turn_on(config: KubeProxyConfig, gates: Mapping | None, gate: Scalar | None) -> Edit | None:
    if gate is not None:
        return set_scalar(config.text, gate, "true")
    if gates is not None:
        return add_entry(config.text, gates, f"{NFTABLES_GATE}: true")
    if config.node.get("featureGates") is not None:
        return None
    return add_entry(config.text, config.node, "featureGates:", f"  {NFTABLES_GATE}: true", after="mode")
