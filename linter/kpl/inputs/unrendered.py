"""What is certain of a document in a template that is not rendered: what stands outside of conditions and loops."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from kpl.text.edit import Edit
from kpl.text.span import Span


class Branch(NamedTuple):
    """What stands between two actions of a condition or a loop."""

    start: int
    end: int
    is_first: bool
    is_last: bool
    versioned: bool
    """Whether it depends on a release."""
    around: int = -1
    """The number of the innermost branch around it."""


class Unrendered:
    """What is known of a document in a template: `extent` is its place."""

    def __init__(
        self, extent: Span, branches: Sequence[Branch], actions: Sequence[Span], *, is_written: bool = False
    ) -> None:
        self.is_written = is_written
        """Whether its text is that of the file: it parses with its actions."""
        self._extent = extent
        self._branches = branches
        self._actions = actions

    @cached_property
    def _uncertain(self) -> list[Span]:
        """The branches that are not around the whole document, joined, and those that depend on a release."""
        joined: list[Span] = []
        start, end = self._extent
        for each in self._own():
            if each.end <= start:
                continue
            if each.start <= start and end <= each.end and not each.versioned:
                continue
            if joined and each.start < joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(joined[-1].end, each.end))
            else:
                joined.append(Span(each.start, each.end))
        return joined

    def _own(self) -> list[Branch]:
        """The branches that may be around the document, and those that start in it."""
        start, end = self._extent
        first, behind = (bisect_left(self._branches, at, key=lambda each: each.start) for at in (start, end))
        found = self._branches[first:behind]
        around, number = [], first - 1
        while number >= 0:
            around.append(self._branches[number])
            number = around[-1].around
        return [*reversed(around), *found]

    def is_certain(self, span: Span) -> bool:
        """Whether what is at `span` of the file is there however the template is rendered, if the document is there at all."""
        at = bisect_right(self._uncertain, span.start, key=lambda each: each.end)
        return at == len(self._uncertain) or self._uncertain[at].start >= max(span.end, span.start + 1)

    def allows(self, edits: Iterable[Edit]) -> bool:
        """Whether `edits` are within lines, and touch neither a branch nor an action."""
        return all(
            "\n" not in each.text and self.is_certain(Span(each.start, each.end)) and not self._is_touched(each)
            for each in edits
        )

    def _is_touched(self, edit: Edit) -> bool:
        at = bisect_left(self._actions, edit.start, key=lambda each: each.end)
        return at < len(self._actions) and self._actions[at].start <= edit.end
