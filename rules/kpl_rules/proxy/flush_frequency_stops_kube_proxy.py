"""KPL308."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, KubeProxyConfig, Rule, Severity, Stop, Version, duration_of, manifest

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"


class FlushFrequencyStopsKubeProxy(Rule):
    """kube-proxy ends with a panic when it starts, because `logging.flushFrequency` is negative.

    ## Why
    From 1.28 to 1.34 nothing checks the value, and the ticker that flushes the log panics: "non-positive interval for
    NewTicker". From 1.35 on kube-proxy refuses the configuration (KPL012). Tried on 1.28.15, 1.29.15, 1.30.4, 1.31.0, 1.32.2,
    1.33.13 and 1.34.4.

    ## Fix
    None; `5s` is the default.

    ## References
    - https://github.com/kubernetes/component-base/blob/v0.34.4/logs/logs.go
    """

    code = "KPL308"
    name = "flush-frequency-stops-kube-proxy"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            manifest(f"{_HEAD}mode: iptables\nlogging:\n  flushFrequency: -5s\n"),
            {"kubernetes": "1.33"},
            flags=["-5s"],
        ),
        Good(manifest(f"{_HEAD}mode: iptables\nlogging:\n  flushFrequency: 5s\n"), {"kubernetes": "1.33"}),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        release = cluster.kubernetes_version_for(config)
        written = config.node.text("logging", "flushFrequency")
        if written is None or not Version("1.28") <= release < Version("1.35"):
            return
        frequency = duration_of(written)
        if frequency is None:  # a plain number is nanoseconds
            frequency = int(written) if written.lstrip("-").isdecimal() else None
        if frequency is not None and frequency < 0:
            yield self.finding(
                written.span,
                "kube-proxy panics when it starts, because the log cannot be flushed at a negative interval",
                help="Write `5s`, or leave it out.",
            )
