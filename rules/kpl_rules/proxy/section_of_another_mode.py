"""KPL305."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig, is_zero, runs_on_windows
from kpl.manifests import Mapping, Scalar

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"
_READ = {
    "iptables": ("iptables",),
    # both write their own masquerade rules with the bit of the iptables section
    "ipvs": ("ipvs", "iptables"),
    "nftables": ("nftables",),
    "kernelspace": ("winkernel",),
}
_DEFAULTS = {
    "masqueradeBit": ("14",),
    "syncPeriod": ("30s",),
    "minSyncPeriod": ("1s", "0s"),
    "localhostNodePorts": ("true",),
    "scheduler": ("rr",),
}


class SectionOfAnotherMode(Rule):
    """The setting is in the section of a mode that is not in use, so it has no effect.

    ## Why
    kube-proxy reads `iptables` in iptables and ipvs mode, `ipvs` in ipvs mode, `nftables` in nftables mode and
    `winkernel` on Windows. `masqueradeAll: true` under `iptables` does nothing in nftables mode, which has its own
    setting. The rule is silent about default values, because a configuration that kube-proxy wrote has them all.

    ## Fix
    There is no automatic fix, because the section may be kept for a change of mode.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/server_linux.go
    """

    code = "KPL305"
    name = "section-of-another-mode"
    stop = Stop.PROXY
    severity = Severity.INFO
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(manifest(f"{_HEAD}mode: nftables\niptables:\n  masqueradeAll: true\n"), flags=["masqueradeAll"]),
        Bad(manifest(f"{_HEAD}mode: iptables\nipvs:\n  strictARP: true\n  scheduler: ''\n"), flags=["strictARP"]),
        Good(
            manifest(f"{_HEAD}mode: iptables\nnftables:\n  masqueradeBit: 14\n  minSyncPeriod: 1s\n  syncPeriod: 30s\n")
        ),
        Good(manifest(f"{_HEAD}mode: iptables\niptables:\n  masqueradeAll: true\n")),
        Good(manifest(f'{_HEAD}mode: "{{{{ .Values.mode }}}}"\nipvs:\n  strictARP: true\n')),
        Bad(
            manifest(f"{_HEAD}iptables:\n  masqueradeBit: 14\nipvs:\n  strictARP: true\n"),
            flags=["strictARP"],
            says=["does not read `ipvs.strictARP` in iptables mode"],
        ),
        Good(
            manifest(f"{_HEAD}mode: iptables\nipvs: &same\n  strictARP: false\nnftables: *same\n"),
            other=["unknown-or-removed-field"],
        ),
        Good(manifest(f"{_HEAD}mode: iptables\nipvs:\n  scheduler: '${{SCHEDULER}}'\n")),
        Good(manifest(f"{_HEAD}mode: ebpf\nipvs:\n  strictARP: true\n"), other=["proxy-mode-removed-or-deprecated"]),
    ]

    def check(self, config: KubeProxyConfig) -> Iterator[Finding]:
        """See the class."""
        if config.partial and config.mode is None:
            return
        mode = config.mode or ("kernelspace" if runs_on_windows(config) else "iptables")
        if is_placeholder(mode) or mode not in _READ:
            return
        for section in ("iptables", "ipvs", "nftables", "winkernel"):
            node = config.node.get(section)
            if section in _READ[mode] or not isinstance(node, Mapping) or node.shared:
                continue
            for key, value in node.pairs:
                if not isinstance(key, Scalar) or is_zero(value):
                    continue
                if isinstance(value, Scalar) and (
                    value.value in _DEFAULTS.get(key.value, ()) or is_placeholder(value.value)
                ):
                    continue
                yield self.finding(
                    key.span,
                    f"kube-proxy does not read `{section}.{key.value}` in {mode} mode, so the setting has no effect",
                    help="Remove it. Or move it to the section of the mode in use, if that section has the field.",
                )
