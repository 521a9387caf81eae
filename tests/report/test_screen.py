"""The source line and the caret below it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpl.lint.located import Located, LocatedFix, LocatedRelated
from kpl.lint.rule import Severity
from kpl.report.screen import printable, render
from kpl.text.edit import Edit
from kpl.text.source import Source
from kpl.text.span import Span


def finding(text: str, start: int, end: int, path: str = "f", message: str = "m") -> Located:
    return Located(Source(path, text), Span(start, end), "KPL1", "n", Severity.ERROR, message, "h", "u")


def shown(text: str, word: str) -> list[str]:
    """The lines between the head and the message."""
    start = text.index(word)
    return render(finding(text, start, start + len(word)), color=False).split("\n")[1:-2]


@pytest.mark.parametrize(
    ("text", "word", "lines"),
    [
        ("ab cd\n", "cd", ["1 | ab cd", "  |    ^^"]),
        ("\tab cd\r\nx", "ab", ["1 |     ab cd", "  |     ^^"]),
        ("漢字 ab\n", "ab", ["1 | 漢字 ab", "  |      ^^"]),
        ("a 漢字 b\n", "漢字", ["1 | a 漢字 b", "  |   ^^^^"]),
        ("e\u0301 ab\n", "ab", ["1 | e\u0301 ab", "  |   ^^"]),
        ("a\x1bb cd\n", "cd", ["1 | a\\x1bb cd", "  |        ^^"]),
        ("ab\x00c\n", "b\x00", ["1 | ab\\x00c", "  |  ^^^^^"]),
        ("a\udce9 b\n", "b", ["1 | a\\udce9 b", "  |         ^"]),
        ("ab\n  cd\nx\n", "ab\n  cd", ["1 | ab", "  | ^^", "2 |   cd", "  |   ^^"]),
        ("a\n" * 9 + "bcd", "bcd", ["10 | bcd", "   | ^^^"]),
        ("a\nab cd ef\n", "cd", ["2 | ab cd ef", "  |    ^^"]),
        ("x\n\nab cd\n  ef gh ij\n", "cd\n  ef gh", ["3 | ab cd", "  |    ^^", "4 |   ef gh ij", "  |   ^^^^^"]),
        # the number of the last line that is shown is the widest
        ("a\n" * 8 + "bcd\nx\n", "bcd", ["9 | bcd", "  | ^^^"]),
        ("a\n" * 8 + "b\ncd\n", "b\ncd", [" 9 | b", "   | ^", "10 | cd", "   | ^^"]),
    ],
)
def test_the_caret_covers_the_whole_span(text: str, word: str, lines: list[str]) -> None:
    assert shown(text, word) == lines


def test_an_empty_span_has_one_caret_even_at_the_end() -> None:
    for at, carets in ((0, "^"), (2, "  ^")):
        assert render(finding("ab", at, at), color=False).split("\n")[2] == f"  | {carets}"


def test_a_long_span_is_cut_in_the_middle() -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    lines = render(finding(text, 0, len(text)), color=False).split("\n")
    assert lines[1] == " 1 | line 0"
    assert " 6 | line 5" in lines
    assert "30 | ..." in lines
    assert "line 6" not in "\n".join(lines)


def test_a_long_line_is_cut_around_the_span() -> None:
    text = "x" * 500 + "NEEDLE" + "y" * 500
    line, carets = shown(text, "NEEDLE")
    assert len(line) < 180
    assert line[carets.index("^") : carets.rindex("^") + 1] == "NEEDLE"
    assert line.count("…") == 2


def test_everything_that_a_finding_says_is_printed_and_escaped() -> None:
    other = Source("other\x07", "a\nbc")
    one = finding("ab\n", 0, 2, path="p\x1b", message="m\u202e")._replace(
        fix=LocatedFix("t\x1b", (Edit(0, 1, ""),), safe=False), related=(LocatedRelated(other, Span(3, 4), "see\x9b"),)
    )
    assert render(one, color=False).split("\n") == [
        "p\\x1b:1:1: error KPL1 n",
        "1 | ab",
        "  | ^^",
        "  = m\\u202e",
        "  = help: h",
        "  = see: other\\x07:2:2: see\\x9b",
        "  = fix: t\\x1b (kpl fix --unsafe-fixes)",
    ]


def test_colour_changes_no_character() -> None:
    import click

    one = finding("ab\n", 0, 2)
    assert click.unstyle(render(one, color=True)) == render(one, color=False)
    assert "\x1b[31m" in render(one, color=True)
    assert "\x1b[90m  |\x1b[0m \x1b[31m\x1b[1m^^\x1b[0m" in render(one, color=True)
    assert "\x1b[90m1 |\x1b[0m ab" in render(one, color=True)
    assert "\x1b[1mf\x1b[0m:1:1: \x1b[31m\x1b[1merror\x1b[0m \x1b[1mKPL1 n\x1b[0m" in render(one, color=True)
    assert "\x1b[36mhelp:\x1b[0m h" in render(one, color=True)


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


@given(st.text(alphabet="ab 漢\t\x1b\u0301\r\n\ud800é", max_size=40), st.data())
@settings(max_examples=100, deadline=None)
def test_any_place_in_any_text_can_be_shown(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    lines = render(finding(text, start, end), color=False).split("\n")
    assert all(printable(line) == line for line in lines)
    assert lines[0].startswith("f:")
    for above, below in zip(lines[1:], lines[2:-2], strict=False):
        if "^" in below:
            number = above.partition(" |")[0]
            whole = printable(Source("f", text).line(int(number))).replace(
                "\t", "    "
            )  # blanks at the end are not shown
            assert width(below[: below.index("^")]) <= width(f"{number} | {whole}")
