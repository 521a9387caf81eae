"""KPL308."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, KubeProxyConfig, Rule, Severity, Stop, manifest

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"


class RepeatedField(Rule):
    """A field stands twice, and kube-proxy takes the last one.

    ## Why
    The strict decoder refuses a repeated field; kube-proxy then logs a line and decodes again with a lenient decoder, for which
    the last one counts. What the first one says has no effect.

    ## Fix
    None: which of the two was meant is the author's to say.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go
    - https://yaml.org/spec/1.2.2/#3213-node-comparison
    """

    code = "KPL308"
    name = "repeated-field"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(manifest(f"{_HEAD}mode: iptables\nmode: nftables\n"), flags=["mode"]),
        Good(manifest(f"{_HEAD}mode: iptables\nconntrack:\n  min: 1\n")),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        document = cluster.document_of(config)
        for dropped in cluster.dropped_fields(document):
            if "already set in map" in dropped.message:
                yield self.finding(
                    dropped.span,
                    f"this `{dropped.path}` has no effect: the field stands once more further down, and the last one counts",
                    help="Keep one of them.",
                )
