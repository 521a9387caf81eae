"""Words that were meant to be another word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def distance(a: str, b: str) -> int:
    """How many letters to add, drop, change or swap with their neighbour turn `a` into `b`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def closest(word: str, names: Iterable[str]) -> tuple[str, int] | None:
    """Which of `names` was meant by `word`, with the distance; None where that is a guess.

    Names that differ in case only are at distance 0. A short word must be nearer: below five letters nothing counts
    but case (``node`` is not a misspelt ``mode``), below eight letters one slip, otherwise two.
    """
    folded = word.lower()
    most = 0 if len(word) < 5 else 1 if len(word) < 8 else 2
    letters = set(folded)
    # each letter that only one of them has takes a change
    alike = (
        each for each in names if abs(len(each) - len(word)) <= most and len(letters ^ set(each.lower())) <= 2 * most
    )
    near = sorted((distance(folded, each.lower()), each) for each in alike)
    if not near or near[0][0] > most or (len(near) > 1 and near[1][0] == near[0][0]):
        return None
    return near[0][1], near[0][0]


def similar(word: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Which of `names` is most like `word`, for a question to the user; where it must be no guess, ask `closest`.

    What is less alike than `cutoff`, from 0 to 1, is not meant.
    """
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(names), 1, cutoff)), None)


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def and_more(count: int, noun: str) -> str:
    """What a message says of the `count` other things that are like the one it names: `` (and 3 more rules)``."""
    plural = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f" (and {count:,} more {noun}{plural})" if count else ""
