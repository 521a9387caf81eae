"""KPL311."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, Version, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig
from kpl.manifests import Service

_MOST = 128
_CUT_SINCE = Version("1.37")
_CONFIG = "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"
_LONG = "a-service-with-a-name-that-is-as-long-as-kubernetes-lets-it-be1"
_SERVICE = f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {_LONG}\n  namespace: {_LONG}\nspec:\n  ports:\n    - port: 80\n"


class NftablesCommentTooLong(Rule):
    """The Service's name is too long for nftables, so kube-proxy programs nothing while it has no endpoints.

    ## Why
    A Service without endpoints gets a map element with `namespace/name:port` as its comment, and nftables accepts
    comments of up to 128 bytes. With a longer comment, the complete transaction fails ("comment too long") on every
    sync, so no change to any Service reaches the node. Tested with 1.33; in 1.37 and later, kube-proxy truncates the
    comment.

    ## Fix
    There is no automatic fix, because renaming a Service means creating another one.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/nftables/proxier.go (truncateNFTablesComment)
    - https://github.com/kubernetes-sigs/knftables (CommentLengthMax)
    """

    code = "KPL311"
    name = "nftables-comment-too-long"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("nothing-programmed",)
    needs = "KubeProxyConfig"
    examples = [
        Bad(manifest(f"{_SERVICE}      name: web\n{_CONFIG}"), {"kubernetes": "1.33"}, flags=[_LONG]),
        Good(manifest(f"{_SERVICE}      name: web\n{_CONFIG}"), {"kubernetes": "1.37"}),
        Good(manifest(f"{_SERVICE}{_CONFIG}"), {"kubernetes": "1.33"}),
        # 128 bytes are the most
        Bad(
            manifest(f"{_SERVICE}      name: w\n{_CONFIG}"),
            {"kubernetes": "1.36"},
            flags=[_LONG],
            says=["has 129 bytes, but the maximum is 128, so kube-proxy 1.36 programs nothing"],
        ),
        Good(
            manifest(f"{_SERVICE.replace(f'space: {_LONG}', f'space: {_LONG[:-1]}')}      name: w\n{_CONFIG}"),
            {"kubernetes": "1.36"},
        ),
        Good(manifest(f"{_SERVICE}      name: web\n{_CONFIG.replace('nftables', 'iptables')}"), {"kubernetes": "1.33"}),
        Good(manifest(f"{_SERVICE}      name: web\n{_CONFIG}")),
        # one of two configurations is enough
        Bad(
            manifest(f"{_SERVICE}      name: web\n{_CONFIG}{_CONFIG.replace('nftables', 'iptables')}"),
            {"kubernetes": "1.33"},
            flags=[_LONG],
        ),
    ]

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not cluster.kubernetes_version_known or cluster.kubernetes_version >= _CUT_SINCE:
            return
        if not any(config.mode == "nftables" for _, config in cluster.of(KubeProxyConfig)):
            return
        for port in service.ports:
            comment = f"{service.namespace}/{service.name}" + (f":{port.name}" if port.name else "")
            length = len(comment.encode(errors="replace"))
            if length > _MOST and not is_placeholder(comment):
                yield self.finding(
                    service.name.span,
                    f"the nftables comment of this Service has {length} bytes, but the maximum is {_MOST}, so kube-proxy "
                    f"{cluster.kubernetes_version} programs nothing while the Service has no endpoints",
                    help="Shorten the name of the Service or of its port. Or upgrade to Kubernetes 1.37 or later.",
                )
                return
