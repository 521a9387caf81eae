"""Other programs than kube-proxy that have chains of iptables or tables of nftables on a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpl.inputs.dumps.nftables import NftRuleset
from kpl.proxy.nft.states import iptables_tables

_CHAINS = {
    "cali": "Calico",
    "CILIUM_": "Cilium",
    "OLD_CILIUM_": "Cilium",
    "AZURE-NPM": "Azure NPM",
    # https://github.com/aws/amazon-vpc-cni-k8s/blob/master/pkg/networkutils/network.go
    "AWS-SNAT-CHAIN": "Amazon VPC CNI",
    "AWS-CONNMARK-CHAIN": "Amazon VPC CNI",
    "FLANNEL-": "flannel",
    "DOCKER": "Docker",
    "NETAVARK": "Podman",
    "KUBE-ROUTER-": "kube-router",
    "KUBE-NWPLCY-": "kube-router",
    "KUBE-POD-FW-": "kube-router",
    # https://github.com/kubernetes-sigs/kind/blob/main/images/kindnetd/cmd/kindnetd/masq.go
    "KIND-MASQ-AGENT": "kindnet",
    "WEAVE": "Weave Net",
    "CNI-": "CNI plugins",
    "ISTIO_": "Istio",
    "ANTREA-": "Antrea",
    "IP-MASQ": "ip-masq-agent",
    "OPENSHIFT-": "OpenShift SDN",
    "OVN-KUBE-": "OVN-Kubernetes",
    "KUBE-KUBELET-CANARY": "kubelet",
    "KUBE-IPTABLES-HINT": "kubelet",
    "LIBVIRT_": "libvirt",
    "ufw": "ufw",
    # https://github.com/tailscale/tailscale/blob/main/util/linuxfw/iptables_runner.go
    "ts-input": "Tailscale",
    "ts-forward": "Tailscale",
    "ts-postrouting": "Tailscale",
}
"""What the chains of other programs start with."""

_TABLES = {
    "flannel-ipv": "flannel",
    # https://docs.tigera.io/calico/latest/getting-started/kubernetes/nftables
    "calico": "Calico",
    "firewalld": "firewalld",
    "libvirt_network": "libvirt",
    # https://docs.docker.com/engine/network/firewall-nftables/
    "docker-bridges": "Docker",
    # https://github.com/containers/netavark/blob/main/src/firewall/nft.rs
    "netavark": "Podman",
    "podman": "Podman",
    # https://github.com/containernetworking/plugins/blob/main/pkg/ip/ipmasq_nftables_linux.go and
    # plugins/meta/portmap/portmap_nftables.go
    "cni_plugins_masquerade": "CNI plugins",
    "cni_hostport": "CNI plugins",
    # https://github.com/istio/istio/blob/master/tools/istio-nftables/pkg/README.md
    "istio-": "Istio",
    # https://github.com/ovn-kubernetes/ovn-kubernetes/blob/master/go-controller/pkg/node/nftables/helpers.go
    "ovn-kubernetes": "OVN-Kubernetes",
    # https://github.com/systemd/systemd/blob/main/src/shared/firewall-util-nft.c
    "io.systemd.nat": "systemd",
    # https://github.com/kubernetes-sigs/kube-network-policies, which kindnet has in it
    "kube-network-policies": "kube-network-policies",
    "kindnet-": "kindnet",
}
"""What the names of their tables in nftables start with."""


def agents_of_chains(chains: Iterable[str]) -> set[str]:
    """The other programs that have some of these chains of iptables."""
    return {agent for chain in chains for start, agent in _CHAINS.items() if chain.startswith(start)}


def agents_of_tables(ruleset: NftRuleset) -> set[str]:
    """The other programs that have tables in `ruleset`, or chains in those of iptables."""
    found = {agent for table in ruleset.tables for start, agent in _TABLES.items() if table.name.startswith(start)}
    return found | agents_of_chains(_chains_of_iptables(ruleset))


def _chains_of_iptables(ruleset: NftRuleset) -> Iterator[str]:
    for family in (4, 6):
        for table in iptables_tables(ruleset, family):
            yield from table.chains
