"""KPL125."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Good, Rule, Severity, Stop, Version, manifest
from kpl.corefiles import is_placeholder
from kpl.manifests import Scalar, Workload
from kpl.poddns import (
    GLIBC,
    MUSL,
    MUSL_LINE,
    OLD_MAX_SEARCH_CHARACTERS,
    OLD_MAX_SEARCHES,
    glibc_release_of,
    is_complete,
    libc_of,
    pod_resolver,
)

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    spec:
      containers:
      - {name: cart, image: IMAGE}
      dnsConfig:
        searches:
"""
_OF_CLUSTER = len("search shop.svc.cluster.local svc.cluster.local cluster.local\n")
_SIDECAR = "      - {name: proxy, image: shop/proxy:1-alpine}\n"


def _with(*domains: str, image: str = "shop/cart:3-alpine3.22") -> str:
    return _CART.replace("IMAGE", f'"{image}"') + "".join(f"        - {each}\n" for each in domains)


def _long(characters: int) -> tuple[str, ...]:
    """Two domains that have so many characters, with a space before each."""
    left = characters - 70
    odd = (left - 1) // 2
    return "a" * 60 + ".example", "b." * odd + "b" * (left - 2 * odd)


_READS_ALL = Version("2.26")
_CENTOS = "quay.io/centos/centos:centos7"


class SearchListTooLongForLibc(Rule):
    """The search list of a pod is too long for the libc of its image, so short names do not resolve.

    ## Why
    The kubelet writes the three search domains of the cluster and those of `dnsConfig.searches` into one line of resolv.conf.
    Kubernetes allows 32 domains with 2,048 characters. Not every libc reads so much:

    - musl, the libc of Alpine, ignores a line with more than 255 characters, its end included. The pod then has no search
      domain, and names such as `cart` and `cart.shop` do not resolve.
    - glibc before 2.26 (CentOS 7, Debian 9, Ubuntu 16.04) reads six domains with 256 characters and drops the others.

    The node can have search domains, too, which the kubelet adds at the end. A program with its own resolver, as most Go programs
    have, reads the complete list.

    ## Fix
    There is no automatic fix, because only you know which domains are needed. Write complete names, or use another image.

    ## References
    - https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html (`search`)
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#dns-search-domain-list-limits
    """

    code = "KPL125"
    name = "search-list-too-long-for-libc"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "searches"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            manifest(_with(*_long(256 - _OF_CLUSTER))),
            flags=["a" * 60 + ".example"],
            says=[
                "the search list of the pod has 256 characters, but musl, the libc of `shop/cart:3-alpine3.22`",
                "ignores a list with more than 255, so short names do not resolve",
            ],
        ),
        Good(manifest(_with(*_long(255 - _OF_CLUSTER)))),
        Bad(
            manifest(_with(*_long(300), image="shop/cart:3")),
            facts={"libc": "musl"},
            flags=["a" * 60 + ".example"],
        ),
        Bad(
            manifest(_with("a.example", "b.example", "c.example", "d.example", image=_CENTOS)),
            flags=["d.example"],
            says=["but glibc before 2.26, which `quay.io/centos/centos:centos7` has, reads 6 domains", "never tries `d.example`"],
        ),
        Good(manifest(_with("a.example", "b.example", "c.example", image=_CENTOS))),
        Bad(
            manifest(_with("a." * 110 + "a", "b.example", image="debian:9-slim")),
            flags=["a." * 110 + "a"],
            says=["reads 256 characters"],
        ),
        Bad(
            manifest(_with("a." * 60 + "a", "b." * 60 + "b", image="shop/cart:3-stretch") + "      dnsPolicy: ClusterFirst\n"),
            flags=["b." * 60 + "b"],
        ),
        Bad(
            manifest(
                _with("a.io", "b.io", "c.io", "d.io", "e.io", "f.io", "g.io", image="ubuntu:16.04")
                + "        nameservers: [10.0.0.2]\n      dnsPolicy: None\n"
            ),
            flags=["g.io"],
        ),
        Good(manifest(_with("a.example", "b.example", "c.example", "d.example", image="debian:10"))),
        Good(manifest(_with("a.example", "b.example", "c.example", "d.example", image="ubuntu:18.04"))),
        Good(manifest(_with("a.example", "b.example", "c.example", "d.example"))),
        # another resolver, an unknown libc, a list that is not known
        Good(manifest(_with(*_long(300), image="shop/cart:3-bookworm"))),
        Good(manifest(_with(*_long(300), image="shop/cart:3"))),
        Good(manifest(_with(*_long(300), "${DOMAIN}"))),
        Good(manifest(_with(*_long(300)) + "      dnsPolicy: Default\n")),
        Good(manifest(_with(*_long(300)).replace(", image: \"shop/cart:3-alpine3.22\"", ""))),
        Good(manifest(_with("a.io", "b.io", "c.io", "d.io", image=_CENTOS).replace("      dnsC", f"{_SIDECAR}      dnsC"))),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        config = workload.dns_config
        written = [each for each in config.items("searches") if isinstance(each, Scalar)] if config is not None else []
        if not written or not is_complete(workload) or any(is_placeholder(each.value) for each in written):
            return
        libc = libc_of(workload, cluster.facts.libc)
        images = [str(each.image) for each in workload.containers]
        old = all((release := glibc_release_of(each)) is not None and release < _READS_ALL for each in images)
        resolver = pod_resolver(workload, cluster.cluster_domain, libc or GLIBC)
        if resolver is None or libc != MUSL and not old:
            return
        line = len(f"search {' '.join(resolver.search)}\n")
        if libc == MUSL and line > MUSL_LINE:
            yield self.finding(
                written[0].span,
                f"the search list of the pod has {line} characters, but musl, the libc of `{images[0]}`, ignores a list with more "
                f"than {MUSL_LINE}, so short names do not resolve",
                help="Keep only the domains that you need. Or use an image with glibc.",
            )
        elif libc != MUSL and (first := _first_dropped(resolver.search)) is not None:
            at = next((each for each in written if each.value == resolver.search[first]), None)
            many = first == OLD_MAX_SEARCHES
            most = f"{OLD_MAX_SEARCHES} domains" if many else f"{OLD_MAX_SEARCH_CHARACTERS} characters"
            if at is not None:
                yield self.finding(
                    at.span,
                    f"the search list of the pod has {len(resolver.search)} domains, but glibc before 2.26, which "
                    f"`{images[0]}` has, reads {most}, so it never tries `{at.value}`",
                    help="Keep only the domains that you need. Or use a newer image.",
                )


def _first_dropped(search: tuple[str, ...]) -> int | None:
    """The first domain of a list that an old glibc does not read."""
    for number in range(len(search)):
        if number >= OLD_MAX_SEARCHES or len(" ".join(search[: number + 1])) > OLD_MAX_SEARCH_CHARACTERS:
            return number
    return None
