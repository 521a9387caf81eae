"""KPL304."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig, duration_of, runs_on_windows

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"
_HOUR = 3600 * 10**9


class SyncPeriodStopsKubeProxy(Rule):
    """`minSyncPeriod` is longer than one hour, so kube-proxy panics when it starts.

    ## Why
    Validation only requires that `minSyncPeriod` is not longer than `syncPeriod`. In iptables and nftables mode,
    kube-proxy resyncs at least once per hour, whatever `syncPeriod` says, and panics if the minimum interval is longer
    than that: "maxInterval (1h0m0s) must be >= minInterval". Tested with 1.24, 1.29, 1.33, 1.34 and 1.37 (nftables:
    1.33 and 1.37).

    ## Fix
    There is no automatic fix. The default of `1s` is right for all but special cases.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/util/async/bounded_frequency_runner.go
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#optimizing-iptables-mode-performance
    """

    code = "KPL304"
    name = "sync-period-stops-kube-proxy"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("kube-proxy-does-not-start",)
    examples = [
        Bad(manifest(f"{_HEAD}mode: iptables\niptables:\n  syncPeriod: 3h\n  minSyncPeriod: 2h\n"), flags=["2h"]),
        Good(manifest(f"{_HEAD}mode: iptables\niptables:\n  syncPeriod: 3h\n  minSyncPeriod: 1h\n")),
        # this section is that of another mode
        Good(
            manifest(f"{_HEAD}mode: iptables\nnftables:\n  syncPeriod: 3h\n  minSyncPeriod: 2h\n"),
            other=["section-of-another-mode"],
        ),
        Bad(
            manifest(f"{_HEAD}mode: nftables\nnftables:\n  syncPeriod: 3h\n  minSyncPeriod: 1h1ns\n"),
            flags=["1h1ns"],
            says=["`nftables.minSyncPeriod` is longer than one hour"],
        ),
        # nothing written means iptables
        Bad(manifest(f"{_HEAD}iptables:\n  syncPeriod: 3h\n  minSyncPeriod: 61m\n"), flags=["61m"]),
        Good(
            manifest(f"{_HEAD}mode: ipvs\nipvs:\n  syncPeriod: 3h\n  minSyncPeriod: 2h\n"),
            other=["proxy-mode-removed-or-deprecated"],
        ),
        Good(manifest(f"{_HEAD}mode: iptables\niptables:\n  syncPeriod: 3h\n  minSyncPeriod: ${{PERIOD}}\n")),
        Good(
            manifest(f"{_HEAD}mode: iptables\niptables:\n  syncPeriod: 3h\nwinkernel:\n  networkName: overlay0\n"),
            other=["section-of-another-mode"],
        ),
    ]

    def check(self, config: KubeProxyConfig) -> Iterator[Finding]:
        """See the class."""
        mode = config.mode or ("" if config.partial else "iptables")
        if mode not in ("iptables", "nftables") or runs_on_windows(config):
            return
        written = config.node.text(mode, "minSyncPeriod")
        if written is None or is_placeholder(written):
            return
        period = duration_of(written)
        if period is not None and period > _HOUR:
            yield self.finding(
                written.span,
                f"`{mode}.minSyncPeriod` is longer than one hour, so kube-proxy panics when it starts",
                help="Set at most `1h` (the default is `1s`).",
            )
