from __future__ import annotations

import pytest

from kpl.coredns.releases import DIRECTIVES, KEYWORDS, WITHOUT_EFFECT
from kpl.coredns.versions import (
    NEWEST_COREDNS,
    directive_known,
    directives,
    keyword_known,
    keyword_removed_in,
    keyword_without_effect_since,
    releases,
    removed_in,
)
from kpl.text.version import Version


def test_shape() -> None:
    assert list(releases()) == sorted(set(releases()))
    known = set(releases())
    for rows in (DIRECTIVES, *KEYWORDS.values()):
        for name, row in rows.items():
            assert 1 <= len(row) <= 2, name
            assert {Version(text) for text in row} <= known, name
            assert Version(row[0]) <= Version(row[-1]), name
            assert len(row) == 1 or Version(row[1]) < releases()[-1], f"{name}: nothing comes after the newest release"


def test_options_belong_to_plugins() -> None:
    assert set(KEYWORDS) <= set(DIRECTIVES)
    for plugin, options in WITHOUT_EFFECT.items():
        assert set(options) <= set(KEYWORDS[plugin])
        for option, since in options.items():
            assert keyword_known(plugin, option, Version(since))


@pytest.mark.parametrize(
    ("plugin", "release"),
    [
        ("startup", "1.1.1"),
        ("shutdown", "1.1.1"),
        ("reverse", "1.2.0"),
        ("proxy", "1.5.0"),
        ("federation", "1.7.0"),
    ],
)
def test_removed_plugins(plugin: str, release: str) -> None:
    removed = Version(release)
    before = releases()[releases().index(removed) - 1]
    assert removed_in(plugin) == removed
    assert directive_known(plugin, before)
    assert plugin in directives(before)
    assert not directive_known(plugin, removed)
    assert plugin not in directives(removed)


def test_no_other_plugin_was_removed() -> None:
    assert {name for name in DIRECTIVES if removed_in(name)} == {
        "federation",
        "proxy",
        "reverse",
        "shutdown",
        "startup",
    }


@pytest.mark.parametrize(
    ("plugin", "first"), [("ready", "1.5.0"), ("loop", "1.2.1"), ("transfer", "1.6.5"), ("multisocket", "1.12.0")]
)
def test_new_plugins(plugin: str, first: str) -> None:
    before = releases()[releases().index(Version(first)) - 1]
    assert directive_known(plugin, Version(first))
    assert not directive_known(plugin, before)
    assert removed_in(plugin) is None


def test_releases_that_the_data_does_not_list() -> None:
    assert directive_known("forward", Version("1.11.2"))
    assert directive_known("forward", Version("2.0.0"))
    assert not directive_known("proxy", Version("2.0.0"))
    assert not directive_known("errors", Version("0.9.9"))


def test_external_plugins_are_unknown_and_not_removed() -> None:
    assert not directive_known("k8s_gateway", NEWEST_COREDNS)
    assert removed_in("k8s_gateway") is None
    assert keyword_removed_in("k8s_gateway", "upstream") is None
    assert keyword_without_effect_since("k8s_gateway", "upstream") is None


def test_removed_options() -> None:
    found = {
        (plugin, option): str(removed)
        for plugin, options in KEYWORDS.items()
        for option in options
        if (removed := keyword_removed_in(plugin, option))
    }
    assert found == {
        ("auto", "no_reload"): "1.5",
        ("auto", "transfer"): "1.8",
        ("file", "no_reload"): "1.5",
        ("file", "transfer"): "1.8",
        ("kubernetes", "resyncperiod"): "1.6",
        ("kubernetes", "transfer"): "1.8",
        ("kubernetes", "upstream"): "1.7",
        ("secondary", "upstream"): "1.8",
    }


def test_options_without_effect() -> None:
    assert keyword_without_effect_since("kubernetes", "upstream") == Version("1.5.2")
    assert keyword_without_effect_since("etcd", "stubzones") == Version("1.4.0")
    assert keyword_without_effect_since("forward", "expire") is None


def test_new_options() -> None:
    assert keyword_known("health", "lameduck", Version("1.0.5"))
    assert not keyword_known("health", "lameduck", Version("1.0.4"))
    assert keyword_known("forward", "max_concurrent", Version("1.6.9"))
    assert not keyword_known("forward", "failover", Version("1.12.4"))
