"""strconv: floating-point numbers, and characters and strings in quotes.

Source: Go 1.26, src/internal/strconv/atof.go and atoi.go (underscoreOK), src/strconv/quote.go.
"""

from __future__ import annotations

import re
from math import isinf

from kpl.golang.values import GoError, go_bytes, quote, underscores_are_right

# (compiled where they are used, which is seldom)
_SPECIAL = r"(?i)[+-]?inf(?:inity)?|nan"
_DECIMAL = r"[+-]?(?=[._]*[0-9])[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?"
_HEXADECIMAL = r"[+-]?0[xX](?=[._]*[0-9a-fA-F])[0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?[pP][+-]?[0-9][0-9_]*"
_LARGEST = {32: 2.0**128 - 2.0**103, 64: float("inf")}


def parse_float(word: str, bits: int = 64) -> float:
    """strconv.ParseFloat, for 32 or 64 bits. Raises GoError."""
    if re.fullmatch(_SPECIAL, word):
        return float(word)
    hexadecimal = re.fullmatch(_HEXADECIMAL, word) is not None
    if not (hexadecimal or re.fullmatch(_DECIMAL, word)) or not underscores_are_right(word):
        raise GoError(f"strconv.ParseFloat: parsing {quote(word)}: invalid syntax")
    digits = word.replace("_", "")
    try:
        number = float.fromhex(digits) if hexadecimal else float(digits)
    except OverflowError:
        number = float("inf")
    if isinf(number) or abs(number) >= _LARGEST[bits]:
        raise GoError(f"strconv.ParseFloat: parsing {quote(word)}: value out of range")
    return number


_INVALID = "invalid syntax"
_ESCAPE = (
    r"\\(?:(?P<named>[abfnrtv\\])|(?P<quote>['\"])"
    r"|x(?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))"
)
_NAMED = {"a": b"\a", "b": b"\b", "f": b"\f", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v", "\\": b"\\"}


def unquote_char(text: str, at: int, mark: str) -> tuple[bytes, int]:
    """strconv.UnquoteChar: the character at `at` of a literal in quotes `mark`, and where the next one begins. Raises GoError."""
    character = text[at : at + 1]
    if character in ("", mark):
        raise GoError(_INVALID)
    if character != "\\":
        return go_bytes(character), at + 1
    found = re.compile(_ESCAPE).match(text, at)
    if not found:
        raise GoError(_INVALID)
    end = found.end()
    if found["named"]:
        return _NAMED[found["named"]], end
    if found["quote"]:
        if found["quote"] != mark:
            raise GoError(_INVALID)
        return mark.encode(), end
    if found["byte"] or found["octal"]:
        code = int(found["byte"], 16) if found["byte"] else int(found["octal"], 8)
        if code > 0xFF:
            raise GoError(_INVALID)
        return bytes([code]), end
    code = int(found["short"] or found["long"], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise GoError(_INVALID)
    return chr(code).encode(), end


def unquote(literal: str) -> str:
    """strconv.Unquote of a literal in double quotes or backquotes; bytes that are no UTF-8 become surrogates. Raises GoError."""
    mark, inner = literal[0], literal[1:-1]
    if mark == "`":
        return inner.replace("\r", "")
    if "\n" in inner:
        raise GoError(_INVALID)
    at, found = 0, []
    while at < len(inner):
        character, at = unquote_char(inner, at, mark)
        found.append(character)
    return b"".join(found).decode("utf-8", "surrogateescape")
