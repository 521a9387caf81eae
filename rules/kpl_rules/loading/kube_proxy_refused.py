"""KPL012."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, manifest
from kpl.kubeproxy import KubeProxyConfig
from kpl.manifests import template_placeholder

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"


class KubeProxyRefused(Rule):
    """kube-proxy refuses this configuration and does not start.

    ## Why
    kube-proxy decodes its configuration, sets the feature gates and the logging, and validates the rest; it exits at
    the first error. The DaemonSet then crash-loops on every node where its pod restarts, and Services no longer follow
    their endpoints there. kpl performs the same steps and reports kube-proxy's own message for the release in use: the
    one given with `--kubernetes-version`, the one in the settings of kubeadm or another installer in the same file, the
    one of the image in the manifests, or else the newest that kpl knows.

    ## Fix
    There is no automatic fix.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/apis/config/validation/validation.go
    """

    code = "KPL012"
    name = "kube-proxy-refused"
    stop = Stop.LOADING
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("kube-proxy-does-not-start",)
    examples = [
        Bad(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0\n"),
            flags=["10.244.0.0"],
            says=["refuses this configuration and does not start: `"],
        ),
        Bad(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\nconntrack:\n  min: many\n"), flags=["many"]),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\n")),
        # a template is not what kube-proxy reads
        Good(manifest(f"{_HEAD}clusterCIDR: '{{{{ .Values.podCIDR }}}}'\n")),
        # nobody knows what kube-proxy is told besides
        Good(manifest("kube_proxy_conntrack_min: many\n")),
        # the rule about modes tells that
        Good(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\n".replace("mode: iptables", "mode: ebpf")),
            other=["proxy-mode-removed-or-deprecated"],
        ),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        document = cluster.document_of(config)
        verdict = cluster.proxy_verdict(document)
        if verdict.answer != "refuses" or template_placeholder(cluster.program_text_of(document)[0]) is not None:
            return
        # what a mode or a field that is gone does to kube-proxy is told by the rule about it
        if re.search(r"KubeProxyConfiguration\.(?:Proxy)?Mode\b|\bmode: Invalid value", verdict.message or ""):
            return
        # of a value of a wrong type it is not known what kube-proxy before 1.23 says
        says = f": `{verdict.message}`" if verdict.message is not None else ""
        yield self.finding(
            verdict.span or config.title_span,
            f"kube-proxy {cluster.kubernetes_version_for(config)} refuses this configuration and does not start{says}",
            help="",
        )
