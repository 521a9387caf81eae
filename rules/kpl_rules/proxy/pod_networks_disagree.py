"""KPL317."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, files, manifest
from kpl.kubeproxy import network_family, networks_overlap
from kpl_rules.proxy._networks import Network, comparable, configured, of_plugins

_FLANNEL = """\
kind: ConfigMap
metadata: {name: kube-flannel-cfg}
data:
  net-conf.json: |
    {"Network": "%s", "Backend": {"Type": "vxlan"}}
"""
_KUBEADM = """\
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking: {podSubnet: %s}
"""
_CONFIG = """\
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: %s
"""
_POOL = """\
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: %s}
spec: {cidr: %s}
"""


class PodNetworksDisagree(Rule):
    """The network plug-in gives pods addresses outside of the pod network that the cluster is configured with.

    ## Why
    The controller manager cuts the pod networks of nodes out of the cluster's pod network. flannel routes only its own
    `Network`: for a node whose pod network is outside of it, flannel does not start or adds no route, so pods do not
    reach those of other nodes. Calico gives addresses from its own pools, but kube-proxy masquerades connections to
    Services from all addresses outside of `clusterCIDR`: pods behind a Service see the address of a node, and network
    policies do not recognize the client.

    The rule reports only networks without a common address. It is silent about pools of Calico if one pool of the same
    IP family is in the pod network, or if a file says that another program does the work of kube-proxy.

    ## Fix
    There is no automatic fix, because kpl does not know which of the networks is right. The networks of a running
    cluster cannot be changed by an edit only.

    ## References
    - https://github.com/flannel-io/flannel/blob/master/Documentation/configuration.md
    - https://github.com/flannel-io/flannel/issues/1428
    - https://docs.tigera.io/calico/latest/networking/ipam/initial-ippool
    """

    code = "KPL317"
    name = "pod-networks-disagree"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "CalicoSettings|FlannelSettings"
    examples = [
        Bad(
            manifest((_FLANNEL + _KUBEADM + _CONFIG) % ("10.244.0.0/16", "10.224.0.0/16", "10.224.0.0/16")),
            flags=['"10.244.0.0/16"'],
            says=["flannel gives pods addresses from `10.244.0.0/16`, but", "is `10.224.0.0/16`"],
        ),
        Good(manifest((_FLANNEL + _KUBEADM + _CONFIG) % ("10.224.0.0/16", "10.224.0.0/16", "10.224.0.0/16"))),
        Bad(manifest((_FLANNEL + _KUBEADM) % ("10.244.0.0/16", "10.245.0.0/16")), flags=['"10.244.0.0/16"']),
        # one in the other
        Good(manifest((_FLANNEL + _KUBEADM) % ("10.244.0.0/16", "10.244.0.0/20"))),
        Good(manifest((_FLANNEL + _CONFIG) % ("10.244.0.0/16", "10.0.0.0/8"))),
        # another IP family tells nothing
        Good(manifest((_FLANNEL + _KUBEADM) % ("10.244.0.0/16", '"fd00::/48"'))),
        Bad(
            manifest((_POOL + _CONFIG) % ("pods", "192.168.0.0/16", "10.244.0.0/16")),
            flags=["192.168.0.0/16"],
            says=["Calico gives pods addresses from", "so kube-proxy masquerades their connections to Services"],
        ),
        # one pool is in the network
        Good(
            manifest((_POOL + _POOL + _CONFIG) % ("pods", "192.168.0.0/16", "more", "10.244.0.0/17", "10.244.0.0/16"))
        ),
        Good(manifest((_POOL + _CONFIG) % ("pods", "192.168.0.0/16, disabled: true", "10.244.0.0/16"))),
        Good(manifest((_POOL + _CONFIG) % ("pods", '"{{ cidr }}"', "10.244.0.0/16"))),
        # two versions of one object, of which nobody knows which one is in use
        Good(manifest((_FLANNEL + "---\n" + _FLANNEL + _CONFIG) % ("10.245.0.0/16", "10.246.0.0/16", "10.244.0.0/16"))),
        Bad(
            files(
                **{
                    "a.yaml": (_FLANNEL + _KUBEADM) % ("10.245.0.0/16", "10.245.0.0/16"),
                    "b.yaml": (_FLANNEL + _KUBEADM) % ("10.246.0.0/16", "10.244.0.0/16"),
                }
            ),
            flags=['"10.246.0.0/16"'],
        ),
        # the network that fits is one of two versions
        Good(
            files(
                **{
                    "a.yaml": _KUBEADM % "10.245.0.0/16",
                    "b.yaml": _KUBEADM % "10.246.0.0/16",
                    "c.yaml": _CONFIG % "10.244.0.0/16",
                    "d.yaml": _FLANNEL % "10.245.0.0/16",
                }
            )
        ),
        # nobody masquerades
        Good(
            manifest(
                (_POOL + _KUBEADM) % ("pods", "192.168.0.0/16", "10.244.0.0/16")
                + "---\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {kube-proxy-replacement: 'true'}\n"
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        known = configured(cluster)
        for plugins, pods in comparable(of_plugins(cluster), known):
            yield from self._of_one_cluster(cluster, plugins, pods, known)

    def _of_one_cluster(
        self, cluster: Cluster, plugins: list[Network], pods: list[Network], known: list[Network]
    ) -> Iterator[Finding]:
        for program in ("flannel", "Calico"):
            if program == "Calico" and cluster.proxy_replaced is not None:
                continue
            for family in (4, 6):
                own = [each for each in plugins if each.program == program and network_family(each.network) == family]
                others = [each for each in pods if network_family(each.network) == family]
                if not own or not others or any(networks_overlap(a.network, b.network) for a in own for b in known):
                    continue
                result = "pods do not reach pods on other nodes"
                if program == "Calico":
                    result = "kube-proxy masquerades their connections to Services"
                yield self.finding(
                    own[0].span,
                    f"{program} gives pods addresses from `{own[0].network}`, but {others[0].setting} is "
                    f"`{others[0].network}`, so {result}",
                    help="Use the same network in both.",
                    related=[Related(each.span, f"{each.setting} is here", each.document) for each in others[:5]],
                    document=own[0].document,
                )
