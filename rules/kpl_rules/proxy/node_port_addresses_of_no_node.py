"""KPL313."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Profile, Related, Rule, Severity, Stop, manifest
from kpl.kubeproxy import KubeProxyConfig, is_within, network_family
from kpl.manifests import NodeObject, Scalar

_CONFIG = (
    "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\nnodePortAddresses:\n"
)
_NODE = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus:\n  addresses:\n    - {type: InternalIP, address: 10.1.2.3}\n"
_LOOPBACK = ("127.0.0.1", "::1")


class NodePortAddressesOfNoNode(Rule):
    """None of a node's addresses is in `nodePortAddresses`, so the node forwards no NodePort.

    ## Why
    kube-proxy opens NodePorts on those addresses of the node that are in one of the networks. If none is, its rules
    have no NodePort, and kube-proxy does not report it. Tested with 1.37.

    The rule is in the profile `strict`, because a node can have addresses that its object does not list.

    ## Fix
    There is no automatic fix, because only you know which network is meant. A node can have addresses that its object
    does not list: check `ip address` on the node first.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/util/nodeport_addresses.go
    """

    code = "KPL313"
    name = "node-port-addresses-of-no-node"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("service-fails-from-outside",)
    needs = "NodeObject"
    profile = Profile.STRICT
    examples = [
        Bad(manifest(f"{_CONFIG}  - 192.168.0.0/16\n{_NODE}"), flags=["nodePortAddresses"]),
        Good(manifest(f"{_CONFIG}  - 10.1.0.0/16\n{_NODE}")),
        Good(manifest(f"{_CONFIG}  - primary\n{_NODE}")),
        # every node has a loopback address
        Good(manifest(f"{_CONFIG}  - 127.0.0.0/8\n{_NODE}")),
        Bad(
            manifest(f"{_CONFIG}  - 192.168.0.0/16\n  - 172.16.0.0/12\n{_NODE}---\n" + _NODE.replace("10.1", "10.2")),
            flags=["nodePortAddresses"],
            says=["has no address in these networks (it has 10."],
        ),
        # one of the networks has it
        Good(manifest(f"{_CONFIG}  - 192.168.0.0/16\n  - 10.1.0.0/16\n{_NODE}")),
        Good(manifest(f"{_CONFIG}  - 192.168.0.0/16\n  - ::1/128\n{_NODE}")),
        Good(manifest(f"{_CONFIG.replace('nodePortAddresses:', 'nodePortAddresses: []')}{_NODE}")),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        pair = config.node.pair("nodePortAddresses")
        words = [node.value for node in config.node.items("nodePortAddresses") if isinstance(node, Scalar)]
        if pair is None or not words or any(network_family(word) is None for word in words):
            return
        if any(is_within(address, word) for address in _LOOPBACK for word in words):
            return
        for document, node in cluster.of(NodeObject):
            if node.addresses and not any(is_within(address, word) for address in node.addresses for word in words):
                yield self.finding(
                    pair[0].span,
                    f"node `{node.name}` has no address in these networks (it has {', '.join(node.addresses)}), so it forwards "
                    "no NodePort",
                    help="Add the network of the node's addresses. Or remove `nodePortAddresses`.",
                    related=[Related(node.name.span, "the node", document)],
                )
                return
