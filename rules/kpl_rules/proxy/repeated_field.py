"""KPL308."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, manifest
from kpl.kubeproxy import KubeProxyConfig

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"


class RepeatedField(Rule):
    """A field occurs twice, so kube-proxy ignores the first value and uses the last one.

    ## Why
    The strict decoder refuses a repeated field. kube-proxy then logs a line and decodes the file again with a lenient
    decoder, which uses the last value. The first value has no effect.

    ## Fix
    There is no automatic fix, because only you know which of the two is meant.

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
        Bad(
            manifest(f"{_HEAD}mode: iptables\nconntrack:\n  min: 1\n  min: 2\n"),
            flags=["min"],
            says=["`conntrack.min` occurs again below"],
        ),
        # a part of a configuration, which another program completes
        Good(
            manifest(
                "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches:\n- |\n  kind: KubeProxyConfiguration\n"
                "  apiVersion: kubeproxy.config.k8s.io/v1alpha1\n  mode: iptables\n  mode: nftables\n"
            )
        ),
        Good(manifest(f"{_HEAD}mode: iptables\nmodus: x\n"), other=["unknown-or-removed-field"]),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        document = cluster.document_of(config)
        for dropped in cluster.dropped_fields(document):
            if "already set in map" in dropped.message:
                yield self.finding(
                    dropped.span,
                    f"`{dropped.path}` occurs again below and the last value applies, so this one has no effect",
                    help="Remove one of the two.",
                )
