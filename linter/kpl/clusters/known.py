"""What is known of a cluster, each fact with the place that it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.cluster import COREDNS_IMAGE, KUBE_PROXY_IMAGE, Cluster
from kpl.coredns.roles import Role, role_of
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.facts import DEFAULT, Fact, Origin
from kpl.inputs.document import Document
from kpl.proxy.releases import NEWEST_KUBERNETES, as_known
from kpl.proxy.services.clusterdns import is_cluster_dns_service
from kpl.text.span import Span
from kpl.text.version import Version

_NEWEST = Origin("default: the newest release that kpl knows")
_OTHERS = {
    "nodes": "nodes",
    "kernel": "oldest kernel",
    "libc": "libc",
    "ndots": "ndots",
    "node": "node",
    "target": "image that loads the Corefiles",
    "external_plugins": "external plugins",
    "assumed_files": "CoreDNS files",
    "environment": "CoreDNS variables",
}


def known_facts(cluster: Cluster) -> list[Fact]:
    """What is known of `cluster`."""
    return [
        _release(cluster, "coredns", "CoreDNS release"),
        _release(cluster, "kubernetes", "Kubernetes release"),
        Fact("cluster domain", cluster.cluster_domain, cluster.facts.origins.get("cluster_domain", DEFAULT)),
        *_cluster_dns(cluster),
        *_counted(cluster),
        *_node_local(cluster),
        *_told(cluster),
    ]


def _release(cluster: Cluster, name: str, title: str) -> Fact:
    image = {"coredns": COREDNS_IMAGE, "kubernetes": KUBE_PROXY_IMAGE}[name]
    newest = {"coredns": NEWEST_COREDNS.full, "kubernetes": str(NEWEST_KUBERNETES)}[name]
    told = getattr(cluster.facts, name)
    if told is not None:
        return Fact(
            title, told.full if name == "coredns" else str(as_known(told)), cluster.facts.origins.get(name, DEFAULT)
        )
    found: dict[str, Origin] = {}
    for document in cluster.documents:
        for container in getattr(document.model, "containers", ()):
            match = image.search(container.image) if container.image else None
            if match:
                found.setdefault(match[1], _place(document, container.image.span))
    if not found and name == "kubernetes":
        for document in cluster.documents:
            if type(document.model).__name__ == "KubeadmCluster" and document.model.release is not None:
                found.setdefault(document.model.release, _place(document, document.model.release.span))
    if len(found) == 1:
        release, origin = next(iter(found.items()))
        known = as_known(Version(release)) if name == "kubernetes" else None
        return Fact(title, str(known) if known is not None and known.prerelease else release, origin)
    if found:
        return Fact(
            title, newest, Origin(f"default, because the files contradict each other: {', '.join(sorted(found))}")
        )
    return Fact(title, newest, _NEWEST)


def _cluster_dns(cluster: Cluster) -> Iterator[Fact]:
    for document in cluster.documents:
        model, kind = document.model, type(document.model).__name__
        if kind == "Service" and is_cluster_dns_service(f"{model.namespace}/{model.name}") and model.cluster_ip:
            yield Fact("address of cluster DNS", model.cluster_ip, _place(document, model.name.span))
            break
    for document in cluster.documents:
        if type(document.model).__name__ == "Corefile" and role_of(document) is Role.CLUSTER:
            yield Fact("Corefile of cluster DNS", document.name or document.key, _start(document))
            break


def _counted(cluster: Cluster) -> Iterator[Fact]:
    for name, kind, count in (
        ("services", "Service", cluster.services),
        ("endpoints", "EndpointSlice", cluster.endpoints),
    ):
        if getattr(cluster.facts, name) is not None:
            yield Fact(name, f"{count:,}", cluster.facts.origins.get(name, DEFAULT))
        elif count:
            own = [document for document in cluster.documents if type(document.model).__name__ == kind]
            first = next(iter(own or cluster.dumps), None)
            if first is not None:
                more = len({document.path for document in own or cluster.dumps}) - 1
                where = f" and {more:,} more file{'s' * (more != 1)}" if more else ""
                yield Fact(name, f"{count:,}", Origin(f"counted in {first.path}{where}"))


def _node_local(cluster: Cluster) -> Iterator[Fact]:
    if cluster.facts.node_local_dns is not None:
        shown = "yes" if cluster.facts.node_local_dns else "no"
        yield Fact("NodeLocal DNSCache", shown, cluster.facts.origins.get("node_local_dns", DEFAULT))
        return
    for document, _ in cluster.corefiles:
        if role_of(document) is Role.NODE_LOCAL:
            yield Fact("NodeLocal DNSCache", "yes", _start(document))
            return


def _told(cluster: Cluster) -> Iterator[Fact]:
    for name, title in _OTHERS.items():
        value = getattr(cluster.facts, name)
        if value or name in cluster.facts.origins:
            shown = (", ".join(sorted(value)) or "none") if isinstance(value, frozenset | dict) else str(value)
            yield Fact(title, shown, cluster.facts.origins.get(name, DEFAULT))


def _place(document: Document, span: Span) -> Origin:
    line, _ = document.source.position(document.embedding.host_span(span).start)
    return Origin(document.path, line)


def _start(document: Document) -> Origin:
    text = document.embedding.text
    start = len(text) - len(text.lstrip())
    return _place(document, Span(start, start + 1))
