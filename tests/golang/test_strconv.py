"""Integers as Go 1.26 reads them."""

from __future__ import annotations

import pytest

from kpl.golang.strconv import parse_int, parse_uint
from kpl.golang.values import GoError

SYNTAX, RANGE = "invalid syntax", "value out of range"

UNSIGNED = [
    ("0", 0, 16, 0),
    ("00", 0, 16, 0),
    ("017", 0, 16, 15),
    ("0o17", 0, 16, 15),
    ("0O17", 0, 16, 15),
    ("0b101", 0, 16, 5),
    ("0xFFee", 0, 16, 0xFFEE),
    ("0x_ff", 0, 16, 255),
    ("1_000", 0, 16, 1000),
    ("0_7", 0, 16, 7),
    ("65535", 10, 16, 65535),
    ("007", 10, 16, 7),
    ("65536", 10, 16, RANGE),
    ("99999x", 10, 16, RANGE),
    ("x99999", 10, 16, SYNTAX),
    ("", 0, 16, SYNTAX),
    ("", 10, 16, SYNTAX),
    ("08", 0, 16, SYNTAX),
    ("0x", 0, 16, SYNTAX),
    ("0o", 0, 16, SYNTAX),
    ("0b2", 0, 16, SYNTAX),
    ("1__0", 0, 16, SYNTAX),
    ("1_", 0, 16, SYNTAX),
    ("_1", 0, 16, SYNTAX),
    ("_", 0, 16, SYNTAX),
    ("1_0", 10, 16, SYNTAX),
    ("0x10", 10, 16, SYNTAX),
    ("+1", 10, 16, SYNTAX),
    ("-1", 10, 16, SYNTAX),
    ("٣", 10, 16, SYNTAX),
    ("9" * 100_000, 10, 64, RANGE),
]


@pytest.mark.parametrize(("word", "base", "bits", "result"), UNSIGNED)
def test_parse_uint(word: str, base: int, bits: int, result: int | str) -> None:
    if isinstance(result, int):
        assert parse_uint(word, base, bits) == result
    else:
        with pytest.raises(GoError) as raised:
            parse_uint(word, base, bits)
        assert str(raised.value) == f'strconv.ParseUint: parsing "{word}": {result}'


SIGNED = [
    ("+5", 10, 32, 5),
    ("-5", 10, 32, -5),
    ("2147483647", 10, 32, 2147483647),
    ("-2147483648", 10, 32, -2147483648),
    ("-0x10", 0, 32, -16),
    ("2147483648", 10, 32, RANGE),
    ("-2147483649", 10, 32, RANGE),
    ("4294967296", 10, 32, RANGE),
    ("", 10, 32, SYNTAX),
    ("-", 10, 32, SYNTAX),
    ("+", 10, 32, SYNTAX),
    ("--1", 10, 32, SYNTAX),
    ("1.5", 10, 32, SYNTAX),
]


@pytest.mark.parametrize(("word", "base", "bits", "result"), SIGNED)
def test_parse_int(word: str, base: int, bits: int, result: int | str) -> None:
    if isinstance(result, int):
        assert parse_int(word, base, bits) == result
    else:
        with pytest.raises(GoError) as raised:
            parse_int(word, base, bits)
        assert str(raised.value) == f'strconv.ParseInt: parsing "{word}": {result}'
