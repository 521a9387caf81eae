"""Paths as Go joins them."""

from __future__ import annotations

import pytest

from kpl.golang.filepath import clean, join


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [("", "."), ("a//b/./c", "a/b/c"), ("a/../..", ".."), ("/..", "/"), ("//a", "/a"), ("///a/", "/a"), ("a/", "a")],
)
def test_clean(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


@pytest.mark.parametrize(
    ("parts", "joined"),
    [((), ""), (("", ""), ""), (("a", ""), "a"), (("", "b"), "b"), (("/a", "/b"), "/a/b"), (("/a", "../b"), "/b")],
)
def test_join(parts: tuple[str, ...], joined: str) -> None:
    assert join(*parts) == joined
