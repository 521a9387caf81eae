"""What is in the images of NodeLocal DNSCache, release by release.

Source: the imports of cmd/node-cache/main.go and go.mod in kubernetes/dns, at each tag from 1.15.0 to 1.26.7 and after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kpl.coredns.deployed import release_of
from kpl.inputs.objects.workloads import Workload
from kpl.text.version import Version


class NodeCache(NamedTuple):
    """The image of NodeLocal DNSCache: its release of CoreDNS, and the plugins that it has."""

    coredns: Version
    plugins: frozenset[str]


_FIRST = "bind cache errors forward health log loop prometheus reload"
_RELEASES = (
    ("1.15.0", "1.2.6", _FIRST),
    ("1.15.6", "1.6.7", "debug"),
    ("1.15.8", "1.6.7", "pprof"),
    ("1.15.10", "1.6.7", "loadbalance whoami"),
    ("1.15.13", "1.6.7", "template"),
    ("1.16.0", "1.7.0", ""),
    ("1.17.0", "1.7.0", "hosts rewrite trace"),
    ("1.20.0", "1.8.3", ""),
    ("1.21.0", "1.7.0", ""),
    ("1.21.3", "1.7.0", "dns64"),
    ("1.22.7", "1.7.0", "bufsize"),
    ("1.22.14", "1.10.0", ""),
    ("1.24.0", "1.11.3", ""),
    ("1.26.5", "1.12.2", ""),
    ("1.26.6", "1.13.1", ""),
    ("1.26.8", "1.13.2", "timeouts"),
)
"""The first release of the image with it, its CoreDNS, and the plugins that are new in it."""


def node_cache(release: Version | None = None) -> NodeCache:
    """What is in the image of this release; without one, in the newest one that is known."""
    plugins: set[str] = set()
    coredns = _RELEASES[0][1]
    for first, version, new in _RELEASES:
        if release is None or release >= Version(first):
            coredns = version
            plugins.update(new.split())
    return NodeCache(Version(coredns), frozenset(plugins or _FIRST.split()))


def node_cache_of(workloads: Iterable[Workload]) -> NodeCache:
    """What is in the image of NodeLocal DNSCache: of the only tag that the manifests show, or the newest one that is known."""
    images = [each for workload in workloads for each in workload.containers if "node-cache" in (each.image or "")]
    releases = {release_of(each) for each in images}
    return node_cache(releases.pop() if len(releases) == 1 else None)
