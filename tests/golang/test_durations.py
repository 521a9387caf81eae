"""Durations in words, and bare numbers as seconds."""

from __future__ import annotations

import pytest

from kpl.golang.durations import duration_string, seconds_or_duration
from kpl.golang.values import GoError

SECOND = 10**9


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (0, "0s"),
        (1, "1ns"),
        (-1, "-1ns"),
        (999, "999ns"),
        (1000, "1µs"),
        (1001, "1.001µs"),
        (-1000, "-1µs"),
        (999_999, "999.999µs"),
        (10**6, "1ms"),
        (1_000_001, "1.000001ms"),
        (SECOND - 1, "999.999999ms"),
        (-SECOND, "-1s"),
        (SECOND + 1, "1.000000001s"),
        (10 * SECOND, "10s"),
        (60 * SECOND - 1, "59.999999999s"),
        (-999, "-999ns"),
        (1100, "1.1µs"),
        (2200000, "2.2ms"),
        (SECOND, "1s"),
        (3300 * 10**6, "3.3s"),
        (60 * SECOND, "1m0s"),
        (-90 * SECOND, "-1m30s"),
        (245 * SECOND + 1, "4m5.000000001s"),
        (3600 * SECOND - 1, "59m59.999999999s"),
        (3600 * SECOND, "1h0m0s"),
        (3661 * SECOND, "1h1m1s"),
        (-25 * 3600 * SECOND, "-25h0m0s"),
        (-(2**63), "-2562047h47m16.854775808s"),
        (2**63 - 1, "2562047h47m16.854775807s"),
    ],
)
def test_durations_in_words(nanoseconds: int, shown: str) -> None:
    assert duration_string(nanoseconds) == shown


@pytest.mark.parametrize(("word", "seconds"), [("5", 5), ("-5", -5), ("+5", 5), ("1m", 60), ("1h1s", 3601)])
def test_a_bare_number_is_seconds(word: str, seconds: int) -> None:
    assert seconds_or_duration(word) == seconds * SECOND


@pytest.mark.parametrize(("word", "shown"), [("", ""), ("x", "x"), ("1.5", "1.5"), ("99999999999", "99999999999s")])
def test_no_duration(word: str, shown: str) -> None:
    with pytest.raises(GoError) as caught:
        seconds_or_duration(word)
    assert str(caught.value) == f"failed to parse duration '{shown}'"
