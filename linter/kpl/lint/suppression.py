"""Comments that silence a rule: ``# kpl: ignore[rule, ...] reason`` and ``# kpl: ignore-file[rule, ...] reason``.

They stand behind what they speak of, or on a line of their own before it; in YAML, in a Corefile inside of a YAML
scalar and in a dump alike, because all of these write comments with ``#``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from kpl.inputs.document import Document
from kpl.text.edit import Edit
from kpl.text.embedding import CharacterMap, Opaque
from kpl.text.source import Source
from kpl.text.span import Span, Text

_COMMENT = re.compile(r"(?:^|(?<=[ \t\r\n]))#[ \t]*kpl:[ \t]*(ignore(?:-file)?)\b(?:\[([^\]\r\n]*)\])?[^\r\n]*")
_NAME = re.compile(r"[^\s,]+")
_COMMENT_LINE = re.compile(r"[ \t]*#")
_REASON = re.compile(r"\w")


@dataclass(eq=False)
class Suppression:
    """One such comment in `text`: the rules it names, and the line that it speaks of (None for the whole file)."""

    text: str = field(repr=False)
    span: Span
    names: list[Text]
    line: int | None
    used: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """Names that no rule has."""
    judged: set[str] = field(default_factory=set)
    """Names of rules that ran and saw all that they look at."""
    certain: set[str] = field(default_factory=set)
    """Those of `judged` whose rules find the same in every run over this file."""

    @property
    def idle(self) -> list[Text]:
        """The names that silenced nothing although their rules saw everything, and those that no rule has."""
        return [name for name in self.names if name not in self.used and (name in self.judged or name in self.unknown)]

    @property
    def has_reason(self) -> bool:
        """Whether somebody wrote why: after the brackets, in a comment before it on its line, or in one on the line above."""
        start = self.text.rfind("\n", 0, self.span.start) + 1
        if self.names and _REASON.search(self.text, self.names[-1].span.end, self.span.end):
            return True
        if "#" in self.text[start : self.span.start]:
            return True
        above = self.text[self.text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
        return _COMMENT_LINE.match(above) is not None and not _COMMENT.search(above)

    def removal(self) -> tuple[Edit, ...]:
        """The edits that take the idle names out, or the whole comment when nothing else is in it."""
        idle = self.idle
        if len(idle) == len(self.names):
            start = self.text.rfind("\n", 0, self.span.start) + 1
            if self.text[start : self.span.start].strip():
                blank = len(self.text[: self.span.start].rstrip(" \t"))
                return (Edit(blank, self.span.end, ""),)
            end = self.text.find("\n", self.span.end)
            return (Edit(start, len(self.text) if end < 0 else end + 1, ""),)
        kept = [name for name in self.names if name not in idle]
        return (Edit(self.names[0].span.start, self.names[-1].span.end, ", ".join(kept)),)


def find_suppressions(text: str) -> Iterator[Suppression]:
    """The suppressions in `text`."""
    if "kpl:" not in text:
        return
    source = Source("", text)
    for found in _COMMENT.finditer(text):
        line, _ = source.position(found.start())
        names = [
            Text(name.group(), Span(found.start(2) + name.start(), found.start(2) + name.end()))
            for name in _NAME.finditer(found.group(2) or "")
        ]
        scope: int | None = line
        if found.group(1) == "ignore-file":
            scope = None
        elif _COMMENT_LINE.match(source.line(line)):
            scope = _next_line(source, line)
        yield Suppression(text, Span(found.start(), len(text[: found.end()].rstrip())), names, scope)


def _next_line(source: Source, line: int) -> int:
    """The first line behind `line` that is no comment."""
    line += 1
    while line < source.line_count and _COMMENT_LINE.match(source.line(line)):
        line += 1
    return line


class Suppressions:
    """All suppressions of one file.

    A scalar that is written on fewer lines than its text has, as `kubectl edit` writes a Corefile with escaped line
    ends, is searched in its own text and its own lines.
    """

    def __init__(self, source: Source, documents: list[Document]) -> None:
        self.source = source
        self._quoted = {id(each): each for each in documents if isinstance(each.embedding, (CharacterMap, Opaque))}
        self.found: list[tuple[Document | None, Suppression]] = []
        for document in self._quoted.values():
            self.found += [(document, each) for each in find_suppressions(document.embedding.text)]
        inside = [
            document.embedding.host_span(Span(0, len(document.embedding.text))) for document in self._quoted.values()
        ]
        for each in find_suppressions(source.text):
            if not any(span.start <= each.span.start < span.end for span in inside):
                self.found.append((None, each))

    def silences(self, code: str, name: str, document: Document, span: Span, host: Span) -> bool:
        """Whether a suppression covers a finding at `span` of `document`, which is `host` in the file; marks it used."""
        if not self.found:
            return False
        inner = id(document) in self._quoted
        inner_line = document.embedding.text.count("\n", 0, span.start) + 1 if inner else 0
        host_line, _ = self.source.position(host.start)
        silenced = False
        for owner, each in self.found:
            if owner is not None and owner is not document:
                continue
            if each.line is not None and each.line != (host_line if owner is None else inner_line):
                continue
            for word in each.names:
                if word.upper() == code or word == name:
                    each.used.add(word)
                    silenced = True
        return silenced
