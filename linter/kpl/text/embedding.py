"""A text inside a text: a Corefile in a YAML scalar, say; spans and edits are lifted to the host file."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kpl.text.edit import Edit
from kpl.text.span import Span

Agrees = Callable[[Sequence[Edit], Sequence[Edit]], bool]
"""Whether the host holds, after edits to it, what the inner text is after the other edits."""


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


class Lines(NamedTuple):
    """Where the lines of an inner text start in it and in its host, and how much further in each is there."""

    inner: Sequence[int]
    host: Sequence[int]
    indents: Sequence[int]


class IndentedLines(Embedding):
    """Inner lines that are host lines behind an indentation: a YAML block scalar."""

    def __init__(self, text: str, lines: Lines, indent: str, host_end: int, newline: str, agrees: Agrees) -> None:
        super().__init__(text, newline)
        self._lines = lines
        self._indent = indent
        self._host_end = host_end
        self._agrees = agrees

    def _host(self, offset: int) -> tuple[int, Line]:
        number = bisect_right(self._lines.inner, offset) - 1
        line = Line(self._lines.inner[number], self._lines.host[number], self._lines.indents[number])
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
        return lifted if self._agrees(lifted, edits) else None

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

    The inner character `i` is written from `starts[i]` to `ends[i]`; the last entries are where the inner text ends.
    `spell` writes new text the host's way, or returns None where that is not possible.
    """

    def __init__(
        self,
        text: str,
        starts: Sequence[int],
        ends: Sequence[int],
        spell: Callable[[str], str | None],
        agrees: Agrees,
    ) -> None:
        super().__init__(text)
        self._starts = starts
        self._ends = ends
        self._spell = spell
        self._agrees = agrees

    def host_span(self, span: Span) -> Span:
        """Where the inner `span` stands in the host."""
        start = self._starts[span.start]
        return Span(start, self._ends[span.end - 1] if span.end > span.start else start)

    def host_edits(self, edits: Sequence[Edit]) -> list[Edit] | None:
        """The edits, spelled as the host's scalar style wants it."""
        out = []
        for edit in edits:
            text = self._spell(edit.text)
            if text is None:
                return None
            out.append(Edit(*self.host_span(Span(edit.start, edit.end)), text))
        return out if self._agrees(out, edits) else None


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


class Within(Embedding):
    """An inner text whose host lies in a host itself: a Corefile in values that are a YAML scalar."""

    def __init__(self, inner: Embedding, host: Embedding) -> None:
        super().__init__(inner.text, inner.newline)
        self._inner = inner
        self._host = host

    def host_span(self, span: Span) -> Span:
        """Where the inner `span` stands in the outermost host."""
        return self._host.host_span(self._inner.host_span(span))

    def host_edits(self, edits: Sequence[Edit]) -> list[Edit] | None:
        """The edits to the outermost host."""
        lifted = self._inner.host_edits(edits)
        return None if lifted is None else self._host.host_edits(lifted)


def own_text(host: Embedding) -> Embedding:
    """The text of `host` as one that lies in no other one."""
    return host if type(host) is Embedding else Embedding(host.text)


def within(inner: Embedding, host: Embedding) -> Embedding:
    """`inner`, which lies in the text of `host`, as it lies in the file that holds `host`."""
    return inner if type(host) is Embedding else Within(inner, host)
