"""The CoreDNS release that kubeadm installs with each Kubernetes release.

Sources: kubernetes/CoreDNS-k8s_version.md of coredns/deployment and, for the newer ones, the constants of kubeadm
(cmd/kubeadm/app/constants/constants.go).
"""

from __future__ import annotations

from kpl.text.version import Version

_RELEASES = {
    "1.0.1": ("1.9",),
    "1.0.6": ("1.10",),
    "1.1.3": ("1.11",),
    "1.2.2": ("1.12",),
    "1.2.6": ("1.13",),
    "1.3.1": ("1.14", "1.15"),
    "1.6.2": ("1.16",),
    "1.6.5": ("1.17",),
    "1.6.7": ("1.18",),
    "1.7.0": ("1.19", "1.20"),
    "1.8.0": ("1.21",),
    "1.8.4": ("1.22",),
    "1.8.6": ("1.23", "1.24"),
    "1.9.3": ("1.25", "1.26"),
    "1.10.1": ("1.27", "1.28"),
    "1.11.1": ("1.29", "1.30"),
    "1.11.3": ("1.31", "1.32"),
    "1.12.0": ("1.33",),
    "1.12.1": ("1.34",),
    "1.13.1": ("1.35",),
    "1.14.2": ("1.36",),
    "1.14.6": ("1.37",),
    "1.15.0": ("1.38",),
}

KUBEADM_COREDNS = {Version(kubernetes): Version(coredns) for coredns, all_ in _RELEASES.items() for kubernetes in all_}
"""Kubernetes minor release -> CoreDNS release."""


def kubeadm_coredns(kubernetes: Version) -> Version | None:
    """The CoreDNS release that kubeadm of this Kubernetes release installs; None where that is not known."""
    return KUBEADM_COREDNS.get(Version(kubernetes.minor))
