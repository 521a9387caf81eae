from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.text.words import closest, distance


@pytest.mark.parametrize(
    ("a", "b", "slips"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("abc", "ab", 1),
        ("abc", "acb", 1),
        ("abc", "axc", 1),
        ("abcd", "badc", 2),
        ("", "ab", 2),
    ],
)
def test_distance(a: str, b: str, slips: int) -> None:
    assert distance(a, b) == slips


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_the_same_both_ways(a: str, b: str) -> None:
    assert distance(a, b) == distance(b, a)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("clusterCidr", ("clusterCIDR", 0)),
        ("MODE", ("mode", 0)),
        ("clusterCIRD", ("clusterCIDR", 1)),
        ("custerCIRD", ("clusterCIDR", 2)),
        ("node", None),
        ("modes", ("mode", 1)),
        ("somethingElse", None),
    ],
)
def test_closest(word: str, meant: tuple[str, int] | None) -> None:
    assert closest(word, ["mode", "clusterCIDR", "bindAddress"]) == meant


def test_two_names_equally_near_are_a_guess() -> None:
    assert closest("timeout-c", ["timeout-a", "timeout-b"]) is None
