"""KPL310."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig, network_family
from kpl.manifests import Scalar

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"


class NodePortAddressesOfOneFamily(Rule):
    """`nodePortAddresses` lists only one IP family, so NodePorts are open on every address of the other.

    ## Why
    On a dual-stack node, kube-proxy applies the list to each family separately. A family without an entry accepts
    NodePorts on all of its local addresses; kube-proxy only logs it. Tested with 1.37.

    ## Fix
    There is no automatic fix, because only you know which network of the other family is meant.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/util/nodeport_addresses.go
    """

    code = "KPL310"
    name = "node-port-addresses-of-one-family"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(
            manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16,fd00:10::/56\nnodePortAddresses:\n  - 192.168.0.0/16\n"),
            flags=["nodePortAddresses"],
        ),
        Good(
            manifest(
                f"{_HEAD}clusterCIDR: 10.244.0.0/16,fd00:10::/56\nnodePortAddresses:\n  - 192.168.0.0/16\n  - fd00:20::/64\n"
            )
        ),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16\nnodePortAddresses:\n  - 192.168.0.0/16\n")),
        Good(manifest(f"{_HEAD}clusterCIDR: 10.244.0.0/16,fd00:10::/56\nnodePortAddresses: [primary]\n")),
        Bad(
            manifest(f"{_HEAD}clusterCIDR: fd00:10::/56,10.244.0.0/16\nnodePortAddresses:\n  - fd00:20::/64\n"),
            flags=["nodePortAddresses"],
            says=["has only IPv6 networks, so NodePorts are open on every IPv4 address", "Add an IPv4 network."],
        ),
        Good(
            manifest(
                f"{_HEAD}clusterCIDR: 10.244.0.0/16,fd00:10::/56\nnodePortAddresses:\n  - 10.0.0.0/8\n  - '${{SIX}}'\n"
            )
        ),
        Good(manifest(f"{_HEAD}nodePortAddresses:\n  - 192.168.0.0/16\n"), other=["unknown-or-removed-field"]),
    ]

    def check(self, config: KubeProxyConfig) -> Iterator[Finding]:
        """See the class."""
        pair = config.node.pair("nodePortAddresses")
        cluster = config.node.text("clusterCIDR")
        if pair is None or cluster is None or {network_family(each.strip()) for each in cluster.split(",")} != {4, 6}:
            return
        words = [node.value for node in config.node.items("nodePortAddresses") if isinstance(node, Scalar)]
        families = {network_family(word) for word in words}
        for family, other in ((4, 6), (6, 4)):
            if families == {family} and not any(is_placeholder(word) for word in words):
                yield self.finding(
                    pair[0].span,
                    f"the list has only IPv{family} networks, so NodePorts are open on every IPv{other} address of the node",
                    help=f"Add an IPv{other} network.",
                )
