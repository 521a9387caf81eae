"""Heredocs, as Terraform and shells have them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kpl.inputs.hosts.blocks import lines_of
from kpl.text import late
from kpl.text.span import Span

_WORD = late.pattern(r"([ \t]*)([A-Za-z_][\w-]*)([ \t]*)\r?\n?$")
ANYWHERE, BEHIND_TABS, AT_START = "anywhere", "behind tabs", "at the start"
"""Where the word that closes a heredoc may stand on its line."""


class Heredoc(NamedTuple):
    """A heredoc: the line that opens it, as `opening` matched there, and where the lines of its text are."""

    line: Span
    opened: re.Match[str]
    text: Span


def heredocs(
    text: str, opening: re.Pattern[str], comments: tuple[str, ...], where: Callable[[re.Match[str]], str]
) -> Iterator[Heredoc]:
    """The heredocs of `text`, each opened by a line in which `opening` finds its `word`, and closed by one with this word alone.

    `where` tells of the opening where the closing word may stand.
    """
    lines = list(lines_of(text))
    closing: dict[tuple[str, str], list[int]] = {}
    for number, line in enumerate(lines):
        found = _WORD.match(text, *line)
        if found is not None:
            closing.setdefault((found[2], ANYWHERE), []).append(number)
            if not (found[1].strip("\t") or found[3]):
                closing.setdefault((found[2], BEHIND_TABS), []).append(number)
            if not (found[1] or found[3]):
                closing.setdefault((found[2], AT_START), []).append(number)
    number = 0
    while number < len(lines):
        line = lines[number]
        opened = None
        if "<<" in text[slice(*line)] and not text[slice(*line)].lstrip().startswith(comments):
            opened = opening.search(text, *line)
        number += 1
        if opened is None:
            continue
        ends = closing.get((opened["word"], where(opened)), [])
        at = bisect_left(ends, number)
        if at < len(ends):
            end = ends[at]
            yield Heredoc(line, opened, Span(line.end, lines[end].start))
            number = end + 1
