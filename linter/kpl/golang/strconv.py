"""strconv: integers in any notation and of any size, with Go's error messages. (Go src/internal/strconv/atoi.go)

`kpl.golang.values` has the everyday ones.
"""

from __future__ import annotations

import re

from kpl.golang.values import GoError, quote, read_signed, read_unsigned


def parse_uint(word: str, base: int, bits: int) -> int:
    """strconv.ParseUint; base 0 reads the prefixes ``0b``, ``0o``, ``0x`` and ``0``, and underscores between digits."""
    return read_unsigned("ParseUint", word, word, base, bits)


def parse_int(word: str, base: int, bits: int) -> int:
    """strconv.ParseInt."""
    return read_signed("ParseInt", word, base, bits)


_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)"
)
_SPECIAL = re.compile(r"[+-]?(?:inf|infinity)|nan", re.IGNORECASE)


def parse_float(word: str) -> float:
    """strconv.ParseFloat in 64 bits; underscores stand between digits only behind a base prefix."""
    plain = (
        word.replace("_", "")
        if re.match(r"[+-]?0[xX]_?[0-9a-fA-F]", word) and not re.search(r"__|_$|_[.pP]|[.pP]_", word)
        else word
    )
    if _SPECIAL.fullmatch(word):
        return float(word)
    if not _FLOAT.fullmatch(plain):
        raise GoError(f"strconv.ParseFloat: parsing {quote(word)}: invalid syntax")
    value = float.fromhex(plain) if "x" in plain.lower() else float(plain)
    if value in (float("inf"), float("-inf")):
        raise GoError(f"strconv.ParseFloat: parsing {quote(word)}: value out of range")
    return value
