"""KPL306."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, KubeProxyConfig, Rule, Severity, Stop, duration_of, is_placeholder, manifest

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"
_SECOND = 10**9
_TIMEOUTS = ("tcpEstablishedTimeout", "tcpCloseWaitTimeout", "udpTimeout", "udpStreamTimeout")


class ConntrackTimeoutBelowASecond(Rule):
    """The kernel's connection tracking gets a timeout of 0, because kube-proxy cuts the value to whole seconds.

    ## Why
    kube-proxy writes the timeouts into sysctls that count seconds; what is below one second becomes 0, and connections are
    forgotten at once. Seen in 1.37: `tcpEstablishedTimeout: 500ms` sets `nf_conntrack_tcp_timeout_established` to 0. A value of
    `0s` in the configuration means something else: leave the kernel's value.

    ## Fix
    None.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/#kubeproxy-config-k8s-io-v1alpha1-KubeProxyConntrackConfiguration
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/conntrack.go
    """

    code = "KPL306"
    name = "conntrack-timeout-below-a-second"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(manifest(f"{_HEAD}mode: iptables\nconntrack:\n  tcpEstablishedTimeout: 500ms\n"), flags=["500ms"]),
        Good(manifest(f"{_HEAD}mode: iptables\nconntrack:\n  tcpEstablishedTimeout: 0s\n  tcpCloseWaitTimeout: 1h\n")),
    ]

    def check(self, config: KubeProxyConfig) -> Iterator[Finding]:
        """See the class."""
        for name in _TIMEOUTS:
            written = config.node.text("conntrack", name)
            if written is None or is_placeholder(written):
                continue
            timeout = duration_of(written)
            if timeout is not None and 0 < timeout < _SECOND:
                yield self.finding(
                    written.span,
                    f"the kernel gets 0 for `conntrack.{name}`, because kube-proxy cuts it to whole seconds",
                    help="Write whole seconds, or `0s` to leave the kernel's value.",
                )
