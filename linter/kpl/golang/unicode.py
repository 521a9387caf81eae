"""What Go knows of Unicode: which characters it prints, what are letters and digits, the names of classes.

Python's unicodedata follows another edition of Unicode in each release, Go 1.21 to 1.26 know Unicode 15. unicode.json is what
``golang tables`` prints, see tests/oracle/README.md.
"""

import os
from bisect import bisect_right
from functools import cache
from itertools import accumulate
from typing import NamedTuple


class _Tables(NamedTuple):
    """The lists hold where membership changes, in ascending order."""

    printed: list[int]
    word: list[int]
    names: dict[str, str]
    runes: dict[str, list[int]]


@cache
def _tables() -> _Tables:
    import json

    with open(os.path.join(os.path.dirname(__file__), "unicode.json"), encoding="utf-8") as file:
        raw = json.load(file)
    return _Tables(list(accumulate(raw["print"])), list(accumulate(raw["word"])), raw["names"], raw["runes"])


def is_print(character: str) -> bool:
    """strconv.IsPrint: a letter, mark, number, punctuation, symbol, or the space of ASCII."""
    if character < "\x7f":
        return character >= " "
    return bisect_right(_tables().printed, ord(character)) % 2 == 1


def is_letter_or_digit(character: str) -> bool:
    """unicode.IsLetter or unicode.IsDigit."""
    if character.isascii():
        return character.isalnum()
    return bisect_right(_tables().word, ord(character)) % 2 == 1


def code_point(character: str) -> str:
    """The verb ``%#U``: ``U+0041 'A'``, without the character where it is not printed."""
    if "\ud800" <= character <= "\udfff":
        character = "\ufffd"
    return f"U+{ord(character):04X}" + (f" '{character}'" if is_print(character) else "")


def class_name(name: str) -> str | None:
    r"""What package regexp takes the name in ``\p{name}`` for; None where it knows no such class.

    As Go 1.25 and 1.26 read it: case, blanks, hyphens and underscores do not count, and scripts of several words (Old_Italic) are
    not found.
    """
    bare = name.replace("_", "").replace("-", "").replace(" ", "")
    return _tables().names.get(bare[:1].upper() + bare[1:].lower()) if bare.isascii() else None


def class_runes(name: str, folded: bool, negated: bool) -> int:
    """The number of runes that the ranges of a class take, two for each range; `name` is one that class_name returned."""
    return _tables().runes[name][2 * negated + folded]
