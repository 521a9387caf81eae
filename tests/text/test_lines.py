from __future__ import annotations

import pytest

from kpl.text.lines import first_line, line_end, line_span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b\nc", "a b"),
        ("\n \n  a b  \nc\n", "a b  "),
        ("  a b  ", "a b"),
        ("a", "a"),
        (" \n ", ""),
        ("", ""),
    ],
)
def test_the_first_line_that_is_not_blank(text: str, shown: str) -> None:
    span = first_line(text)
    assert text[slice(*span)] == shown
    assert span.start <= span.end


def test_the_line_of_an_offset() -> None:
    text = "ab\n\ncd"
    assert [line_end(text, at) for at in range(7)] == [2, 2, 2, 3, 6, 6, 6]
    assert [text[slice(*line_span(text, at))] for at in range(7)] == ["ab", "ab", "ab", "", "cd", "cd", "cd"]
