"""KPL309."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Span, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\nmode: iptables\n"


class HealthzAndMetricsOnOneAddress(Rule):
    """The health check and the metrics of kube-proxy use one address, so one of them cannot be reached.

    ## Why
    kube-proxy does not compare the two addresses. The second listener fails, and kube-proxy runs without it and retries
    every few seconds; with `bindAddressHardFail` it exits. Without `/healthz`, load balancers for
    `externalTrafficPolicy: Cluster` remove the node.

    ## Fix
    There is no automatic fix, because only you know which port is free. The defaults are 10256 for the health check and
    10249 for the metrics.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL309"
    name = "healthz-and-metrics-on-one-address"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    in_templates = True
    examples = [
        Bad(
            manifest(f"{_HEAD}healthzBindAddress: 0.0.0.0:10256\nmetricsBindAddress: 0.0.0.0:10256\n"),
            flags=["0.0.0.0:10256"],
        ),
        Good(manifest(f"{_HEAD}healthzBindAddress: 0.0.0.0:10256\nmetricsBindAddress: 0.0.0.0:10249\n")),
        Bad(
            manifest("kube-proxy-arg:\n- healthz-bind-address=0.0.0.0:10256\n- metrics-bind-address=0.0.0.0:10256\n"),
            flags=["0.0.0.0:10256"],
        ),
        Good(manifest(f"{_HEAD}healthzBindAddress: ''\nmetricsBindAddress: ''\n")),
        Good(manifest(f"{_HEAD}healthzBindAddress: 127.0.0.1:10256\nmetricsBindAddress: 10.0.0.1:10256\n")),
        Good(manifest(f"{_HEAD}healthzBindAddress: '${{ADDRESS}}'\nmetricsBindAddress: '${{ADDRESS}}'\n")),
    ]

    def check(self, config: KubeProxyConfig) -> Iterator[Finding]:
        """See the class."""
        health, metrics = config.node.text("healthzBindAddress"), config.node.text("metricsBindAddress")
        if health and health == metrics and not is_placeholder(health):
            yield self.finding(
                Span(*metrics.span),
                f"the health check and the metrics both use `{health}`, so one of them cannot listen",
                help="Set another port for one of them (defaults: 10256 for the health check, 10249 for the metrics).",
                related=[Related(health.span, "the health check listens here")],
            )
