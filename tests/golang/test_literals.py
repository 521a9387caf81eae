"""strconv's floats and quoted literals; the expected texts are what Go 1.26 says."""

from __future__ import annotations

import pytest

from kpl.golang.literals import parse_float, unquote, unquote_char
from kpl.golang.values import GoError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.5", 1.5),
        ("-1.", -1.0),
        ("+.5e-3", 0.0005),
        ("1e308", 1e308),
        ("1_0.5", 10.5),
        ("0x1p4", 16.0),
        ("0x.8P-1", 0.25),
        ("-0x_1p0", -1.0),
        ("0x1.fffffffffffffp1023", 1.7976931348623157e308),
        ("1e-400", 0.0),
        ("-Infinity", float("-inf")),
    ],
)
def test_numbers(text: str, number: float) -> None:
    assert parse_float(text, 64) == number


def test_not_a_number() -> None:
    assert str(parse_float("NaN", 64)) == "nan"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "invalid syntax"),
        (".", "invalid syntax"),
        (" 1", "invalid syntax"),
        ("1e", "invalid syntax"),
        ("1e+", "invalid syntax"),
        ("e5", "invalid syntax"),
        ("+nan", "invalid syntax"),
        ("infin", "invalid syntax"),
        ("1_", "invalid syntax"),
        ("_1", "invalid syntax"),
        ("1__0", "invalid syntax"),
        ("1_.5", "invalid syntax"),
        ("0x1", "invalid syntax"),
        ("0x1p", "invalid syntax"),
        ("0x", "invalid syntax"),
        ("0xp1", "invalid syntax"),
        ("1.2.3", "invalid syntax"),
        ("٣", "invalid syntax"),
        ("1e309", "value out of range"),
        ("0x1p1024", "value out of range"),
        ("-1.8e308", "value out of range"),
    ],
)
def test_what_is_no_number(text: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_float(text, 64)
    assert str(caught.value) == f'strconv.ParseFloat: parsing "{text}": {why}'


def test_numbers_of_32_bits_end_earlier() -> None:
    assert parse_float("3.4028235e38", 32) > 3.4e38
    for text in ("3.4028236e38", "-1e39", "0x1p128"):
        with pytest.raises(GoError, match="value out of range"):
            parse_float(text, 32)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('"a b"', "a b"),
        (r'"\a\b\f\n\r\t\v\\\""', '\a\b\f\n\r\t\v\\"'),
        (r'"\x41\101\u00e9\U0001F600é"', "AA\u00e9\U0001f600é"),
        (r'"\xc3\xa9\xff"', "é\udcff"),
        ("`a\r\n\\n`", "a\n\\n"),
        ('"\'"', "'"),
    ],
)
def test_strings(literal: str, text: str) -> None:
    assert unquote(literal) == text


@pytest.mark.parametrize(
    "inner", [r"\q", r"\'", r"\x4", r"\u12", r"\uD800", r"\U00110000", r"\400", r"\8", "\n", '"', "\\"]
)
def test_what_is_no_string(inner: str) -> None:
    with pytest.raises(GoError, match=r"^invalid syntax$"):
        unquote(f'"{inner}"')


def test_characters() -> None:
    assert unquote_char(r"'\''", 1, "'") == (b"'", 3)
    assert unquote_char("'é'", 1, "'") == ("é".encode(), 2)
    for text in ("''", "'", "'\\"):
        with pytest.raises(GoError, match=r"^invalid syntax$"):
            unquote_char(text, 1, "'")
