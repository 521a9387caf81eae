"""Lines of which few differ in more than their words: lark parses the first line of each shape, the others follow it.

A shape is what stays of a line without its words: ``tcp 0 0 TIME_WAIT src= dst= sport= dport= ...``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from kpl.text import late
from kpl.text.span import Span, Text

LONGEST_LINE = 65_536
MANY_SHAPES = 2000
"""Dumps have some thirty; what comes after so many is not looked at."""

MANY_FAILURES = 1000
"""After so many lines that the grammar does not have, a shape is given up with its first one."""

_WORD = late.pattern(r"\S+")
_LINE_END = late.pattern(r"[\r\n]")

Learned = TypeVar("Learned")


class Shapes(Generic[Learned]):
    """What `learn` makes of lark's tree for the first line of each shape, None for a line that the grammar does not have."""

    def __init__(self, grammar: str, start: str, learn: Callable[[Any, str], Learned | None]) -> None:
        self._grammar = grammar
        self._start = start
        self._learn = learn
        self._known: dict[str, Learned | None] = {}
        self._failures = 0

    def of(self, shape: str, line: str) -> Learned | None:
        """What is known of the lines that have the shape of `line`."""
        try:
            return self._known[shape]
        except KeyError:
            pass
        if len(self._known) >= MANY_SHAPES or len(line) > LONGEST_LINE:
            return None
        tree = tree_of(self._grammar, self._start, line)
        learned = None if tree is None else self._learn(tree, line)
        # a broken line must not hide the good ones of its shape, nor may a file of broken ones take forever
        self._failures += learned is None
        if learned is not None or self._failures > MANY_FAILURES:
            self._known[shape] = learned
        return learned


def tree_of(grammar: str, start: str, line: str) -> Any:
    """lark's tree of `line`; None where the grammar does not have it."""
    from kpl_grammars import is_refusal, parser

    try:
        return parser(grammar).parse(line, start=start)
    except Exception as error:
        if not is_refusal(error):
            raise
        return None


def tokens_of(tree: Any) -> Iterator[Any]:
    """The tokens of a tree, in their order. (lark's own `scan_values` is no part of a generated parser.)"""
    for child in tree.children:
        if hasattr(child, "children"):
            yield from tokens_of(child)
        else:
            yield child


def word_number(line: str, position: int) -> int:
    """Which word of `line`, from 0, starts at `position`."""
    return len(line[:position].split())


def words_at(line: str, start: int) -> list[Text]:
    """The words of `line`, which starts at `start` of its text."""
    return [Text(each.group(), Span(start + each.start(), start + each.end())) for each in _WORD.finditer(line)]


def words_span(text: str, start: int) -> Span:
    """Where the words of the line stand that starts at `start`, without a comment."""
    line = line_at(text, start)
    lead = len(line) - len(line.lstrip())
    return Span(start + lead, start + lead + len(bare(line)))


def lines_of(text: str) -> Iterator[tuple[str, int]]:
    """The lines of `text` without their line ends, and where each starts; LF, CR LF and CR end a line."""
    at = 0
    for line in text.replace("\r\n", " \n").replace("\r", "\n").split("\n"):
        yield line, at
        at += len(line) + 1


def open_line(text: str) -> Span | None:
    """The last line of `text` where no line end follows it: it may be cut off. None for a blank one."""
    start = max(text.rfind("\n"), text.rfind("\r")) + 1
    return Span(start, len(text)) if text[start:].strip() else None


def closed_lines_of(text: str) -> Iterator[tuple[str, int]]:
    """As `lines_of`, without the line that `open_line` finds."""
    found = open_line(text)
    return lines_of(text[: found.start] if found else text)


def bare(line: str) -> str:
    """`line` without the blanks around it, and without a comment; dumps have none but those that silence a rule."""
    return line.partition(" # kpl:")[0].strip() if not line.startswith("#") else ""


def line_at(text: str, start: int) -> str:
    """The line of `text` that starts at `start`."""
    end = _LINE_END.search(text, start)
    return text[start : end.start() if end else len(text)]
