"""Where something stands in a text."""

from __future__ import annotations

from typing import Any, NamedTuple


class Span(NamedTuple):
    """A half-open range ``[start, end)`` of character offsets."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        """The same range, `by` characters further on."""
        return Span(self.start + by, self.end + by)


LENGTH_BITS = 32
"""How a place is kept in one number where files hold a million of them: the start, and the length in so many bits."""


class Text(str):
    """A word of an input that remembers where it stood.

    It is the string itself (comparable, printable) plus `span`, the range of the characters that wrote it: for a
    quoted word the quotes are inside the span and not in the string.
    """

    __slots__ = ("_place",)
    _place: int

    def __new__(cls, value: str, span: Span) -> Text:
        """Make the string `value`, written at `span`."""
        text = super().__new__(cls, value)
        start, end = span
        text._place = start << LENGTH_BITS | end - start
        return text

    @property
    def span(self) -> Span:
        """Where it stood."""
        start = self._place >> LENGTH_BITS
        return Span(start, start + (self._place & (1 << LENGTH_BITS) - 1))

    def __getnewargs__(self) -> Any:
        return str(self), self.span
