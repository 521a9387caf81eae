"""The workloads of CoreDNS and what is around them: which pods a selector selects, and what scales them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kpl import Cluster, Document
from kpl.corefiles import coredns_container
from kpl.manifests import Autoscaler, Scalar, Workload
from kpl.manifests import Mapping as Node

NAMES = ("coredns", "kube-dns")
"""What the pods of CoreDNS have in their labels."""


class Scaler(NamedTuple):
    """A cluster-proportional-autoscaler, and the argument that names its target."""

    workload: Workload
    document: Document
    argument: Scalar
    target: str
    """``deployment/coredns``, in lower case."""


def dns_workloads(cluster: Cluster) -> list[tuple[Document, Workload]]:
    """What runs CoreDNS, as far as its image says, without what a file has in two versions."""
    found = [
        (document, each)
        for document, each in cluster.of(Workload, clue="coredns")
        if not each.partial and coredns_container(each) is not None and not document.templated
    ]
    names = [(each.namespace, each.name) for _, each in found]
    return [each for each, name in zip(found, names, strict=True) if names.count(name) == 1]


def labels_of(node: Node | None) -> dict[str, str] | None:
    """The labels that a mapping has; None where some of them are not words."""
    if node is None:
        return {}
    pairs = {
        str(key.value): value.value
        for key, value in node.pairs
        if isinstance(key, Scalar) and isinstance(value, Scalar)
    }
    return pairs if len(pairs) == len(node.pairs) else None


def pod_labels(workload: Workload) -> dict[str, str] | None:
    """The labels of the pods of a workload."""
    return labels_of(workload.node.mapping("spec", "template", "metadata", "labels"))


def wanted_labels(selector: Node | None) -> dict[str, str] | None:
    """The labels that a selector wants; None if it has other conditions, or none."""
    if selector is None or selector.get("matchExpressions") is not None:
        return None
    return labels_of(selector.mapping("matchLabels")) or None


def matches(wanted: Mapping[str, str], labels: Mapping[str, str] | None) -> bool:
    """Whether pods or Services with these labels have all that a selector wants."""
    return labels is not None and wanted.items() <= labels.items()


def is_about_dns(wanted: Mapping[str, str] | None) -> bool:
    """Whether a selector names CoreDNS."""
    return wanted is not None and any(each in NAMES for each in wanted.values())


def scalers(cluster: Cluster) -> Iterator[Scaler]:
    """The cluster-proportional-autoscalers, with what they scale."""
    for document, workload in cluster.of(Workload, clue="cluster-proportional-autoscaler"):
        for container in workload.containers:
            words = [*container.command, *container.args]
            for each in words:
                option, _, target = each.value.lstrip("-").partition("=")
                if option == "target" and "cluster-proportional-autoscaler" in (container.image or ""):
                    yield Scaler(workload, document, each, target.strip("'\"").lower())


def is_scaled(workload: Workload, cluster: Cluster) -> bool:
    """Whether something in the files sets the number of replicas of a workload."""
    target = f"{workload.kind}/{workload.name}".lower()
    places = ("", workload.namespace)
    autoscalers = (each for _, each in cluster.of(Autoscaler) if each.namespace in places)
    if any(each.target[1] in (None, workload.name) for each in autoscalers):
        return True
    proportional = (each for each in scalers(cluster) if each.workload.namespace in places)
    return any(each.target == target or "$" in each.target for each in proportional)
