"""What the resolvers of glibc and musl send for a name.

Both read ``search`` and ``options ndots`` from resolv.conf and differ where a name has at least ndots dots: glibc tries
it as it is and goes on to the search list where that fails; musl tries nothing else.

- https://man7.org/linux/man-pages/man5/resolv.conf.5.html (``search``, ``ndots``)
- https://wiki.musl-libc.org/functional-differences-from-glibc.html ("Name Resolver/DNS")
- https://git.musl-libc.org/cgit/musl/tree/src/network/lookup_name.c (``name_from_dns_search``)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

GLIBC = "glibc"
"""The libc glibc, as `libc_of` names it."""
MUSL = "musl"
"""The libc musl, as `libc_of` names it."""

CLUSTER_NDOTS = 5
"""What the kubelet writes into the resolv.conf of a pod that asks the cluster's DNS."""
MAX_NDOTS = 15
"""Both resolvers take a larger number for this one."""

_RECORD_TYPES = 2  # A and AAAA
MUSL_LINE = 255
"""The longest line of resolv.conf that musl reads, its line end included."""


class NameKind(Enum):
    """How a program writes a host name; the value shows it for the Service ``svc`` in the namespace ``ns``."""

    SERVICE = "svc"
    NAMESPACED = "svc.ns"
    PARTIAL = "svc.ns.svc"
    CLUSTER = "svc.ns.svc.cluster.local"
    EXTERNAL = "api.example.com"


@dataclass(frozen=True)
class Resolver:
    """A stub resolver: the ``search`` domains and ``ndots`` of its resolv.conf, and whose libc reads them."""

    search: tuple[str, ...] = ()
    ndots: int = 1
    libc: str = GLIBC

    def names_tried(self, name: str) -> list[str]:
        """The fully qualified names, without the last dot, that are asked for one after the other until one exists.

        A name that ends in a dot is asked for as it is, and nothing else (resolv.conf(5), ``search``).
        """
        absolute = name.removesuffix(".")
        if name.endswith("."):
            return [absolute]
        searched = [f"{absolute}.{domain}" if domain else absolute for domain in self._search_domains()]
        if absolute.count(".") >= min(self.ndots, MAX_NDOTS):
            return [absolute] if self.libc == MUSL else [absolute, *searched]
        return searched if self.libc == GLIBC and absolute in searched else [*searched, absolute]

    def queries(self, name: str, exists: str | Callable[[str], bool]) -> int:
        """How many queries a lookup of `name` sends to one server: A and AAAA for each name, up to the one that exists.

        `exists` is the fully qualified name that exists, or tells for each name whether it does.
        """
        tried = self.names_tried(name)
        known: Callable[[str], bool] = exists if callable(exists) else exists.removesuffix(".").__eq__
        asked = next((place for place, each in enumerate(tried, 1) if known(each)), len(tried))
        return asked * _RECORD_TYPES

    def with_ndots(self, ndots: int) -> Resolver:
        """The same resolver with another ``ndots``."""
        return Resolver(self.search, ndots, self.libc)

    def _search_domains(self) -> list[str]:
        domains = [domain.strip(".") for domain in self.search]
        if self.libc == GLIBC:
            return domains
        # musl passes over a line of resolv.conf that does not fit into its buffer, and cannot ask for "name.."
        fits = len(f"search {' '.join(self.search)}\n") <= MUSL_LINE
        return [domain for domain in domains if domain] if fits else []


def pod_search(namespace: str, cluster_domain: str) -> tuple[str, str, str]:
    """The search domains that the kubelet writes first for a pod that asks the cluster's DNS.

    https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
    """
    domain = cluster_domain.strip(".")
    return f"{namespace}.svc.{domain}", f"svc.{domain}", domain


def absolute_name(name: str, kind: NameKind, namespace: str, cluster_domain: str) -> str:
    """The fully qualified name that a pod in `namespace` reaches when it writes `name`, which is of the given kind."""
    host, domain = name.removesuffix("."), cluster_domain.strip(".")
    if kind is NameKind.SERVICE:
        return f"{host}.{namespace}.svc.{domain}"
    if kind is NameKind.NAMESPACED:
        return f"{host}.svc.{domain}"
    if kind is NameKind.PARTIAL:
        return f"{host}.{domain}"
    return host
