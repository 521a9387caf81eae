"""Comments that silence a rule: ``# kpl: ignore[rule, ...] reason`` and ``# kpl: ignore-file[rule, ...] reason``.

They stand behind what they speak of, or on a line of their own before it; in YAML, in a Corefile inside of a YAML
scalar and in a dump alike, because all of these write comments with ``#``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from kpl.inputs.document import Document
from kpl.text import late
from kpl.text.edit import Edit
from kpl.text.source import Source
from kpl.text.span import Span, Text

_COMMENT = late.pattern(r"(?:^|(?<=[ \t\r\n]))#[ \t]*kpl:[ \t]*(ignore(?:-file)?)\b(?:\[([^\]\r\n]*)\])?[^\r\n]*")
_NAME = late.pattern(r"[^\s,]+")
_COMMENT_LINE = late.pattern(r"[ \t]*#")
_REASON = late.pattern(r"\w")


@dataclass(eq=False, repr=False)
class Suppression:
    """A comment in `text` that suppresses findings: its rules, and the line that it is about (None for the file)."""

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
        idle = set(self.idle)
        if idle.issuperset(self.names):
            start = self.text.rfind("\n", 0, self.span.start) + 1
            if self.text[start : self.span.start].strip():
                blank = len(self.text[start : self.span.start].rstrip(" \t"))
                return (Edit(start + blank, self.span.end, ""),)
            end = self.text.find("\n", self.span.end)
            return (Edit(start, len(self.text) if end < 0 else end + 1, ""),)
        kept = [name for name in self.names if name not in idle]
        return (Edit(self.names[0].span.start, self.names[-1].span.end, ", ".join(kept)),)


def find_suppressions(text: str) -> Iterator[Suppression]:
    """The suppressions in `text`."""
    if "kpl:" not in text:
        return
    source = Source("", text)
    behind = 0
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
            if line >= behind:  # a comment among those that were just gone through ends where they do
                behind = _next_line(source, line)
            scope = behind
        yield Suppression(text, Span(found.start(), found.start() + len(found.group().rstrip())), names, scope)


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
        self.in_template = any(each.kind == "ParseFailure" and each.model.templated for each in documents)
        """Whether rules find more in the file once it is rendered."""
        quoted = [each for each in documents if each.embedding.is_respelled]
        self._quoted = {id(each): Source("", each.embedding.text) for each in quoted}
        self.found: list[tuple[Document | None, Suppression]] = []
        for document in quoted:
            self.found += [(document, each) for each in find_suppressions(document.embedding.text)]
        inside = sorted(each.embedding.host_span(Span(0, len(each.embedding.text))) for each in quoted)
        starts, ends = [each.start for each in inside], list(accumulate((each.end for each in inside), max, initial=0))
        for each in find_suppressions(source.text):
            if each.span.start >= ends[bisect_right(starts, each.span.start)]:
                self.found.append((None, each))
        # by the document it stands in, if its own, by its line and by its words: what it silences is looked up
        self._unused: dict[tuple[int | None, int | None, str], list[tuple[Suppression, str]]] = {}
        for owner, each in self.found:
            for word in each.names:
                for spelled in {word.upper(), str(word)}:
                    where = (id(owner) if owner else None, each.line, spelled)
                    self._unused.setdefault(where, []).append((each, word))

    def silences(self, code: str, name: str, document: Document, span: Span, host: Span) -> bool:
        """Whether a suppression covers a finding at `span` of `document`, which is `host` in the file; marks it used."""
        if not self.found:
            return False
        places: list[tuple[int | None, int | None]] = [(None, None), (None, self.source.position(host.start)[0])]
        if (inner := self._quoted.get(id(document))) is not None:
            places += [(id(document), None), (id(document), inner.position(span.start)[0])]
        silenced = False
        for owner, line in places:
            for word in (code, name):
                unused = self._unused.get((owner, line, word))
                silenced = silenced or unused is not None
                while unused:
                    suppression, named = unused.pop()
                    suppression.used.add(named)
        return silenced
