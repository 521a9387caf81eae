"""KPL321."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Related, Rule, Severity, Stop, files, manifest
from kpl.kubeproxy import is_within
from kpl_rules.proxy._addresses import Address, of_load_balancers, of_nodes
from kpl_rules.proxy._networks import Network, configured, go_together, in_one_version, of_plugins, stated_for_services

_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: %s
  serviceSubnet: %s
"""
_NODE = """\
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
status:
  addresses:
  - {type: InternalIP, address: %s}
  - {type: Hostname, address: 10.244.0.1}
"""
_INIT = """\
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: %s}
"""
_POOL = """\
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: pods}
spec: {cidr: 192.168.0.0/16}
"""
_METALLB = """\
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan}
spec: {addresses: [%s]}
"""
_NETWORKS = "10.244.0.0/16", "10.96.0.0/12"


class HostAddressInClusterNetwork(Rule):
    """The address of a node or load balancer is in a network of pods or Services, so one of the two is not reached.

    ## Why
    Nodes, pods and Services need networks that do not overlap. If a node has an address in the pod network, the network
    plug-in routes that address to pods: packets for the node go to another one, or a pod gets the node's address. In the
    Service network, the API server can give the address to a Service; all nodes then send packets for the node to the
    pods of that Service. kube-proxy also takes connections from addresses in the pod network for those of pods, and does
    not masquerade them. Calico's manifest has the pool `192.168.0.0/16`, which contains most home and office networks.

    The rule takes addresses from Node objects, from the configurations of kubeadm, Talos and k3s, and from the pools of
    MetalLB.

    ## Fix
    There is no automatic fix: the network of a running cluster cannot be changed by an edit only. Choose another private
    network before the cluster is set up, for example `10.244.0.0/16`.

    ## References
    - https://kubernetes.io/docs/concepts/cluster-administration/networking/#kubernetes-ip-address-ranges
    - https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/create-cluster-kubeadm/#pod-network
    - https://docs.tigera.io/calico/latest/networking/ipam/initial-ippool
    """

    code = "KPL321"
    name = "host-address-in-cluster-network"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "KubeProxyConfig|KubeadmCluster|ClusterSettings|CalicoSettings|CiliumSettings|FlannelSettings"
    clue = r"/\d"
    examples = [
        Bad(
            files(**{"cluster.yaml": _KUBEADM % _NETWORKS, "node.yaml": _NODE % "10.244.7.9"}),
            flags=["10.244.0.0/16"],
            says=[
                "`podSubnet` of kubeadm, `10.244.0.0/16`, contains `10.244.7.9`, the address of the node `node-1`",
                "a pod can get the address",
            ],
        ),
        Good(files(**{"cluster.yaml": _KUBEADM % _NETWORKS, "node.yaml": _NODE % "10.245.0.1"})),
        Bad(
            manifest(_KUBEADM % _NETWORKS + _INIT % "10.100.0.7"),
            flags=["10.96.0.0/12"],
            says=["`serviceSubnet` of kubeadm", "the address of a node", "a Service can get the address"],
        ),
        Good(manifest(_KUBEADM % _NETWORKS + _INIT % "10.112.0.7")),
        Good(manifest(_KUBEADM % _NETWORKS + _INIT % "0.0.0.0")),
        Good(manifest(_KUBEADM % _NETWORKS + _INIT % "${ADDRESS}")),
        # the pool of Calico's manifest, and the network of a home
        Bad(
            manifest(
                _KUBEADM.replace("networking", "controlPlaneEndpoint: 192.168.1.10:6443\nnetworking")
                % ("192.168.0.0/16", "10.96.0.0/12")
                + _POOL
            ),
            flags=["192.168.0.0/16", "192.168.0.0/16"],
            says=["`192.168.1.10`, the address of the API server"],
        ),
        Good(
            manifest(
                _KUBEADM.replace("networking", "controlPlaneEndpoint: api.example:6443\nnetworking")
                % ("192.168.0.0/16", "10.96.0.0/12")
            )
        ),
        # in a URL, and with a prefix length
        Bad(
            manifest(
                "machine: {network: {interfaces: [{interface: eth0, addresses: [10.244.1.5/24]}]}}\n"
                "cluster:\n  controlPlane: {endpoint: 'https://[fd00:1::7]:6443'}\n"
                "  network: {podSubnets: [10.244.0.0/16, 'fd00:1::/48'], serviceSubnets: [10.96.0.0/12, 'fd00:2::/112']}\n"
            ),
            flags=["10.244.0.0/16", "fd00:1::/48"],
            says=["`10.244.1.5`, the address of a node", "the pod network of Talos", "`fd00:1::7`"],
        ),
        Good(
            manifest(
                "machine: {network: {interfaces: [{interface: eth0, addresses: [192.168.1.5/16]}]}}\n"
                "cluster:\n  controlPlane: {endpoint: 'https://[fd00:1::7'}\n"
                "  network: {podSubnets: [10.244.0.0/16], serviceSubnets: [10.96.0.0/12]}\n"
            )
        ),
        Bad(
            files(
                **{
                    "config.yaml": "cluster-cidr: 10.42.0.0/16\nservice-cidr: 10.43.0.0/16\nnode-ip: '192.168.1.7,10.42.9.1'\n"
                }
            ),
            flags=["10.42.0.0/16"],
        ),
        # two clusters, or two versions of one
        Good(
            files(
                **{
                    "a.yaml": _KUBEADM % _NETWORKS,
                    "b.yaml": _KUBEADM % ("10.246.0.0/16", "10.96.0.0/12"),
                    "n.yaml": _NODE % "10.244.7.9",
                }
            ),
            other=["pod-networks-disagree"],
        ),
        # files for tests of something
        Good(files(**{"a/testdata/c.yaml": _KUBEADM % _NETWORKS, "b/testdata/n.yaml": _NODE % "10.244.7.9"})),
        # load balancers
        Bad(
            manifest(_KUBEADM % _NETWORKS + _METALLB % "10.95.255.0-10.96.0.20"),
            flags=["10.96.0.0/12"],
            says=["contains `10.96.0.20`, the address of a load balancer"],
        ),
        Bad(manifest(_KUBEADM % _NETWORKS + _METALLB % "10.244.0.0/28"), flags=["10.244.0.0/16"]),
        Good(manifest(_KUBEADM % _NETWORKS + _METALLB % "10.95.255.0-10.95.255.9")),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        hosts = [*of_nodes(cluster), *of_load_balancers(cluster)]
        if not hosts:
            return
        services = stated_for_services(cluster)
        networks = [*configured(cluster), *of_plugins(cluster), *services]
        # of a network in two versions, nobody knows which one the nodes of other files are beside
        certain = {id(each) for each in in_one_version(networks)}
        told = set()
        for network in networks:
            place = network.document, network.span
            beside = (
                each for each in hosts if id(network) in certain or each.document.source is network.document.source
            )
            found = next((each for each in beside if _is_inside(each, network)), None)
            if found is not None and place not in told:
                told.add(place)
                yield self._finding(network, found, "a Service" if network in services else "a pod")

    def _finding(self, network: Network, host: Address, other: str) -> Finding:
        return self.finding(
            network.span,
            f"{network.setting}, `{network.network}`, contains `{host.address}`, the address of {host.owner}, so {other} can "
            "get the address",
            help="Use a network that contains no address of a node or load balancer.",
            related=[Related(host.span, f"the address of {host.owner}", host.document)],
            document=network.document,
        )


def _is_inside(host: Address, network: Network) -> bool:
    return is_within(host.address, network.network) and go_together(host.document, network.document)
