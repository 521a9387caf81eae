"""What the files of a cluster say of its DNS: its domain, and the DNS cache on its nodes."""

from __future__ import annotations

from kpl.cluster.documents import Documents
from kpl.coredns.roles import Role
from kpl.facts import DEFAULT, Fact, Facts, Origin
from kpl.shares.share import TELL_DNS, share_of

DEFAULT_DOMAIN = "cluster.local"


def cluster_domain(documents: Documents, facts: Facts) -> Fact:
    """The domain of the cluster: told, or that of all files that set one, or the default."""
    name = "cluster domain"
    if facts.cluster_domain is not None:
        return Fact(name, facts.cluster_domain.strip(".").lower(), facts.origins.get("cluster_domain", DEFAULT))
    found: dict[str, Origin] = {}
    for document in documents.all:
        if document.kind in TELL_DNS and (domain := share_of(document).domain) is not None:
            found.setdefault(domain.name, Origin(document.path, domain.line))
    if len(found) == 1:
        return Fact(name, *found.popitem())
    why = f", because the files contradict each other: {', '.join(sorted(found))}" if found else ""
    return Fact(name, DEFAULT_DOMAIN, Origin(DEFAULT.where + why))


def node_local_dns(documents: Documents, facts: Facts) -> Fact | None:
    """Whether pods ask a NodeLocal DNSCache: told, or its Corefile is in the tree, or all files that say so agree."""
    if facts.node_local_dns is not None:
        return _cache(facts.node_local_dns, facts.origins.get("node_local_dns", DEFAULT))
    found: dict[bool, Origin] = {}
    for document in documents.all:
        if document.kind == "Corefile" and (share := share_of(document)).role == Role.NODE_LOCAL.value:
            return _cache(True, Origin(document.path, share.line))
        if document.kind in TELL_DNS and (told := share_of(document).node_local) is not None:
            found.setdefault(told.there, Origin(document.path, told.line))
    return _cache(*found.popitem()) if len(found) == 1 else None


def _cache(is_there: bool, origin: Origin) -> Fact:
    return Fact("NodeLocal DNSCache", "yes" if is_there else "no", origin)
