"""What a cluster has once: two files that show another one are not of the same cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.cluster import COREDNS_IMAGE, KUBE_PROXY_IMAGE
from kpl.coredns.roles import Role, role_of
from kpl.inputs.document import Document, Reading
from kpl.proxy.configuration.modes import runs_on_windows
from kpl.proxy.services.clusterdns import is_cluster_dns_service

COREDNS_RELEASE = "CoreDNS release"
KUBERNETES_RELEASE = "Kubernetes release"
_IMAGES = ((COREDNS_IMAGE, COREDNS_RELEASE), (KUBE_PROXY_IMAGE, KUBERNETES_RELEASE))


class Sign(NamedTuple):
    """A thing that a cluster has once: `what` it is, `whose` where there may be several, and which one is shown here."""

    what: str
    whose: str
    shown: str


def signs_of(reading: Reading) -> Iterator[Sign]:
    """The signs in a file, addresses of Services aside."""
    for document in reading.documents:
        yield from _signs(document)


def _signs(document: Document) -> Iterator[Sign]:
    model, kind = document.model, type(document.model).__name__
    if kind == "Corefile":
        if role_of(document) is Role.CLUSTER:
            yield Sign("Corefile of cluster DNS", "", document.embedding.text)
    elif kind == "KubeProxyConfig":
        if not runs_on_windows(model):
            yield Sign("KubeProxyConfiguration", document.name, document.embedding.text[slice(*model.node.span)])
    elif kind == "Workload":
        for container in model.containers:
            for image, what in _IMAGES:
                found = image.search(container.image) if container.image else None
                if found:
                    yield Sign(what, "", found[1])
    elif kind == "KubeadmCluster":
        yield Sign("ClusterConfiguration of kubeadm", "", document.embedding.text[slice(*model.span)])
        if model.release is not None:
            yield Sign(KUBERNETES_RELEASE, "", model.release)
    elif kind == "KubeletConfig":
        if model.cluster_dns:
            yield Sign("clusterDNS of the kubelet", "", " ".join(model.cluster_dns))
    elif kind == "FluxKustomization":
        # an object of that name is there once
        yield Sign("Kustomization of Flux", f"{model.namespace}/{model.name}", model.path)
    elif kind == "Service":
        name = f"{model.namespace}/{model.name}"
        if model.cluster_ip and is_cluster_dns_service(name):
            yield Sign("address of cluster DNS", name, model.cluster_ip)
