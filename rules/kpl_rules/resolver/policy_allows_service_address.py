"""KPL117."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Good, Rule, Severity, Stop, files
from kpl.manifests import KubeletConfig, NetworkPolicy, Service, is_cluster_dns_service
from kpl.poddns import dns_protocols, names_dns

_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dns
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock: {cidr: 10.96.0.10/32}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
"""
_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: kube-dns, namespace: kube-system}\n"
    "spec: {clusterIP: 10.7.0.2, ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}]}\n"
)
_KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.7.0.2]\n"
_OTHER = _POLICY.replace("10.96.0.10", "10.7.0.2")
_POD = "    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]\n"

_DEFAULTS = frozenset(("10.96.0.10", "10.43.0.10", "100.64.0.10", "10.233.0.3", "10.152.183.10"))
"""The DNS Service of kubeadm, k3s and RKE2, kops, kubespray and MicroK8s. Policies of Amazon EKS do see cluster IPs."""


class PolicyAllowsServiceAddress(Rule):
    """A NetworkPolicy allows DNS only to a cluster IP, which most network plugins do not see, so lookups time out.

    ## Why
    kube-proxy replaces the cluster IP with the address of a pod before most network plugins compare the packet with the policies.
    The packet then goes to the DNS pod, whose address is outside of the `ipBlock`, and is dropped. The Kubernetes documentation
    says that it is not defined whether policies see the address before or after the translation, so a policy with a cluster IP
    works with some plugins and not with others. Cilium applies no `ipBlock` to pods.

    The rule knows the address from the DNS Service or from `clusterDNS` of the kubelet in the files, and the defaults of kubeadm,
    k3s, RKE2, kops, kubespray and MicroK8s. It is silent if the policy allows another address or pods, and with NodeLocal
    DNSCache, which answers at the cluster IP without translation.

    ## Fix
    There is no automatic fix. Replace the `ipBlock` with selectors for the DNS pods in `kube-system`.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
    - https://docs.cilium.io/en/stable/security/policy/language/
    """

    code = "KPL117"
    name = "policy-allows-service-address"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "NetworkPolicy"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            {"p.yaml": _POLICY},
            flags=["10.96.0.10/32"],
            says=["`10.96.0.10` is the cluster IP of DNS", "Replace `ipBlock`"],
        ),
        Bad(files(**{"p.yaml": _OTHER, "service.yaml": _SERVICE}), flags=["10.7.0.2/32"]),
        Bad(files(**{"p.yaml": _OTHER, "kubelet.yaml": _KUBELET}), flags=["10.7.0.2/32"]),
        Good({"p.yaml": _OTHER}),
        Good(
            files(
                **{
                    "p.yaml": _OTHER.replace("10.7.0.2", "169.254.20.10"),
                    "kubelet.yaml": _KUBELET.replace("10.7.0.2", "169.254.20.10"),
                }
            )
        ),
        Good({"p.yaml": _POLICY.replace("/32", "/12")}),
        # pods, another address, another rule
        Good({"p.yaml": _POLICY.replace("      ports:", "        - namespaceSelector: {}\n      ports:")}),
        Good({"p.yaml": _POLICY.replace("      ports:", "        - ipBlock: {cidr: 169.254.20.10/32}\n      ports:")}),
        Good({"p.yaml": _POLICY + _POD}),
        Good({"p.yaml": _POLICY.replace("port: 53", "port: 443")}),
        Good({"p.yaml": _POLICY.replace("policyTypes: [Egress]\n  egress:\n    - to:", "ingress:\n    - from:")}),
        Good({"p.yaml": _POLICY}, {"node_local_dns": True}),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if cluster.node_local_dns:
            return
        known: frozenset[str] | None = None
        for document, policy in cluster.of(NetworkPolicy, clue="/32"):
            allowing = [each for each in policy.egress if dns_protocols(each, policy)]
            if (
                len(allowing) != 1
                or not names_dns(allowing[0])
                or len(allowing[0].peers or ()) != 1
                or document.templated
            ):
                continue
            cidr = (allowing[0].peers or [])[0].cidr
            if cidr is None or not cidr.endswith("/32"):
                continue
            if known is None:
                known = _DEFAULTS | {*_told(cluster)}
            address = cidr.removesuffix("/32")
            if address in known:
                yield self.finding(
                    cidr.span,
                    f"`{address}` is the cluster IP of DNS, which most network plugins replace before they apply `{policy.name}`, "
                    "so lookups time out",
                    help="Replace `ipBlock` with a `namespaceSelector` and a `podSelector` for the DNS pods.",
                    document=document,
                )


def _told(cluster: Cluster) -> Iterator[str]:
    """The addresses of cluster DNS in the files."""
    for _, service in cluster.of(Service, clue="dns"):
        if is_cluster_dns_service(f"{service.namespace}/{service.name}"):
            yield service.cluster_ip
    for _, kubelet in cluster.of(KubeletConfig):
        yield from (str(each) for each in kubelet.cluster_dns if not each.startswith("169.254."))
