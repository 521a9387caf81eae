"""What is known of a cluster, each fact with the place that it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.cluster import Cluster
from kpl.coredns.roles import Role
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.facts import DEFAULT, Fact, Origin
from kpl.proxy.releases import NEWEST_KUBERNETES, as_known
from kpl.shares.share import COREDNS_RELEASE, KUBERNETES_RELEASE, share_of
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
        _release(cluster, "coredns", COREDNS_RELEASE),
        _release(cluster, "kubernetes", KUBERNETES_RELEASE),
        cluster.domain_fact,
        *_cluster_dns(cluster),
        *_counted(cluster),
        *([cluster.node_local_fact] if cluster.node_local_fact is not None else []),
        *_network(cluster),
        *_told(cluster),
    ]


def _release(cluster: Cluster, name: str, title: str) -> Fact:
    newest = {"coredns": NEWEST_COREDNS.full, "kubernetes": str(NEWEST_KUBERNETES)}[name]
    told = getattr(cluster.facts, name)
    if told is not None:
        return Fact(
            title, told.full if name == "coredns" else str(as_known(told)), cluster.facts.origins.get(name, DEFAULT)
        )
    releases = [each for each in cluster.releases if each[1].what == title]
    found: dict[str, Origin] = {}
    for path, each in [each for each in releases if each[1].runs] or releases:
        found.setdefault(each.version, Origin(path, each.line))
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
        address = share_of(document).dns_address
        if address is not None:
            yield Fact("address of cluster DNS", address[0], Origin(document.path, address[1]))
            break
    for document in cluster.documents:
        if (share := share_of(document)).role == Role.CLUSTER.value:
            yield Fact("Corefile of cluster DNS", document.name or document.key, Origin(document.path, share.line))
            break


def _counted(cluster: Cluster) -> Iterator[Fact]:
    for name, kind, count in (
        ("services", "Service", cluster.services),
        ("endpoints", "EndpointSlice", cluster.endpoints),
    ):
        if getattr(cluster.facts, name) is not None:
            yield Fact(name, f"{count:,}", cluster.facts.origins.get(name, DEFAULT))
        elif count:
            own = [each for each in cluster.documents if each.kind == kind and each.unrendered is None]
            first = next(iter(own or cluster.dumps), None)
            if first is not None:
                more = len({document.path for document in own or cluster.dumps}) - 1
                where = f" and {more:,} more file{'s' * (more != 1)}" if more else ""
                yield Fact(name, f"{count:,}", Origin(f"counted in {first.path}{where}"))


def _network(cluster: Cluster) -> Iterator[Fact]:
    if cluster.proxy_replaced is not None:
        yield cluster.proxy_replaced
    networks: dict[str, Origin] = {}
    for path, each in cluster.pod_networks:
        networks.setdefault(each.network, Origin(path, each.line))
    yield from (Fact("pod network", network, origin) for network, origin in networks.items())


def _told(cluster: Cluster) -> Iterator[Fact]:
    for name, title in _OTHERS.items():
        value = getattr(cluster.facts, name)
        if value or name in cluster.facts.origins:
            shown = (", ".join(sorted(value)) or "none") if isinstance(value, frozenset | dict) else str(value)
            yield Fact(title, shown, cluster.facts.origins.get(name, DEFAULT))
