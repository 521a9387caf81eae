"""Edits: the only way in which kpl changes a file."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from kpl.text import late


class Edit(NamedTuple):
    """Put `text` in place of the characters ``[start, end)``; ``start == end`` inserts."""

    start: int
    end: int
    text: str


class HasPath(Protocol):
    """A document of a cluster, as far as edits know it."""

    @property
    def path(self) -> str:
        """The path of its file."""


class Fix(NamedTuple):
    """What fixes a finding: a title for people, and edits that belong together.

    `safe` says that the meaning of the configuration stays, or becomes what its author certainly wrote it for.
    `restructures` says that words come to stand under other ones, as in a file that did not load before.
    `elsewhere` has pairs of another document and the edits in it: kpl makes all edits of a fix, or none.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True
    restructures: bool = False
    elsewhere: tuple[tuple[HasPath, tuple[Edit, ...]], ...] = ()


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with `edits` applied. Raises ValueError when two of them overlap or one lies outside."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits):
        if edit.start < done or edit.end < edit.start or edit.end > len(text):
            raise ValueError(f"edit {edit.start}..{edit.end} overlaps another one or lies outside of the text")
        pieces += (text[done : edit.start], edit.text)
        done = edit.end
    return "".join([*pieces, text[done:]])


def composed(length: int, rounds: Iterable[Iterable[Edit]]) -> list[Edit]:
    """The edits to a text of this length that do what `rounds` do, each to what came out of those before it."""
    pieces: list[str | range] = [range(length)]
    for edits in rounds:
        pieces = _rewritten(pieces, sorted(edits))
    made = []
    at, text = 0, ""
    for piece in (*pieces, range(length, length)):
        if isinstance(piece, str):
            text += piece
            continue
        if text or piece.start > at:
            made.append(Edit(at, piece.start, text))
        at, text = piece.stop, ""
    return made


def _rewritten(pieces: list[str | range], edits: Sequence[Edit]) -> list[str | range]:
    """The pieces of a text, each one new or a range of the first text, after `edits` to it."""
    waiting = pieces[::-1]

    def take(count: int) -> list[str | range]:
        taken: list[str | range] = []
        while count > 0:
            piece = waiting.pop()
            if len(piece) > count:
                waiting.append(piece[count:])
                piece = piece[:count]
            taken.append(piece)
            count -= len(piece)
        return taken

    made: list[str | range] = []
    at = 0
    for edit in edits:
        made += [*take(edit.start - at), edit.text]
        take(edit.end - edit.start)
        at = edit.end
    return made + waiting[::-1]


def collide(edits: Iterable[Edit], others: Sequence[Edit]) -> bool:
    """Whether any of `edits` touches the same characters, or inserts at the same place, as one of `others`.

    `others` are in order and do not collide, so that only neighbours need to be looked at.
    """
    for edit in edits:
        at = bisect_left(others, edit)
        if any(_meet(edit, other) for other in others[max(at - 1, 0) : at + 1]):
            return True
    return False


def _meet(a: Edit, b: Edit) -> bool:
    return (
        a.start < b.end
        and b.start < a.end
        or a.start == b.start
        or a.end == b.start == b.end
        or b.end == a.start == a.end
    )


def are_apart(edits: Iterable[Edit]) -> bool:
    """Whether each of `edits` has its end behind its start, and none overlaps another one."""
    done = 0
    for edit in sorted(edits):
        if edit.start < done or edit.end < edit.start:
            return False
        done = edit.end
    return True


# lines end at an escaped line end too: a Corefile in double quotes is one line of its file
_COMMENT = late.pattern(r"(?:^|(?<=[ \t])|(?<=\\n))#(?:(?!\\n)[^\r\n])*", re.MULTILINE)


def lost_comments(text: str, edits: Iterable[Edit]) -> list[str]:
    """The comments that stood, if only in part, in the replaced ranges of `text` and are not in what replaces them."""
    lost: list[str] = []
    comments = [found.span() for found in _COMMENT.finditer(text)] if "#" in text else []
    for edit in edits:
        at = bisect_right(comments, edit.start, key=lambda span: span[1])
        while at < len(comments) and comments[at][0] < edit.end:
            start, end = comments[at]
            comment = text[start:end].rstrip()
            if edit.start < min(start + len(comment), edit.end) and comment not in edit.text:
                lost.append(comment)
            at += 1
    return lost
