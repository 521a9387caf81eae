"""Whole numbers out of text that anybody may have written."""

from __future__ import annotations

_MOST_DIGITS = 20
"""More digits than any program that kpl knows has room for; Python's own conversion refuses 4,301 of them."""


def whole_number(text: str) -> int | None:
    """The number that ASCII digits write; None for any other text.

    One that is too long is ten to the power of 20, which is beyond every limit that a number is compared with.
    """
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def probability(text: str | None) -> float:
    """The part that a rule takes of what comes to it: all without a number, nothing where it is none from 0 to 1."""
    if text is None:
        return 1.0
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 <= number <= 1 else 0.0
