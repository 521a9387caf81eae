"""What libyaml reads of a scalar after edits to it: whether an edit to the file is the edit to the text that was meant.

Of a long scalar it reads what stands around the edits, between words that stand for the rest: a rule may offer as many
fixes as the scalar has lines.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from kpl.inputs.yaml.tree import Mapping, Scalar, YamlError, compose
from kpl.text.edit import Edit, apply_edits

READ_WHOLE = 4096
"""In characters: a scalar up to this size is read as a whole."""
_AROUND = 200


@dataclass(frozen=True)
class Part:
    """A part of a scalar, in the file and in its own text, with what stands for the rest of it in both."""

    start: int
    end: int
    inner_start: int
    inner_end: int
    before: tuple[str, str] = ("", "")
    """The same words as they are written and as they are read."""
    after: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Written:
    """A scalar as it is written in `host` between `start` and `end`, whose value is `text`."""

    host: str
    start: int
    end: int
    text: str

    def __call__(self, host_edits: Sequence[Edit], edits: Sequence[Edit]) -> bool:
        """Whether libyaml reads `edits` in the value after `host_edits` to the file."""
        part = Part(self.start, self.end, 0, len(self.text))
        if self.end - self.start > READ_WHOLE and edits:
            around = self._around(min(edit.start for edit in edits), max(edit.end for edit in edits))
            if all(around.start <= edit.start and edit.end <= around.end for edit in host_edits):
                part = around
        written = self.host[part.start : part.end]
        changed = apply_edits(written, _moved(host_edits, -part.start))
        ended = not part.after[0] and self.end < len(self.host) and written.endswith(("\r", "\n"))
        if ended and not changed.endswith(("\r", "\n")):
            return False  # it would run into the next line
        wanted = apply_edits(self.text[part.inner_start : part.inner_end], _moved(edits, -part.inner_start))
        value = _value(f"{' ' * self._indent()}k: {part.before[0]}{changed}{part.after[0]}")
        wanted = f"{part.before[1]}{wanted}{part.after[1]}"
        return value is not None and (value.rstrip("\n") if part.after[0] else value) == wanted

    def _around(self, start: int, end: int) -> Part:
        """What stands around the inner range from `start` to `end`."""
        raise NotImplementedError

    def _indent(self) -> int:
        """The indentation of what holds the scalar: an indentation indicator counts from there."""
        return 0


@dataclass(frozen=True)
class WrittenBlock(Written):
    """A block scalar, by where each of its lines starts in the file and in its text."""

    content: int
    """Where the line behind the header starts."""
    indent: str
    outer: int
    starts: Sequence[int]
    inner_starts: Sequence[int]

    def _indent(self) -> int:
        return self.outer

    def _around(self, start: int, end: int) -> Part:
        first = max(bisect_right(self.inner_starts, start) - 2, 0)
        last = bisect_right(self.inner_starts, end) + 1
        # the first line that is not blank tells the indentation
        while not first and last < len(self.starts) and self._is_blank(last - 1):
            last += 1
        # a line that is further in is folded with none around it
        before, after = (f"{self.indent}x\n{self.indent} x\n", "x\n x\n"), (f"{self.indent} x\n", " x")
        at, inner_at, until, inner_until = self.start, 0, self.end, len(self.text)
        if first:
            at, inner_at = self.starts[first], self.inner_starts[first]
        if last < len(self.starts):
            until, inner_until = self.starts[last], self.inner_starts[last]
        header = self.host[self.start : self.content]
        return Part(
            at,
            until,
            inner_at,
            inner_until,
            (header + before[0], before[1]) if first else ("", ""),
            after if last < len(self.starts) else ("", ""),
        )

    def _is_blank(self, line: int) -> bool:
        return not self.text[self.inner_starts[line] : self.inner_starts[line + 1]].strip()


@dataclass(frozen=True)
class WrittenFlow(Written):
    """A scalar of a flow style with its `quote`, by where each character of its text is written."""

    quote: str
    starts: Sequence[int]
    ends: Sequence[int]

    def _around(self, start: int, end: int) -> Part:
        first, last = start - _AROUND, end + _AROUND
        while first > 0 and not self._is_plain(first):
            first -= 1
        while last < len(self.text) and not self._is_plain(last - 1):
            last += 1
        at, inner_at, before = self.start, 0, ("", "")
        if first > 0:
            at, inner_at, before = self.starts[first], first, (f"{self.quote}x", "x")
        if last >= len(self.text):
            return Part(at, self.end, inner_at, len(self.text), before)
        return Part(at, self.ends[last - 1], inner_at, last, before, (f"x{self.quote}", "x"))

    def _is_plain(self, at: int) -> bool:
        """Whether a character is written as itself, and can stand beside any other one."""
        return self.ends[at] == self.starts[at] + 1 and self.text[at].isascii() and self.text[at].isalnum()


def _moved(edits: Sequence[Edit], by: int) -> list[Edit]:
    return [Edit(edit.start + by, edit.end + by, edit.text) for edit in edits]


def _value(document: str) -> str | None:
    try:
        roots = compose(document)
    except YamlError:
        return None
    root = roots[0] if len(roots) == 1 else None
    scalar = root.get("k") if isinstance(root, Mapping) and len(root.pairs) == 1 else None
    return scalar.value if isinstance(scalar, Scalar) else None
