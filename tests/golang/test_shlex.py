"""Command lines; answers recorded from github.com/flynn/go-shlex, through CoreDNS's directive ``on``."""

from __future__ import annotations

import pytest

from kpl.golang.shlex import split
from kpl.golang.values import GoError


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        (" \t\r\n", []),
        ("a  b\tc", ["a", "b", "c"]),
        ('a"b c"d \'e"f\'', ["ab cd", 'e"f']),
        ("'' \"\"", ["", ""]),
        ("a#b # c\nd", ["a#b", "d"]),
        ("# all of it", []),
        (r"a\ b \# \"", ["a b", "#", '"']),
        ('"a\\"b\\c" \'x\\y\'', ['a"bc', r"x\y"]),
        ("\"é\" 'é'", ["é", "é"]),
        ("!#$%&()*+,-./0123456789:;<=>?@[]^_{|}~", ["!#$%&()*+,-./0123456789:;<=>?@[]^_{|}~"]),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz",
            ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"],
        ),
        ("#\n", []),
        ("a #b\n#c\nd", ["a", "d"]),
        ("'a#b' 'a\nb'", ["a#b", "a\nb"]),
        ("a\rb\nc", ["a", "b", "c"]),
        (r'"a\\b" "\'" \' \a', ["a\\b", "'", "'", "a"]),
        ("a\\\nb", ["a\nb"]),
        ("''a a''", ["a", "a"]),
        ("\\ ", [" "]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a 'b", "EOF found when expecting closing quote."),
        ('a"b', "EOF found when expecting closing quote."),
        ("a\\", "EOF found after escape character"),
        ('"a\\', "EOF found after escape character"),
        ("é", "Unknown rune: 233"),
        ("`", "Unknown rune: 96"),
        ("\0", "Unknown rune: 0"),
        ("\x7f", "Unknown rune: 127"),
        ("a`", "Uknown rune: 96"),
        ("a\vb", "Uknown rune: 11"),
        ('"', "EOF found when expecting closing quote."),
        ('"a\\"', "EOF found when expecting closing quote."),
        ("aé", "Uknown rune: 233"),
        ("a\\é", "Uknown rune: 233"),
        ('"\\é"', "Uknown rune: 233"),
    ],
)
def test_what_is_no_command_line(line: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        split(line)
    assert str(caught.value) == why
