"""What a cluster has once: two files that show another one are not of the same cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kpl.cluster import COREDNS_IMAGE, KUBE_PROXY_IMAGE
from kpl.coredns.roles import Role, role_of
from kpl.inputs.document import Document, Reading, is_dump
from kpl.proxy.clusterdns import is_cluster_dns_service
from kpl.proxy.modes import runs_on_windows
from kpl.proxy.readback import read_back

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


class Addresses(NamedTuple):
    """The cluster IPs of Services in a file: by name, protocol and IP family, and of ports that a dump has no name for."""

    named: dict[tuple[str, str, int], str]
    unnamed: frozenset[tuple[str, str, int]]
    """Protocol, address and port."""
    ports: frozenset[tuple[str, str, int]]
    """The same of the ports that have a name."""
    dumped: bool


def addresses_of(reading: Reading) -> Addresses | None:
    """The addresses in a file; None where it has none."""
    dumps = [document for document in reading.documents if is_dump(document)]
    if dumps:
        return _dumped(dumps)
    named: dict[tuple[str, str, int], str] = {}
    ports = set()
    for document in reading.documents:
        service = document.model
        if type(service).__name__ == "Service" and service.cluster_ip not in ("", "None"):
            name = f"{service.namespace or 'default'}/{service.name}"
            for address in service.cluster_ips or [service.cluster_ip]:
                for port in service.ports:
                    named[name, port.protocol, 6 if ":" in address else 4] = address
                    ports.add((port.protocol, address, port.port or 0))
    return Addresses(named, frozenset(), frozenset(ports), dumped=False) if named else None


def _dumped(dumps: Iterable[Document]) -> Addresses | None:
    named: dict[tuple[str, str, int], str] = {}
    unnamed, ports = set(), set()
    for document in dumps:
        for state in read_back(document):
            for port in state.ports:
                if port.cluster_ip is None:
                    continue
                place = port.protocol, port.cluster_ip, port.port or 0
                if port.name is None:
                    unnamed.add(place)
                else:
                    named[port.name.partition(":")[0], port.protocol, state.ip_family] = port.cluster_ip
                    ports.add(place)
    return Addresses(named, frozenset(unnamed), frozenset(ports), dumped=True) if named or unnamed else None


def is_of_one_cluster(one: Addresses, other: Addresses) -> bool:
    """Whether Services of the same name mostly have the same address.

    Of two dumps, the larger one must have more than half of its Services in common with the other one: those that every
    cluster has are at the same addresses in most. A dump and manifests must have some in common.
    """
    same, different = _compared(one, other)
    if one.dumped and other.dumped:
        return 2 * same > max(_size(one), _size(other))
    if not (same or different):
        return not (one.dumped or other.dumped)
    return same > different


def _compared(one: Addresses, other: Addresses) -> tuple[int, int]:
    """How many Services have the same address in both, and how many have another one."""
    same = different = 0
    families = {key[2] for key in one.named} & {key[2] for key in other.named}
    if families or not (one.named and other.named):
        for key, address in one.named.items():
            there = other.named.get(key)
            if there is not None:
                same, different = same + (there == address), different + (there != address)
    else:
        same = len({key[:2] for key in one.named} & {key[:2] for key in other.named})
    unnamed = len(one.unnamed & (other.ports | other.unnamed)) + len(one.ports & other.unnamed)
    return same + unnamed, different


def _size(addresses: Addresses) -> int:
    return len({key[:2] for key in addresses.named}) + len(addresses.unnamed)
