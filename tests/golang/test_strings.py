"""Case as Go 1.26 maps it."""

from __future__ import annotations

import pytest

from kpl.golang.strings import to_lower, to_upper


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
