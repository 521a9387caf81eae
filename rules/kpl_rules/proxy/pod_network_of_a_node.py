"""KPL327."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.edits import Text
from kpl.kubeproxy import canonical_network, network_family, networks_overlap
from kpl.manifests import CalicoSettings, CiliumSettings, NodeObject, Scalar
from kpl_rules.proxy._networks import Network, configured, go_together

_NODE = """\
apiVersion: v1
kind: Node
metadata: {name: %s}
spec:
  podCIDR: %s
"""
_BOTH = "  podCIDRs: ['%s', '%s']\n"
_KUBEADM = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: %s
"""
_CONFIG = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: %s
"""
_POOL = """\
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: pods}
spec: {cidr: 10.244.0.0/17}
"""


def _nodes(first: str, second: str) -> str:
    return _NODE % ("node-1", first) + "---\n" + _NODE % ("node-2", second)


def _beside(node: str, cluster: str) -> dict[str, str]:
    return files(**{"node.yaml": node, "cluster.yaml": cluster})


class PodNetworkOfANode(Rule):
    """The pod network of a node overlaps that of another node, or is outside of the pod network of the cluster.

    ## Why
    Routes lead to the `podCIDR` of a node. If two nodes have overlapping ones, two pods can have the same address, and
    packets reach the pods of one of the nodes only. If the `podCIDR` is outside of the cluster's pod network, for example
    after the network of a running cluster was changed, a controller manager that allocates these networks exits when it
    starts, and kube-proxy masquerades the connections of the node's pods to Services.

    The rule does not compare nodes with the cluster's network if files show that Calico or Cilium give addresses from their
    own pools.

    ## Fix
    There is no automatic fix. `podCIDR` cannot be changed: delete the Node object, and let the kubelet register the node
    again.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/nodeipam/ipam/range_allocator.go
    - https://github.com/kubernetes/kubernetes/issues/82773
    - https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ (podCIDRs)
    """

    code = "KPL327"
    name = "pod-network-of-a-node"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "NodeObject"
    clue = "podCIDR"
    examples = [
        Bad(
            {"nodes.yaml": _nodes("10.244.1.0/24", "10.244.1.0/24")},
            flags=["10.244.1.0/24"],
            says=["`10.244.1.0/24`, the pod network of the node `node-2`, overlaps that of the node `node-1`"],
        ),
        Good({"nodes.yaml": _nodes("10.244.1.0/24", "10.244.2.0/24")}),
        Bad({"nodes.yaml": _nodes("10.244.0.0/23", "10.244.1.0/24")}, flags=["10.244.1.0/24"]),
        # the second address of both, and the same object twice
        Bad(
            {
                "nodes.yaml": _NODE % ("node-1", "10.244.1.0/24") + _BOTH % ("10.244.1.0/24", "fd00:1::/64") + "---\n"
                + _NODE % ("node-2", "10.244.2.0/24") + _BOTH % ("10.244.2.0/24", "fd00:1::/64")
            },
            flags=["'fd00:1::/64'"],
        ),
        Good({"a.yaml": _NODE % ("node-1", "10.244.1.0/24"), "b.yaml": _NODE % ("node-1", "10.244.1.0/24")}),
        Good({"nodes.yaml": _nodes("${NETWORK}", "${NETWORK}")}),
        # the network of the cluster
        Bad(
            _beside(_NODE % ("node-1", "10.42.1.0/24"), _KUBEADM % "10.244.0.0/16"),
            flags=["10.42.1.0/24"],
            says=[
                "is outside of `podSubnet` of kubeadm, `10.244.0.0/16`, so the controller manager exits",
            ],
        ),
        Good(_beside(_NODE % ("node-1", "10.244.1.0/24"), _KUBEADM % "10.244.0.0/16")),
        Good(_beside(_NODE % ("node-1", "10.42.1.0/24"), _KUBEADM % "fd00::/48")),
        Good(_beside(_NODE % ("node-1", "10.42.1.0/24"), _KUBEADM % "10.244.0.0/16" + "---\n" + _CONFIG % "10.42.0.0/16")),
        Bad(
            _beside(_NODE % ("node-1", "10.42.1.0/24"), _CONFIG % "10.244.0.0/16"),
            flags=["10.42.1.0/24"],
            says=["so kube-proxy masquerades what its pods send to Services"],
        ),
        Good(_beside(_NODE % ("node-1", "10.42.1.0/24"), _KUBEADM % "10.244.0.0/16" + "---\n" + _POOL)),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        found = [
            _Range(document, node, network)
            for document, node in cluster.of(NodeObject, clue="podCIDR")
            for network in _networks(node)
        ]
        overlapping = dict(_overlapping(found))
        own = any(True for kind in (CalicoSettings, CiliumSettings) for _ in cluster.of(kind))
        stated = [] if own else configured(cluster)
        for number, each in enumerate(found):
            if number in overlapping:
                yield self._overlap(each, found[overlapping[number]])
            else:
                yield from self._outside(each, stated)

    def _overlap(self, one: _Range, other: _Range) -> Finding:
        return self.finding(
            one.network.span,
            f"{one.title}, overlaps that of the node `{other.node.name}`, so packets for pods of one node go to the other",
            help="Delete one of the Node objects, and let the kubelet register the node again.",
            related=[Related(other.network.span, f"the pod network of the node `{other.node.name}`", other.document)],
            document=one.document,
        )

    def _outside(self, one: _Range, stated: list[Network]) -> Iterator[Finding]:
        family = network_family(one.network)
        same = [
            each
            for each in stated
            if network_family(each.network) == family and go_together(each.document, one.document)
        ]
        if not same or any(networks_overlap(one.network, each.network) for each in same):
            return
        first = next((each for each in same if not each.setting.endswith("of kube-proxy")), None)
        result = "the controller manager exits"
        if first is None:
            first, result = same[0], "kube-proxy masquerades what its pods send to Services"
        yield self.finding(
            one.network.span,
            f"{one.title}, is outside of {first.setting}, `{first.network}`, so {result}",
            help="Delete the Node object, and let the kubelet register the node again.",
            related=[Related(first.span, f"{first.setting} is here", first.document)],
            document=one.document,
        )


class _Range(NamedTuple):
    """A pod network of a node."""

    document: Document
    node: NodeObject
    network: Text

    @property
    def title(self) -> str:
        """How a message names it."""
        return f"`{self.network}`, the pod network of the node `{self.node.name}`"


def _overlapping(found: list[_Range]) -> Iterator[tuple[int, int]]:
    """The numbers of networks that overlap an earlier one of another node, with the number of that one."""
    parsed = [ipaddress.ip_network(each.network) for each in found]
    networks = [(each.version, int(each[0]), int(each[-1])) for each in parsed]
    wide = -1
    for at in sorted(range(len(found)), key=lambda at: (*networks[at][:2], -networks[at][2], at)):
        if wide < 0 or networks[at][0] != networks[wide][0] or networks[at][1] > networks[wide][2]:
            wide = at
        elif found[at].node.name != found[wide].node.name and go_together(found[at].document, found[wide].document):
            yield max(at, wide), min(at, wide)


def _networks(node: NodeObject) -> list[Text]:
    """The pod networks of a node, each once."""
    found: dict[str, Text] = {}
    for written in (node.node.get("spec", "podCIDR"), *node.node.items("spec", "podCIDRs")):
        network = canonical_network(written.value) if isinstance(written, Scalar) else None
        if network is not None and isinstance(written, Scalar):
            found.setdefault(network, Text(network, written.span))
    return list(found.values())
