"""KPL325."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Related, Rule, Severity, Span, Stop, files
from kpl.edits import set_scalar
from kpl.kubeproxy import network_family
from kpl.manifests import Scalar, Service
from kpl_rules.proxy._networks import Network, go_together, stated_for_services

_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  %s
  selector: {app: web}
  ports: [{port: 80}]
"""
_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  serviceSubnet: %s
"""


def _files(spec: str, networks: str = "10.96.0.0/12") -> dict[str, str]:
    return files(**{"service.yaml": _SERVICE % spec, "kubeadm.yaml": _KUBEADM % networks})


class IpFamilyNotConfigured(Rule):
    """A Service asks for an IP family that the Service network does not have, so the API server refuses the Service.

    ## Why
    The families of Services are those of the Service network: `serviceSubnet` of kubeadm, `service-cidr` of k3s. With one
    network, the API server refuses `ipFamilyPolicy: RequireDualStack` ("this cluster is not configured for dual-stack
    services") and the other family in `ipFamilies` ("not configured on this cluster"). A ServiceCIDR cannot add a family.

    The rule is silent about headless Services without a selector, which can have any family.

    ## Fix
    kpl replaces `RequireDualStack` with `PreferDualStack`, which takes the families that the cluster has. The fix is marked
    as unsafe because clients can depend on the missing family. There is no fix for `ipFamilies`.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dual-stack/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/registry/core/service/storage/alloc.go
    """

    code = "KPL325"
    name = "ip-family-not-configured"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Service KubeadmCluster|ClusterSettings"
    clue = "ipFamil"
    examples = [
        Bad(
            _files("ipFamilyPolicy: RequireDualStack"),
            flags=["RequireDualStack"],
            says=["the Service network has only IPv4 (`10.96.0.0/12`), so the API server refuses the Service `web`"],
            fixed=_SERVICE % "ipFamilyPolicy: PreferDualStack",
            safe=False,
        ),
        Good(_files("ipFamilyPolicy: PreferDualStack")),
        Good(_files("ipFamilyPolicy: RequireDualStack", "10.96.0.0/12,fd00:2::/112")),
        Bad(
            _files("ipFamilies: [IPv6]"),
            flags=["IPv6"],
            says=["does not have the IP family `IPv6`"],
        ),
        Bad(_files("ipFamilies: [IPv6, IPv4]", "fd00:2::/112"), flags=["IPv4"]),
        # one finding for both
        Bad(
            _files("ipFamilyPolicy: RequireDualStack\n  ipFamilies: [IPv4, IPv6]"),
            flags=["IPv6"],
        ),
        Good(_files("ipFamilies: [IPv4]")),
        Good(_files("ipFamilies: [IPv6]", "${NETWORK}")),
        # headless without a selector, and without an address at all
        Good({**_files(""), "service.yaml": (_SERVICE % "ipFamilies: [IPv6]\n  clusterIP: None").replace(
            "  selector: {app: web}\n", "")}),
        Bad(_files("ipFamilies: [IPv6]\n  clusterIP: None"), flags=["IPv6"]),
        Good(_files("ipFamilies: [IPv6]\n  type: ExternalName\n  externalName: web.example")),
        # kubespray has the other network by default
        Good({**_files("ipFamilies: [IPv6]"), "kubeadm.yaml": "kube_service_addresses: 10.233.0.0/18\n"}),
        # files for tests of something
        Good(
            files(
                **{
                    "dns/testdata/service.yaml": _SERVICE % "ipFamilies: [IPv6]",
                    "nodes/testdata/kubeadm.yaml": _KUBEADM % "10.96.0.0/12",
                }
            )
        ),
        # one of two clusters
        Good({**_files("ipFamilies: [IPv6]"), "more.yaml": "cluster-cidr: fd00:42::/56\nservice-cidr: fd00:43::/112\n"}),
    ]  # fmt: skip

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        spec = service.node.mapping("spec")
        if spec is None or service.type == "ExternalName" or (service.headless and spec.get("selector") is None):
            return
        document = cluster.document_of(service)
        networks = [each for each in stated_for_services(cluster) if go_together(each.document, document)]
        families = {network_family(each.network) for each in networks}
        # the installer has a default for the other family, or another object has it
        if len(families) != 1 or any(each.setting.endswith(("kubespray", "eksctl")) for each in networks):
            return
        own = f"IPv{families.pop()}"
        other = [
            each for each in spec.items("ipFamilies") if isinstance(each, Scalar) and each.value in _FAMILIES - {own}
        ]
        policy = spec.scalar("ipFamilyPolicy")
        if other:
            yield self._finding(
                other[0].span,
                f"the Service network, `{networks[0].network}`, does not have the IP family `{other[0].value}`, so the API "
                f"server refuses the Service `{service.name}`",
                f"Remove `{other[0].value}`, or add a Service network of this family to the cluster.",
                networks[0],
            )
        elif policy is not None and policy.value == "RequireDualStack":
            edit = set_scalar(service.text, policy, "PreferDualStack")
            yield self._finding(
                policy.span,
                f"the Service network has only {own} (`{networks[0].network}`), so the API server refuses the Service "
                f"`{service.name}`",
                "Replace `RequireDualStack` with `PreferDualStack`.",
                networks[0],
                Fix("Set `PreferDualStack`", (edit,), safe=False) if edit is not None else None,
            )

    def _finding(self, span: Span, message: str, advice: str, network: Network, fix: Fix | None = None) -> Finding:
        related = [Related(network.span, f"{network.setting} is here", network.document)]
        return self.finding(span, message, help=advice, related=related, fix=fix)


_FAMILIES = frozenset(("IPv4", "IPv6"))
