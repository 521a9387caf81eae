"""KPL324."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, Version, files
from kpl.kubeproxy import KubeProxyConfig, canonical_address
from kpl.manifests import NodeObject, Scalar, Service
from kpl_rules.proxy._addresses import of_nodes

_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: ingress, namespace: web}
spec:
  externalIPs: [%s]
  ports: [{port: 443}]
"""
_PROXY = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: %s
clusterCIDR: 10.244.0.0/16
"""
_NODE = """\
apiVersion: v1
kind: Node
metadata: {name: %s}
status: {addresses: [{type: InternalIP, address: %s}]}
---
"""
_NODES = _NODE % ("node-1", "192.0.2.7") + _NODE % ("node-2", "192.0.2.8")
_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controlPlaneEndpoint: 192.0.2.9:6443
networking: {podSubnet: 10.244.0.0/16}
"""
_OLD = {"kubernetes": Version("1.31")}
"""No mode is deprecated."""


def _files(address: str, mode: str = "ipvs", nodes: str = _NODES, service: str = _SERVICE) -> dict[str, str]:
    return files(**{"service.yaml": service % address, "kube-proxy.yaml": _PROXY % mode, "nodes.yaml": nodes})


class ExternalIpOfANodeInIpvsMode(Rule):
    """An external IP is the address of a node, so in ipvs mode the other nodes lose their connection to that node.

    ## Why
    In ipvs mode, kube-proxy adds the external IPs of all Services to the interface `kube-ipvs0` of every node that does
    not have the address already. The address is then local: the other nodes send nothing to the node that really has it,
    not even ping. The kubelets of these nodes lose the API server if it has the address, and the nodes become NotReady. In
    iptables mode and nftables mode, only packets to the ports of the Service are translated.

    The rule takes the addresses of nodes from Node objects, and from the configurations of kubeadm, Talos and k3s. It is
    silent if there is only one node.

    ## Fix
    There is no automatic fix. Use an address that no node has, or another mode of kube-proxy. A NodePort needs no external
    IP.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/127410
    - https://github.com/kubernetes/kubernetes/issues/104679
    - https://github.com/kubernetes/kubernetes/issues/66966
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/ipvs/proxier.go
    """

    code = "KPL324"
    name = "external-ip-of-a-node-in-ipvs-mode"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Service KubeProxyConfig"
    clue = "externalIPs"
    examples = [
        Bad(
            _files("192.0.2.7"),
            facts=_OLD,
            flags=["192.0.2.7"],
            says=[
                "in ipvs mode, every node adds the external IP `192.0.2.7` to `kube-ipvs0`",
                "the other nodes do not reach the node `node-1`",
            ],
        ),
        Good(_files("192.0.2.70"), facts=_OLD),
        Good(_files("192.0.2.7", "iptables"), facts=_OLD),
        Good(_files("192.0.2.7", '"${MODE}"'), facts=_OLD),
        Bad(_files("192.0.2.99, 192.0.2.8, 192.0.2.7"), facts=_OLD, flags=["192.0.2.8", "192.0.2.7"]),
        # one node: it has the address already
        Good(_files("192.0.2.7", nodes=_NODE % ("node-1", "192.0.2.7")), facts=_OLD),
        Good(_files("192.0.2.7"), facts={**_OLD, "nodes": 1}),
        # the API server
        Bad(
            _files("192.0.2.9", nodes=_KUBEADM),
            facts=_OLD,
            flags=["192.0.2.9"],
            says=["do not reach the API server"],
        ),
        # kube-proxy leaves the Service to somebody else
        Good(
            _files(
                "192.0.2.7",
                service=_SERVICE.replace(
                    "namespace: web", "namespace: web, labels: {service.kubernetes.io/service-proxy-name: other}"
                ),
            ),
            facts=_OLD,
        ),
        Good(_files("192.0.2.7", nodes=_NODES + _PROXY % "iptables"), facts=_OLD),
        Good(
            _files(
                "192.0.2.7",
                nodes=f"{_NODES}kind: ConfigMap\nmetadata: {{name: cilium-config}}\n"
                "data: {kube-proxy-replacement: 'true'}\n",
            ),
            facts=_OLD,
        ),
    ]

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        configs = [(document, config) for document, config in cluster.of(KubeProxyConfig) if not config.elsewhere]
        if len(configs) != 1 or configs[0][1].mode != "ipvs" or cluster.proxy_replaced is not None:
            return
        if service.proxy_name is not None or cluster.facts.nodes == 1 or sum(1 for _ in cluster.of(NodeObject)) == 1:
            return
        hosts = {each.address: each for each in of_nodes(cluster)}
        for written in service.node.items("spec", "externalIPs"):
            if not isinstance(written, Scalar):
                continue
            host = hosts.get(canonical_address(written.value) or "")
            if host is not None:
                yield self.finding(
                    written.span,
                    f"in ipvs mode, every node adds the external IP `{host.address}` to `kube-ipvs0`, so the other nodes do "
                    f"not reach {host.owner}, which has the address",
                    help="Use an address that no node has.",
                    related=[
                        Related(host.span, f"the address of {host.owner}", host.document),
                        Related(configs[0][1].mode.span, "the mode of kube-proxy", configs[0][0]),
                    ],
                )
