"""What is known of an installer of clusters, and what several of them take.

A path leads through mappings, and with ``*`` through each item of a list. What stands at its end is told by a word:

- an attribute of `ClusterSettings`,
- ``on NAME`` or ``off NAME``: true turns it on, or off; ``there NAME``: it is on where something stands there,
- ``kube-proxy FIELD``, a field of its configuration, or ``kube-proxy *`` for a mapping of its fields; ``flags`` of kube-proxy,
- ``disabled``, a list of what k3s does not install,
- ``choice NAME``, one of the words that the installer has for on and off,
- ``corefile``, a Corefile in a string; ``kubeadm`` and ``talos``, their documents in strings; ``addons`` of EKS,
- ``operations``, a list of RFC 6902 for a machine of Talos; ``arguments``, the command lines of k3s; ``options`` of minikube.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Paths = Mapping[str, str]


class Configurator(NamedTuple):
    """An installer: its name, its paths, and what it calls the modes of kube-proxy, where it has other words."""

    name: str
    paths: Paths
    modes: Mapping[str, str] = {}
    """Its word -> that of kube-proxy; empty where it means that there is no kube-proxy."""
    choices: Mapping[str, bool] = {}
    """Its words for what is on and what is off."""
    takes_any_mode: bool = False
    """Whether kube-proxy gets the word as it is, so that it can be replaced by any other one that kube-proxy has."""
    elsewhere: bool = False
    """Whether its clusters are others than the one that the objects around it are for: made for tests, or managed from there."""


def below(root: str, paths: Paths) -> dict[str, str]:
    """The same paths, one mapping or more further down."""
    return {f"{root}.{path}": word for path, word in paths.items()}


KUBEADM_CLUSTER = {
    "kubernetesVersion": "release",
    "networking.dnsDomain": "domain",
    "networking.podSubnet": "pod_networks",
    "networking.serviceSubnet": "service_networks",
    "proxy.disabled": "off kube_proxy",
    "dns.disabled": "off coredns",
}
KUBELET = {"clusterDNS": "dns_addresses", "clusterDomain": "domain"}
KUBEADM: dict[str, Paths] = {"ClusterConfiguration": KUBEADM_CLUSTER, "KubeletConfiguration": KUBELET}
"""The documents of kubeadm that others hold."""

EKS_ADDONS: dict[str, Paths] = {
    "coredns": {"corefile": "corefile"},
    "kube-proxy": {"mode": "kube-proxy mode", "ipvs.scheduler": "kube-proxy ipvs.scheduler"},
}
"""``aws eks describe-addon-configuration`` prints what they take."""
