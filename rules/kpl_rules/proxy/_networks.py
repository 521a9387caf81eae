"""The networks of pods and of Services that the files of a cluster name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kpl import Cluster, Document, Span
from kpl.kubeproxy import KubeProxyConfig, canonical_network
from kpl.manifests import (
    CalicoSettings,
    CiliumSettings,
    ClusterSettings,
    FlannelSettings,
    KubeadmCluster,
    Service,
    ServiceCidr,
)


class Network(NamedTuple):
    """A network, where it is written, and the setting in words."""

    network: str
    span: Span
    document: Document
    setting: str
    program: str = ""
    """The network plug-in whose pods have their addresses from it."""


_TESTS = re.compile(r"(?:^|/)(?:testdata|tests?|fixtures?|e2e|samples?|examples?)/", re.IGNORECASE)


def go_together(one: Document, other: Document) -> bool:
    """Whether two files can be of one cluster: those for tests have each folder for a cluster of its own."""
    paths = [each.path.replace("\\", "/") for each in (one, other)]
    if not any(map(_TESTS.search, paths)):
        return True
    return paths[0].rpartition("/")[0] == paths[1].rpartition("/")[0]


def configured(cluster: Cluster) -> list[Network]:
    """The networks that kube-proxy, kubeadm and other installers take for those of pods; none of another cluster."""
    found: list[Network] = []
    for document, config in cluster.of(KubeProxyConfig):
        written = config.node.text("clusterCIDR")
        detects = config.node.text("detectLocalMode") or "ClusterCIDR"
        if written and not config.elsewhere and detects == "ClusterCIDR":
            found += _split(str(written), written.span, document, "`clusterCIDR` of kube-proxy")
    for document, kubeadm in cluster.of(KubeadmCluster):
        if kubeadm.pod_subnet:
            span = kubeadm.pod_subnet.span
            found += _split(str(kubeadm.pod_subnet), span, document, "`podSubnet` of kubeadm")
    for document, settings in cluster.of(ClusterSettings):
        for each in () if settings.elsewhere else settings.pod_networks:
            found += _split(str(each), each.span, document, f"the pod network of {settings.configurator}")
    return found


def of_plugins(cluster: Cluster) -> list[Network]:
    """The networks from which network plug-ins give addresses to pods."""
    found: list[Network] = []
    for document, flannel in cluster.of(FlannelSettings):
        for each in flannel.pod_networks():
            found += _split(str(each), each.span, document, "the network of flannel", "flannel")
    for document, calico in cluster.of(CalicoSettings):
        if calico.word("disabled") != "true":
            for each in calico.pod_networks():
                found += _split(str(each), each.span, document, "a pool of Calico", "Calico")
    for document, cilium in cluster.of(CiliumSettings):
        # with other modes, Kubernetes or a cloud gives the addresses
        if cilium.word("ipam.mode") in (None, "cluster-pool"):
            for each in cilium.pod_networks():
                found += _split(str(each), each.span, document, "a pool of Cilium", "Cilium")
    return found


def stated_for_services(cluster: Cluster) -> list[Network]:
    """The networks that Services get their addresses from, as kubeadm, other installers and ServiceCIDRs say."""
    found: list[Network] = []
    for document, kubeadm in cluster.of(KubeadmCluster):
        if kubeadm.service_subnet:
            span = kubeadm.service_subnet.span
            found += _split(str(kubeadm.service_subnet), span, document, "`serviceSubnet` of kubeadm")
    for document, settings in cluster.of(ClusterSettings):
        for each in () if settings.elsewhere else settings.service_networks:
            found += _split(str(each), each.span, document, f"the Service network of {settings.configurator}")
    for document, added in cluster.of(ServiceCidr):
        for each in added.networks:
            found += _split(str(each), each.span, document, f"the ServiceCIDR `{added.name}`")
    return found


def of_services(cluster: Cluster) -> list[Network]:
    """The networks of Services, and the addresses of Services."""
    found = stated_for_services(cluster)
    for document, service in cluster.of(Service, clue="clusterIP"):
        for address in service.cluster_ips or [service.cluster_ip]:
            network = canonical_network(f"{address}/{128 if ':' in address else 32}")
            if network:
                found.append(Network(network, service.name.span, document, f"the Service `{service.name}`"))
    return found


def _split(written: str, span: Span, document: Document, setting: str, program: str = "") -> Iterator[Network]:
    """Each network of a list with commas."""
    if document.templated:
        return
    for part in written.split(","):
        network = canonical_network(part.strip())
        if network is not None:
            yield Network(network, span, document, setting, program)


def comparable(ones: list[Network], others: list[Network]) -> Iterator[tuple[list[Network], list[Network]]]:
    """Which of `ones` and `others` are of one cluster: those of objects of which the files have one version.

    Of an object in two versions nobody knows which one is in use, but what is in one file belongs together.
    """
    certain = in_one_version(ones), in_one_version(others)
    yield certain
    sure = {id(each) for part in certain for each in part}
    for source in dict.fromkeys(id(each.document.source) for each in (*ones, *others) if id(each) not in sure):
        of_file = ([each for each in part if id(each.document.source) == source] for part in (ones, others))
        own, beside = map(in_one_version, of_file)
        if own and beside:
            yield own, beside


def in_one_version(found: list[Network]) -> list[Network]:
    """Those of objects of which the files have one version."""
    versions: dict[tuple[str, str, str, str], dict[int, set[str]]] = {}
    for each in found:
        versions.setdefault(_whose(each), {}).setdefault(id(each.document), set()).add(each.network)
    differing = {
        whose for whose, documents in versions.items() if len({frozenset(each) for each in documents.values()}) > 1
    }
    return [each for each in found if _whose(each) not in differing]


def _whose(network: Network) -> tuple[str, str, str, str]:
    document = network.document
    return network.setting, document.kind, document.namespace or "", document.name or ""
