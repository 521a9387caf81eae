"""KPL306."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig, duration_of

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"
_SECOND = 10**9
_TIMEOUTS = ("tcpEstablishedTimeout", "tcpCloseWaitTimeout", "udpTimeout", "udpStreamTimeout")


class ConntrackTimeoutBelowASecond(Rule):
    """kube-proxy rounds the timeout down to 0 seconds, so the kernel forgets these connections immediately.

    ## Why
    kube-proxy writes the timeouts into sysctls that count seconds. A value below one second becomes 0, so the kernel
    forgets connections immediately. Tested with 1.37: `tcpEstablishedTimeout: 500ms` sets
    `nf_conntrack_tcp_timeout_established` to 0. The value `0s` in the configuration means something else: it keeps the
    kernel's value.

    ## Fix
    There is no automatic fix.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/#kubeproxy-config-k8s-io-v1alpha1-KubeProxyConntrackConfiguration
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/conntrack.go
    """

    code = "KPL306"
    name = "conntrack-timeout-below-a-second"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    in_templates = True
    examples = [
        Bad(manifest(f"{_HEAD}mode: iptables\nconntrack:\n  tcpEstablishedTimeout: 500ms\n"), flags=["500ms"]),
        Good(manifest(f"{_HEAD}mode: iptables\nconntrack:\n  tcpEstablishedTimeout: 0s\n  tcpCloseWaitTimeout: 1h\n")),
        Bad(
            manifest(
                f"{_HEAD}mode: iptables\nconntrack:\n  tcpCloseWaitTimeout: 999ms\n  udpTimeout: 1ns\n  udpStreamTimeout: 0.5s\n"
            ),
            flags=["999ms", "1ns", "0.5s"],
        ),
        Good(
            manifest(
                f"{_HEAD}mode: iptables\nconntrack:\n  udpTimeout: 1s\n  udpStreamTimeout: '{{{{ .Values.x }}}}'\n"
            )
        ),
        Good(manifest(f"{_HEAD}mode: iptables\nconntrack:\n  udpTimeout: 1s\n  udpStreamTimeout: 5s\n")),
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
                    f"`conntrack.{name}` is below one second, so kube-proxy sets the kernel's timeout to 0",
                    help="Set a whole number of seconds. Or set `0s` to keep the kernel's value.",
                )
