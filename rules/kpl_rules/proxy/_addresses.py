"""The addresses that the files of a cluster give to nodes and load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from kpl import Cluster, Document, Span
from kpl.edits import Text
from kpl.kubeproxy import canonical_address
from kpl.manifests import (
    ClusterSettings,
    KubeadmCluster,
    KubeadmNode,
    Mapping,
    MetallbSettings,
    NodeObject,
    Scalar,
)


class Address(NamedTuple):
    """An address, where it is written, and what has it."""

    address: str
    span: Span
    document: Document
    owner: str


def of_nodes(cluster: Cluster) -> Iterator[Address]:
    """The addresses of nodes and of the API server; none of another cluster."""
    for document, node in cluster.of(NodeObject):
        for each in node.node.items("status", "addresses"):
            written = each.scalar("address") if isinstance(each, Mapping) else None
            if isinstance(written, Scalar) and written.value in node.addresses:
                yield from _of(written.text, document, f"the node `{node.name}`")
    for document, kubeadm in cluster.of(KubeadmCluster):
        if kubeadm.endpoint:
            yield from _of(kubeadm.endpoint, document, "the API server")
    for document, registration in cluster.of(KubeadmNode):
        for word in (registration.advertise_address, registration.node_ip):
            if word:
                yield from _of(word, document, "a node")
    for document, settings in cluster.of(ClusterSettings):
        for word in () if settings.elsewhere else settings.node_addresses:
            yield from _of(word, document, "the API server" if "://" in word else "a node")


def of_load_balancers(cluster: Cluster) -> Iterator[Address]:
    """The first and the last address of each range that MetalLB gives addresses from."""
    for document, metallb in cluster.of(MetallbSettings):
        for pool in (metallb, *metallb.parts):
            for word in pool.words.get("addresses", ()):
                for part in word.split("-") if "-" in word else (word.partition("/")[0],):
                    yield from _of(Text(part.strip(), word.span), document, "a load balancer")


def _of(word: Text, document: Document, owner: str) -> Iterator[Address]:
    """The addresses in a list with commas, each without its prefix length, scheme and port."""
    if document.templated or document.is_example:
        return
    for part in word.split(","):
        address = canonical_address(part.strip().partition("/")[0]) or canonical_address(_host(part.strip()))
        if address is not None and address not in ("0.0.0.0", "::") and not address.startswith(("127.", "169.254.")):
            yield Address(address, word.span, document, owner)


def _host(word: str) -> str:
    try:
        return urlsplit(word if "://" in word else f"//{word}").hostname or ""
    except ValueError:
        return ""
