"""KPL316."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, files, manifest
from kpl.kubeproxy import networks_overlap
from kpl_rules.proxy._networks import Network, comparable, configured, of_plugins, of_services

_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: %s
  serviceSubnet: %s
"""
_CONFIG = """\
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: %s
"""
_SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: %s, ports: [{port: 80}]}
"""
_POOL = """\
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: pods}
spec: {cidr: %s}
"""
_FLANNEL = """\
---
kind: ConfigMap
metadata: {name: kube-flannel-cfg}
data:
  net-conf.json: |
    {"Network": "%s", "Backend": {"Type": "vxlan"}}
"""
_CILIUM = """\
---
kind: ConfigMap
metadata: {name: cilium-config}
data: {ipam: %s, cluster-pool-ipv4-cidr: 10.0.0.0/8}
"""


class PodsAndServicesOverlap(Rule):
    """A pod network overlaps the Service network, so Service traffic is masqueraded or reaches a wrong target.

    ## Why
    The networks of pods and Services must not overlap. kube-proxy masquerades connections to a Service that come from
    outside of `clusterCIDR`. If `clusterCIDR` is the Service network, this concerns the connections of all pods: the
    pods behind a Service see the address of a node, and network policies do not recognize the client. If pods get
    addresses from the Service network, a pod can have the address of a Service, and its clients reach the Service.

    ## Fix
    There is no automatic fix, because kpl does not know which network is meant. `clusterCIDR` is the network of the pods:
    `podSubnet` of kubeadm, `--cluster-cidr` of the controller manager.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ (clusterCIDR)
    - https://kubernetes.io/docs/concepts/cluster-administration/networking/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/iptables/proxier.go (masquerade unless local)
    """

    code = "KPL316"
    name = "pods-and-services-overlap"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeProxyConfig|KubeadmCluster|ClusterSettings|CalicoSettings|CiliumSettings|FlannelSettings"
    clue = r"/\d"
    examples = [
        Bad(
            manifest((_KUBEADM + _CONFIG) % ("10.244.0.0/16", "10.96.0.0/12", "10.96.0.0/12")),
            flags=["10.96.0.0/12"],
            says=["`clusterCIDR` of kube-proxy", "`10.96.0.0/12` is the Service network", "masquerade"],
        ),
        Good(manifest((_KUBEADM + _CONFIG) % ("10.244.0.0/16", "10.96.0.0/12", "10.244.0.0/16"))),
        # they overlap in part
        Bad(
            manifest(_KUBEADM % ("10.0.0.0/8", "10.96.0.0/12")),
            flags=["10.0.0.0/8"],
            says=["overlaps the Service network `10.96.0.0/12`", "a pod can get the address of a Service"],
        ),
        Bad(manifest(_KUBEADM % ("10.96.0.0/16", "10.96.0.0/12")), flags=["10.96.0.0/16"]),
        # the networks beside each other
        Good(manifest(_KUBEADM % ("10.112.0.0/12", "10.96.0.0/12"))),
        # IPv6, and each family alone
        Bad(
            manifest(_KUBEADM % ("10.244.0.0/16,fd00:1::/48", "10.96.0.0/12,fd00:1::/112")),
            flags=["10.244.0.0/16,fd00:1::/48"],
        ),
        Good(manifest(_KUBEADM % ("10.244.0.0/16,fd00:2::/48", "10.96.0.0/12,fd00:1::/112"))),
        # a Service tells the network that it is in
        Bad(
            manifest((_CONFIG + _SERVICE) % ("10.96.0.0/12", "10.96.40.7")),
            flags=["10.96.0.0/12"],
            says=["has the address of the Service `web` in it"],
        ),
        Good(manifest((_CONFIG + _SERVICE) % ("10.244.0.0/16", "10.96.40.7"))),
        Good(manifest((_CONFIG + _SERVICE) % ("10.244.0.0/16", "None"))),
        Bad(
            manifest((_KUBEADM + _POOL) % ("10.244.0.0/16", "10.96.0.0/12", "10.100.0.0/16")),
            flags=["10.100.0.0/16"],
            other=["pod-networks-disagree"],
            says=["a pool of Calico"],
        ),
        Bad(
            manifest((_KUBEADM + _FLANNEL) % ("10.96.0.0/16", "10.96.0.0/16", "10.96.0.0/16")),
            flags=["10.96.0.0/16", '"10.96.0.0/16"'],
        ),
        # the default of Cilium's chart
        Bad(
            manifest((_KUBEADM + _CILIUM) % ("192.168.0.0/16", "10.96.0.0/12", "cluster-pool")),
            flags=["10.0.0.0/8"],
            says=["a pool of Cilium, `10.0.0.0/8`, overlaps the Service network"],
        ),
        Good(manifest((_KUBEADM + _CILIUM) % ("192.168.0.0/16", "10.96.0.0/12", "kubernetes"))),
        Good(manifest((_KUBEADM + _CONFIG) % ("10.244.0.0/16", "10.96.0.0/12", '"{{ cidr }}"'))),
        # two versions of one object, of which nobody knows which one is in use
        Good(
            manifest(
                (_KUBEADM + _FLANNEL + _FLANNEL) % ("10.244.0.0/16", "10.96.0.0/16", "10.96.0.0/16", "10.244.0.0/16")
            )
        ),
        Good(manifest((_SERVICE + _SERVICE + _CONFIG) % ("10.96.0.7", "10.32.0.7", "10.96.0.0/16"))),
        # but one of them and a Service are in one file
        Bad(
            files(
                **{
                    "a.yaml": _KUBEADM % ("10.244.0.0/16", "10.96.0.0/12"),
                    "b.yaml": _KUBEADM % ("10.32.0.0/16", "10.32.0.0/12"),
                }
            ),
            flags=["10.32.0.0/16"],
        ),
        Good(
            files(
                **{
                    "a.yaml": _KUBEADM % ("10.244.0.0/16", "10.32.0.0/12"),
                    "b.yaml": _KUBEADM % ("10.32.0.0/16", "10.96.0.0/12"),
                }
            )
        ),
        # the same one twice
        Bad(
            manifest((_SERVICE + _FLANNEL + _FLANNEL) % ("10.96.0.7", "10.96.0.0/16", "10.96.0.0/16")),
            flags=['"10.96.0.0/16"', '"10.96.0.0/16"'],
        ),
        # it does not count there
        Good(
            manifest(
                (_KUBEADM + _CONFIG) % ("10.244.0.0/16", "10.96.0.0/12", "10.96.0.0/12\ndetectLocalMode: NodeCIDR")
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        told = set()
        for networks, services in comparable([*configured(cluster), *of_plugins(cluster)], of_services(cluster)):
            for pods in networks:
                place = pods.document, pods.span
                found = next((each for each in services if networks_overlap(pods.network, each.network)), None)
                if found is not None and place not in told:
                    told.add(place)
                    yield self._finding(pods, found)

    def _finding(self, pods: Network, services: Network) -> Finding:
        network = services.network
        if services.setting.startswith("the Service `"):
            what = f"{pods.setting}, `{pods.network}`, has the address of {services.setting} in it"
        elif pods.network == network:
            what = f"`{network}` is the Service network, but it is also {pods.setting}"
        else:
            what = f"{pods.setting}, `{pods.network}`, overlaps the Service network `{network}`"
        is_kube_proxy = pods.setting.endswith("of kube-proxy")
        result = "kube-proxy does not masquerade the right connections to Services"
        if not is_kube_proxy:
            result = "a pod can get the address of a Service"
        return self.finding(
            pods.span,
            f"{what}, so {result}",
            help="Set `clusterCIDR` to the network of the pods."
            if is_kube_proxy
            else "Use networks that do not overlap.",
            related=[Related(services.span, f"{services.setting} is here", services.document)],
            document=pods.document,
        )
