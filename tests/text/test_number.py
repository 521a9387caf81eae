"""Numbers of any length and in any digits: none raises, and what is no number is None."""

from __future__ import annotations

import pytest

from kpl.text.number import probability, whole_number
from kpl.text.version import Version

LONG = "9" * 5000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("007", 7), ("65535", 65535), ("0" * 5000 + "5", 5), ("9" * 20, 10**20 - 1), (LONG, 10**20),
        ("", None), ("-1", None), ("+1", None), ("1.0", None), ("1e9", None), (" 1", None), ("1\n", None),
        ("\u0663", None), ("\u00b2", None), ("\uff15", None),
    ],
)  # fmt: skip
def test_whole_number(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (None, 1.0),
        ("0.50000000000", 0.5),
        ("1", 1.0),
        ("nan", 0.0),
        ("inf", 0.0),
        ("1e999", 0.0),
        ("-5", 0.0),
        ("x", 0.0),
        (LONG, 0.0),
    ],
)
def test_a_probability_is_one_that_json_can_hold(text: str | None, part: float) -> None:
    assert probability(text) == part


@pytest.mark.parametrize("text", ["1.2.3-rc.1", "v1.37", "20260102123456"])
def test_a_version_may_be_a_date(text: str) -> None:
    assert Version(text).numbers[0] > 0


@pytest.mark.parametrize("text", [LONG, f"1.{LONG}", f"v1.2.{LONG}", "\u0661.2", "x"])
def test_what_is_no_version_is_told_in_few_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version") as error:
        Version(text)
    assert len(str(error.value)) < 200


def test_the_suffix_of_a_pre_release_is_shown_and_does_not_count() -> None:
    assert [str(Version(text)) for text in ("v1.38.0-beta.0", "1.38.0-rc.1", "1.38.0", "1.37.2-gke.100")] == [
        "1.38.0-beta.0",
        "1.38.0-rc.1",
        "1.38",
        "1.37.2",
    ]
    assert Version("1.38.0-beta.0") == Version("1.38")
    assert Version("1.38.0-beta.0").minor == "1.38"
    assert str(Version("1.38.0-beta.0.7")) == "1.38"
