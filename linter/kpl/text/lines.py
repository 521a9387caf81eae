"""Lines of a text, which end with LF."""

from __future__ import annotations

from kpl.text.span import Span


def line_end(text: str, at: int) -> int:
    """Where the line of `at` ends, in front of its line end."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def line_span(text: str, at: int) -> Span:
    """The line of `at`, without its line end."""
    return Span(text.rfind("\n", 0, at) + 1, line_end(text, at))


def first_line(text: str) -> Span:
    """The first line of `text` that is not empty, from its first word on; without a line end, up to its last word."""
    start = len(text) - len(text.lstrip())
    end = line_end(text, start)
    return Span(start, end if end < len(text) else max(len(text.rstrip()), start))
