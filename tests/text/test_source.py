"""Bytes to characters and back, and the positions that people read."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kpl.text.source import Source
from kpl.text.span import Span


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbfa")
@example(b"\xff\xfea\x00b")
@example(b"\xff\xfe\x00\xd8")
@example(b"\xfe\xff\x00")
@example(b"caf\xe9\r\n")
@settings(max_examples=100, deadline=None)
def test_any_bytes_come_back_as_they_were(data: bytes) -> None:
    source = Source.from_bytes("f", data)
    assert source.encode(source.text) == data


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_is_no_text_and_is_kept(bom: bytes, encoding: str) -> None:
    data = bom + "größe 😀\n".encode(encoding)
    source = Source.from_bytes("f", data)
    assert source.text == "größe 😀\n"
    assert source.valid
    assert source.encode(source.text + "x") == data + "x".encode(encoding)
    assert source.with_text("y").encode("y") == bom + "y".encode(encoding)


def test_bytes_that_are_no_utf8_are_told_and_kept() -> None:
    source = Source.from_bytes("f", b"caf\xe9 {\n")
    assert not source.valid
    assert len(source.text) == len("café {\n")
    assert source.encode(source.text.replace("{", "}")) == b"caf\xe9 }\n"


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("ab", 2, (1, 3)),
        ("a\nb", 1, (1, 2)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("a\r\rb", 3, (3, 1)),
        ("a\n\rb", 3, (3, 1)),
        ("a\n", 2, (2, 1)),
        # columns are code points: neither bytes nor UTF-16 units nor the columns of a screen
        ("😀é\tb", 3, (1, 4)),
        # what Unicode calls a line end is none
        ("a\u2028b\x0bc\x85d", 6, (1, 7)),
    ],
)
def test_lines_and_columns_count_from_one(text: str, offset: int, position: tuple[int, int]) -> None:
    assert Source("f", text).position(offset) == position


@given(st.text(alphabet="a\r\n ", max_size=30), st.integers(1, 31))
@settings(max_examples=200, deadline=None)
def test_lines_and_their_ends_are_the_whole_text(text: str, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kpl.text.source._BLOCK", block)
        _check_lines(text)


def _check_lines(text: str) -> None:
    source = Source("f", text)
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
    assert source.line_count == len(starts)
    for number, start in enumerate(starts, 1):
        span = source.line_span(number)
        end = starts[number] if number < len(starts) else len(text)
        assert span.start == start
        assert text[span.end : end] in ("", "\n", "\r\n", "\r")
        assert source.line(number) == text[span.start : span.end]
        assert not set(source.line(number)) & {"\r", "\n"}
        for offset in range(start, max(end, start + 1)):
            assert source.position(offset) == (number, offset - start + 1)


def test_the_cr_of_a_line_end_is_no_part_of_the_line_and_another_lines_cr_is_none_of_it() -> None:
    source = Source("f", "ab\r\n\r\nc\r\rd\r")
    assert [source.line_span(number) for number in range(1, 7)] == [
        Span(0, 2),
        Span(4, 4),
        Span(6, 7),
        Span(8, 8),
        Span(9, 10),
        Span(11, 11),
    ]


def test_half_a_character_of_utf16_is_read_as_bytes() -> None:
    data = codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"c"
    source = Source.from_bytes("f", data)
    assert (source.encoding, source.valid, source.bom) == ("utf-8", False, b"")
    assert source.encode(source.text) == data


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\n", "\r\n"), ("a\rb\n", "\r")]
)
def test_the_first_line_end_is_the_one_to_write(text: str, newline: str) -> None:
    assert Source("f", text).newline == newline


def test_a_span_is_moved_as_a_whole() -> None:
    assert Span(2, 5).shifted(3) == Span(5, 8)
