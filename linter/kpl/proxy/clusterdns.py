"""Which Service is the cluster's DNS."""

from __future__ import annotations

_SERVICES = frozenset(
    (
        "kube-system/kube-dns",  # kubeadm, k3s, EKS, GKE, AKS, kops
        "kube-system/coredns",
        "kube-system/rke2-coredns-rke2-coredns",
        "openshift-dns/dns-default",
    )
)
_PORTS = ("dns", "udp-53", "tcp-53")


def is_cluster_dns(port_name: str) -> bool:
    """Whether ``namespace/service:port`` is a port that every pod asks for names, as the usual installers call it."""
    service, _, port = port_name.partition(":")
    return service in _SERVICES and port.startswith(_PORTS)
