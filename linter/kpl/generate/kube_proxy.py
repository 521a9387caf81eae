"""A KubeProxyConfiguration for the sizes given."""

from __future__ import annotations

from kpl.errors import UsageError
from kpl.generate.comments import comment
from kpl.proxy.configuration.modes import DEFAULT_CHANGES, KUBEADM_WRITES_MODE, LIBERAL_KERNEL, best_mode
from kpl.proxy.iptables.scale import IPTABLES_SERVICES, rules_walked_by_first_packet, rules_written_by_full_sync
from kpl.proxy.releases import NEWEST_KUBERNETES
from kpl.text.version import Version

_DUAL_STACK = Version("1.21")


def kube_proxy(
    kubernetes: Version | None = None,
    kernel: Version | None = None,
    services: int | None = None,
    endpoints: int | None = None,
    cluster_cidr: str | None = None,
) -> str:
    """The configuration as YAML: only what is not the default, the reason above each line; `mode` is always written.

    `kernel` is the oldest among the nodes. Raises UsageError for a `cluster_cidr` that kube-proxy would refuse.
    """
    release = kubernetes or NEWEST_KUBERNETES
    mode, reason = _mode(release, kernel, services, endpoints)
    name = release if release.prerelease else release.minor
    text = comment(f"kube-proxy for Kubernetes {name}: all other fields have their defaults.")
    text += "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    text += f"{comment(reason)}mode: {mode}\n"
    if mode == "nftables" and kernel is not None and kernel < LIBERAL_KERNEL:
        text += comment(
            f"Without this, kernels before {LIBERAL_KERNEL} reset long-lived connections to Services in nftables mode: "
            "https://github.com/kubernetes/kubernetes/issues/117924"
        )
        text += "conntrack:\n  tcpBeLiberal: true\n"
    if cluster_cidr is not None:
        _check_cidr(cluster_cidr, release)
        text += comment("The pod network: traffic to a cluster IP from any other address is masqueraded.")
        text += f'clusterCIDR: "{cluster_cidr}"\n'
    return text


def _mode(release: Version, kernel: Version | None, services: int | None, endpoints: int | None) -> tuple[str, str]:
    large = services is not None and services > IPTABLES_SERVICES
    best = best_mode(release, kernel)
    if not large and release < DEFAULT_CHANGES:
        also = ", as kubeadm does," if release >= KUBEADM_WRITES_MODE else ""
        return "iptables", (
            f"Up to about {IPTABLES_SERVICES:,} Services, no mode is noticeably faster than iptables, the default. It is "
            f"set explicitly{also} because nftables is planned to become the default in Kubernetes {DEFAULT_CHANGES}."
        )
    sentences = [f"Chosen because {best.reason}."]
    if services is not None and large:
        walk = rules_walked_by_first_packet(services, endpoints)
        cost = (
            f"With {services:,} Services, iptables mode compares the first packet of each connection with about "
            f"{walk.average:,} rules"
        )
        if endpoints is not None:
            cost += f", and writes about {rules_written_by_full_sync(services, endpoints):,} in a full sync"
        sentences.append(f"{cost}.")
    if best.mode == "ipvs":
        sentences.append("Requires the kernel modules ip_vs, ip_vs_rr, ip_vs_wrr, ip_vs_sh and nf_conntrack.")
    elif best.mode == "nftables" and kernel is None:
        sentences.append(f"On kernels before {LIBERAL_KERNEL}, also set conntrack.tcpBeLiberal.")
    return best.mode, " ".join(sentences)


def _check_cidr(cidrs: str, release: Version) -> None:
    from ipaddress import ip_network

    families = []
    for cidr in cidrs.split(","):
        try:
            families.append(ip_network(cidr, strict=False).version if "/" in cidr else 0)
        except ValueError:
            families.append(0)
    if 0 in families or len(families) > 2 or len(set(families)) < len(families):
        raise UsageError(f"{cidrs!r} is neither a CIDR nor an IPv4 and an IPv6 CIDR separated by a comma")
    if len(families) == 2 and release < _DUAL_STACK:
        raise UsageError(
            f"kube-proxy accepts two CIDRs without feature gates only in Kubernetes {_DUAL_STACK} and later"
        )
