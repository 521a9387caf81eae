"""Which plugins and options each CoreDNS release knows.

The data (`kpl.coredns.releases`) was read from the sources of the releases themselves: a row is the first release that
knows the name, and the last one where a later release refuses it. ``without_effect`` holds options that a plugin still
reads, and since when it does nothing with them.

- https://github.com/coredns/coredns/tree/master/notes (the release notes)
- https://github.com/coredns/coredns/blob/master/plugin.cfg (the plugins of a release)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from kpl.coredns.releases import DIRECTIVES, KEYWORDS, ORDER, VERSIONS, WITHOUT_EFFECT
from kpl.text.version import Version

DATA_PLUGINS = tuple("template hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd".split())
"""The plugins that answer from data that they hold, and pass other names to the next plugin with ``fallthrough``."""
ANSWERING_PLUGINS = (*DATA_PLUGINS, "dynupdate", "forward", "grpc", "erratic", "whoami", "nomad")
"""The plugins that answer queries, `DATA_PLUGINS` among them."""

NEWEST_COREDNS = Version(VERSIONS[-1])
"""The newest release that is known, which everything is checked as where nothing tells of another."""


@cache
def releases() -> tuple[Version, ...]:
    """The CoreDNS releases that the data knows, oldest first."""
    return tuple(Version(text) for text in VERSIONS)


def nearest_release(version: Version) -> Version:
    """The release of the data that `version` is checked as: itself, or the newest one before it."""
    return next((each for each in reversed(releases()) if each <= version), releases()[0])


def _end(row: tuple[str, ...] | None) -> Version | None:
    """The first release without what `row` is about."""
    if row is None or len(row) < 2:
        return None
    all_ = releases()
    return all_[all_.index(Version(row[1])) + 1]


def _known(row: tuple[str, ...] | None, version: Version) -> bool:
    if row is None or version < Version(row[0]):
        return False
    end = _end(row)
    return end is None or version < end


def directive_known(name: str, version: Version) -> bool:
    """Whether a stock CoreDNS of this release has the plugin `name`."""
    return _known(DIRECTIVES.get(name), version)


def chain_known(names: Iterable[str], version: Version) -> bool:
    """Whether it is known what a stock CoreDNS of this release does with the plugins `names`: not of those removed since."""
    return all(directive_known(name, version) and directive_known(name, NEWEST_COREDNS) for name in names)


def added_in(name: str) -> Version | None:
    """The first release with the plugin `name`; None for one that never was part of CoreDNS."""
    row = DIRECTIVES.get(name)
    return None if row is None else Version(row[0])


def removed_in(name: str) -> Version | None:
    """The first release without the plugin `name`; None for a plugin that stayed, or that never was part of CoreDNS."""
    return _end(DIRECTIVES.get(name))


def directives(version: Version) -> frozenset[str]:
    """The plugins of a stock CoreDNS of this release."""
    return frozenset(name for name, row in DIRECTIVES.items() if _known(row, version))


def keyword_known(plugin: str, keyword: str, version: Version) -> bool:
    """Whether the plugin has this option in this release."""
    return _known(KEYWORDS.get(plugin, {}).get(keyword), version)


def keyword_removed_in(plugin: str, keyword: str) -> Version | None:
    """The first release whose `plugin` refuses the option `keyword` that it used to have."""
    return _end(KEYWORDS.get(plugin, {}).get(keyword))


def keyword_without_effect_since(plugin: str, keyword: str) -> Version | None:
    """The first release whose `plugin` reads the option `keyword` and does nothing with it."""
    since = WITHOUT_EFFECT.get(plugin, {}).get(keyword)
    return None if since is None else Version(since)


OLDEST_SETUP = Version("1.7.0")
"""The oldest release whose setup functions are known."""


@cache
def setup_order(version: Version) -> tuple[str, ...]:
    """The plugins of this release in the order in which they are set up; that of 1.7.0 for older ones."""
    starts = [start for start in ORDER if Version(start) <= version]
    order = ORDER[starts[-1] if starts else next(iter(ORDER))]
    known = directives(version)
    return tuple(name for name in order if name in known)


def runs_before(first: str, second: str, version: Version) -> bool:
    """Whether a query comes to the plugin `first` before it comes to `second`; False if this release does not have both."""
    order = setup_order(version)
    return first in order and second in order and order.index(first) < order.index(second)


def directive_order(name: str) -> int:
    """The place of a plugin in the chain of the newest release; plugins with a higher one are asked later."""
    return setup_order(NEWEST_COREDNS).index(name)
