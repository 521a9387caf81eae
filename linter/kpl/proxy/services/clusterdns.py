"""Which Service is the cluster's DNS."""

from __future__ import annotations

from collections.abc import Iterator

_SERVICES = frozenset(
    (
        "kube-system/kube-dns",  # kubeadm, k3s, EKS, GKE, AKS, kops
        "kube-system/coredns",
        "kube-system/rke2-coredns-rke2-coredns",
        "openshift-dns/dns-default",
    )
)
_PORTS = {"dns": "udp", "dns-tcp": "tcp", "udp-53": "udp", "tcp-53": "tcp"}


def is_cluster_dns(port_name: str) -> bool:
    """Whether ``namespace/service:port`` is a port that every pod asks for names, as the usual installers call it."""
    service, _, port = port_name.partition(":")
    return is_cluster_dns_service(service) and port in _PORTS


def is_cluster_dns_service(name: str) -> bool:
    """Whether ``namespace/service`` is what every pod asks for names."""
    return name in _SERVICES


def cluster_dns_ports() -> Iterator[tuple[str, str]]:
    """The ports that `is_cluster_dns` knows, with their protocols in small letters."""
    return ((f"{service}:{port}", protocol) for service in _SERVICES for port, protocol in _PORTS.items())
