"""A text inside a text: a Corefile in a YAML scalar, say; spans and edits are lifted to the host file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kpl.text.edit import Edit, apply_edits
from kpl.text.span import Span

Reads = Callable[[Sequence[Edit]], "str | None"]
"""What the inner text is after edits to the host; None when the host then says something else altogether."""


class Embedding:
    """How an inner text lies in its host. This base class is the text that lies in no other one."""

    def __init__(self, text: str, newline: str = "\n") -> None:
        self.text = text
        self.newline = newline

    def host_span(self, span: Span) -> Span:
        """Where the inner `span` stands in the host."""
        return span

    def host_edits(self, edits: Sequence[Edit]) -> list[Edit] | None:
        """The edits to the host that make `edits` to the inner text, or None where the host cannot express them."""
        return [edit._replace(text=edit.text.replace("\n", self.newline)) for edit in edits]


class Line(NamedTuple):
    """One line of an inner text that its host holds verbatim, `indent` characters further in."""

    inner: int
    host: int
    indent: int


class IndentedLines(Embedding):
    """Inner lines that are host lines behind an indentation: a YAML block scalar."""

    def __init__(
        self, text: str, lines: Sequence[Line], indent: str, host_end: int, newline: str, reads: Reads
    ) -> None:
        super().__init__(text, newline)
        self._lines = lines
        self._starts = [line.inner for line in lines]
        self._indent = indent
        self._host_end = host_end
        self._reads = reads

    def _host(self, offset: int) -> tuple[int, Line]:
        line = self._lines[bisect_right(self._starts, offset) - 1]
        if offset == len(self.text):
            return self._host_end, line
        return line.host + line.indent + offset - line.inner, line

    def host_span(self, span: Span) -> Span:
        """Where the inner `span` stands in the host."""
        start, end = self._host(span.start)[0], self._host(span.end)[0]
        if span.end > span.start and self.text[span.end - 1 : span.end] == "\n":
            end = min(self._host(span.end - 1)[0] + len(self.newline), self._host_end)
        return Span(start, max(start, end))

    def host_edits(self, edits: Sequence[Edit]) -> list[Edit] | None:
        """Whole lines stay whole lines; every new line gets the indentation of the scalar."""
        lifted = [self._lift(edit) for edit in edits]
        return lifted if self._reads(lifted) == apply_edits(self.text, edits) else None

    def _at_line_start(self, offset: int) -> bool:
        return offset == 0 or self.text[offset - 1] == "\n"

    def _lift(self, edit: Edit) -> Edit:
        whole_lines = (
            self._at_line_start(edit.start)
            and self._at_line_start(edit.end)
            and (not edit.text or edit.text[-1] == "\n")
        )
        start, first = self._host(edit.start)
        end, last = self._host(edit.end)
        at_end = edit.start == len(self.text)
        if whole_lines:
            start = self._host_end if at_end else first.host
            end = self._host_end if edit.end == len(self.text) else last.host
            return Edit(start, end, self._indented(edit.text, first=True, last=False))
        text = self._indented(edit.text, first=False, last=edit.end < len(self.text))
        if edit.start == first.inner:
            text = self._indent[first.indent :] + text  # a blank line may have less than the others
        return Edit(start, end, text)

    def _indented(self, text: str, first: bool, last: bool) -> str:
        """`text` with its lines indented: the first one only if `first`, an empty last one only if `last`."""
        lines = text.split("\n")
        out = []
        for number, line in enumerate(lines):
            wanted = bool(line) or (last and number == len(lines) - 1)
            out.append(self._indent + line if wanted and (number or first) else line)
        return self.newline.join(out)


class CharacterMap(Embedding):
    """Inner characters that stand one by one in the host, in another spelling: a quoted YAML scalar.

    `places[i]` is where the inner character `i` is written; the last entry is where the inner text ends.
    `spell` writes new text the host's way, or returns None where that is not possible.
    """

    def __init__(self, text: str, places: Sequence[Span], spell: Callable[[str], str | None], reads: Reads) -> None:
        super().__init__(text)
        self._places = places
        self._spell = spell
        self._reads = reads

    def host_span(self, span: Span) -> Span:
        """Where the inner `span` stands in the host."""
        start = self._places[span.start].start
        return Span(start, self._places[span.end - 1].end if span.end > span.start else start)

    def host_edits(self, edits: Sequence[Edit]) -> list[Edit] | None:
        """The edits, spelled as the host's scalar style wants it."""
        out = []
        for edit in edits:
            text = self._spell(edit.text)
            if text is None:
                return None
            out.append(Edit(*self.host_span(Span(edit.start, edit.end)), text))
        return out if self._reads(out) == apply_edits(self.text, edits) else None


class Opaque(Embedding):
    """An inner text whose characters cannot be found in the host: findings stand at the whole of it, nothing is fixed."""

    def __init__(self, text: str, span: Span) -> None:
        super().__init__(text)
        self._span = span

    def host_span(self, span: Span) -> Span:
        """The whole scalar."""
        return self._span

    def host_edits(self, edits: Sequence[Edit]) -> list[Edit] | None:
        """Nothing can be edited here."""
        return None
