"""Case as Go 1.26 maps it, and the space around a text."""

from __future__ import annotations

import pytest

from kpl.golang.strings import to_lower, to_upper, trim_space


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("Set-1", "set-1", "SET-1"),
        ("Ä", "ä", "Ä"),
        ("ß", "ß", "ß"),
        ("ŉ", "ŉ", "ŉ"),
        ("ΑΣ", "ασ", "ΑΣ"),
        ("İ", "i", "İ"),
        ("ıſ", "ıſ", "IS"),
        ("ᾳ", "ᾳ", "ᾼ"),
        ("ﬁ", "ﬁ", "ﬁ"),
        ("\u212a", "k", "\u212a"),
    ],
)
def test_case(text: str, lower: str, upper: str) -> None:
    assert (to_lower(text), to_upper(text)) == (lower, upper)


@pytest.mark.parametrize("space", [*"\t\n\v\f\r \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"])
def test_space_is_trimmed(space: str) -> None:
    assert trim_space(f"{space}a{space}b{space}{space}") == f"a{space}b"


@pytest.mark.parametrize("rune", [*"\x1c\x1f\x84\u180e\u1fff\u200b\u2027\u2060\ufeff"])
def test_what_is_no_space_stays(rune: str) -> None:
    assert trim_space(f" {rune} ") == rune
