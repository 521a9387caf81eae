from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.text.words import and_more, closest, distance, listed


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


@pytest.mark.parametrize(
    ("word", "name", "slips"),
    [
        ("node", "mode", None),
        ("NODE", "node", 0),
        ("nodes", "modes", 1),
        ("nodes", "maxes", None),
        ("abcdefg", "abcdexg", 1),
        ("abcdefg", "abcxexg", None),
        ("abcdefgh", "abcxexgh", 2),
        ("abcdefgh", "axcxexgh", None),
        ("abcdefgh", "abcdefghij", 2),
        ("abcdefgh", "abcdefghijk", None),
    ],
)
def test_a_longer_word_may_have_more_slips(word: str, name: str, slips: int | None) -> None:
    assert closest(word, [name]) == (None if slips is None else (name, slips))


def test_words_in_a_sentence() -> None:
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [and_more(count, "rule") for count in (0, 1, 2, 1200)] == [
        "",
        " (and 1 more rule)",
        " (and 2 more rules)",
        " (and 1,200 more rules)",
    ]
    assert and_more(2, "address") == " (and 2 more addresses)"
