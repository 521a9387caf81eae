"""What stands between an opening and a closing."""

from __future__ import annotations

import re

import pytest

from kpl.text.enclosed import enclosed

OPENING = re.compile(r"\{\$|\{%|\{\{|<<|!")
CLOSING = {"{$": "}", "{%": "%}", "{{": "}}", "<<": ">>"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a {$B} c {%D%}", ["{$B}", "{%D%}"]),
        ("{{ a }}{{b}}", ["{{ a }}", "{{b}}"]),
        ("{$A {$B}", ["{$A {$B}"]),
        ("{$A", []),
        ("{$A {{b}}", ["{$A {{b}"]),
        ("{{a {$B}", ["{$B}"]),
        # what has no closing stands for itself
        ("a ! b {$C}", ["!", "{$C}"]),
        # a line end between the two
        ("{$A\n} {$B}", ["{$B}"]),
        ("{{a\n}}", []),
        ("{$A}\n{$B}", ["{$A}", "{$B}"]),
        # closed by the last characters of a line
        ("{%A%}\n", ["{%A%}"]),
        # alone it stands for itself
        ("<< a", ["<<"]),
        ("<< a >> b << c", ["<< a >>", "<<"]),
        ("", []),
    ],
)
def test_what_is_enclosed(text: str, found: list[str]) -> None:
    spans = enclosed(text, OPENING, CLOSING, re.compile("\n"), alone=("<<",))
    assert [text[slice(*span)] for span in spans] == found
