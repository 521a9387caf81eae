"""Which plugins and options each CoreDNS release knows.

The data (``data/releases.json``) was read from the sources of the releases themselves: a row is the first release that
knows the name, and the last one where a later release refuses it. ``without_effect`` holds options that a plugin still
reads, and since when it does nothing with them.

- https://github.com/coredns/coredns/tree/master/notes (the release notes)
- https://github.com/coredns/coredns/blob/master/plugin.cfg (the plugins of a release)
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from kpl.text.version import Version


@cache
def _data() -> dict[str, Any]:
    import json

    data: dict[str, Any] = json.loads(Path(__file__).with_name("data").joinpath("releases.json").read_text("utf-8"))
    return data


@cache
def releases() -> tuple[Version, ...]:
    """The CoreDNS releases that the data knows, oldest first."""
    return tuple(Version(text) for text in _data()["versions"])


def _end(row: list[str] | None) -> Version | None:
    """The first release without what `row` is about."""
    if row is None or len(row) < 2:
        return None
    all_ = releases()
    return all_[all_.index(Version(row[1])) + 1]


def _known(row: list[str] | None, version: Version) -> bool:
    if row is None or version < Version(row[0]):
        return False
    end = _end(row)
    return end is None or version < end


def directive_known(name: str, version: Version) -> bool:
    """Whether a stock CoreDNS of this release has the plugin `name`."""
    return _known(_data()["directives"].get(name), version)


def removed_in(name: str) -> Version | None:
    """The first release without the plugin `name`; None for a plugin that stayed, or that never was part of CoreDNS."""
    return _end(_data()["directives"].get(name))


def directives(version: Version) -> frozenset[str]:
    """The plugins of a stock CoreDNS of this release."""
    return frozenset(name for name, row in _data()["directives"].items() if _known(row, version))


def keyword_known(plugin: str, keyword: str, version: Version) -> bool:
    """Whether the plugin has this option in this release."""
    return _known(_data()["keywords"].get(plugin, {}).get(keyword), version)


def keyword_removed_in(plugin: str, keyword: str) -> Version | None:
    """The first release whose `plugin` refuses the option `keyword` that it used to have."""
    return _end(_data()["keywords"].get(plugin, {}).get(keyword))


def keyword_without_effect_since(plugin: str, keyword: str) -> Version | None:
    """The first release whose `plugin` reads the option `keyword` and does nothing with it."""
    since = _data()["without_effect"].get(plugin, {}).get(keyword)
    return None if since is None else Version(since)
