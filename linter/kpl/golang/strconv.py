"""strconv: integers in any notation and of any size, with Go's error messages. (Go src/internal/strconv/atoi.go)

`kpl.golang.values` has the everyday ones.
"""

from __future__ import annotations

from kpl.golang.values import read_signed, read_unsigned


def parse_uint(word: str, base: int, bits: int) -> int:
    """strconv.ParseUint; base 0 reads the prefixes ``0b``, ``0o``, ``0x`` and ``0``, and underscores between digits."""
    return read_unsigned("ParseUint", word, word, base, bits)


def parse_int(word: str, base: int, bits: int) -> int:
    """strconv.ParseInt."""
    return read_signed("ParseInt", word, base, bits)
