"""What stands between an opening and a closing on one line, found in one pass however much is opened and not closed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from kpl.text import late
from kpl.text.span import Span

_NEVER = late.pattern("(?!)")


def enclosed(
    text: str,
    opening: re.Pattern[str],
    closing: Mapping[str, str],
    line_end: re.Pattern[str] = _NEVER,
    alone: Collection[str] = (),
) -> Iterator[Span]:
    """What starts with a match of `opening` and ends with what `closing` has for its first two characters.

    `line_end` may not stand between them. What `closing` does not have, and what is one of `alone` where nothing closes
    it, stands for itself.
    """
    next_at: dict[str, int] = {}
    line_ends = -1
    at = 0
    while (opened := opening.search(text, at)) is not None:
        at = opened.end()
        word = closing.get(opened.group()[:2])
        if word is not None:
            if line_ends < at:
                ended = line_end.search(text, at)
                line_ends = ended.start() if ended else len(text)
            # looked for once a place, not once an opening
            if next_at.get(word, -1) < at:
                found = text.find(word, at)
                next_at[word] = found if found >= 0 else len(text)
            if next_at[word] + len(word) <= line_ends:
                at = next_at[word] + len(word)
            elif opened.group() not in alone:
                at = opened.start() + 1
                continue
        yield Span(opened.start(), at)
