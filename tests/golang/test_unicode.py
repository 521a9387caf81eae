"""What Go 1.26 knows of Unicode 15, whatever the edition of Python."""

from __future__ import annotations

import pytest

from kpl.golang.unicode import class_name, class_runes, code_point, is_letter_or_digit, is_print


@pytest.mark.parametrize(
    ("characters", "printed"),
    [
        (" a~é€\u1e9e\ufffd\U0001fae8\U000323af", True),
        ("\n\x1f\x7f\x80\xa0\xad\u200b\u2028\ue000\ufffe\ud800\U0001fadf\U000e0001\U0010ffff", False),
    ],
)
def test_what_is_printed(characters: str, printed: bool) -> None:
    assert [is_print(each) for each in characters] == [printed] * len(characters)


def test_letters_and_digits() -> None:
    assert all(map(is_letter_or_digit, "azAZ09éß٣\u01c5\u02b0\u4e00\U0001e943"))
    assert not any(map(is_letter_or_digit, "_ -²½\u0301\u2160€\udcff\U0001e944"))


def test_code_points() -> None:
    assert [code_point(each) for each in "a\n€\u200b\U0001fae8\udcff"] == [
        "U+0061 'a'",
        "U+000A",
        "U+20AC '€'",
        "U+200B",
        "U+1FAE8 '\U0001fae8'",
        "U+FFFD '\ufffd'",
    ]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("L", "L"),
        ("lu", "Lu"),
        ("Uppercase_Letter", "Lu"),
        (" greek- ", "Greek"),
        ("LC", "LC"),
        ("ascii", "ASCII"),
        ("Any", "Any"),
        ("Old_Italic", None),
        ("", None),
        ("Klingon", None),
        ("\u017fc", None),
    ],
)
def test_names_of_classes(name: str, known: str | None) -> None:
    assert class_name(name) == known


def test_sizes_of_classes() -> None:
    assert class_runes("L", folded=False, negated=False) == 1318
    assert class_runes("Lu", folded=True, negated=False) == 352
    assert class_runes("Lu", folded=False, negated=True) == 1294
    assert class_runes("Lu", folded=True, negated=True) == 354
