"""strconv and time: numbers, truth values, durations, quoting, with Go's error messages.

Source: Go 1.25, src/strconv/atoi.go, atob.go and quote.go, src/time/format.go.
"""

from __future__ import annotations

import re
import unicodedata


class GoError(ValueError):
    """What Go's parser says of a value; the text is Go's own message."""


_DIGITS = re.compile(r"[+-]?[0-9]+")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def atoi(word: str) -> int:
    """strconv.Atoi: an optional sign and decimal digits, in 64 bits."""
    if not _DIGITS.fullmatch(word):
        raise GoError(f"strconv.Atoi: parsing {quote(word)}: invalid syntax")
    # (a limit on the digits: Python's own conversion is quadratic)
    number = int(word) if len(word) < 1000 else 2**70
    if not -(2**63) <= number < 2**63:
        raise GoError(f"strconv.Atoi: parsing {quote(word)}: value out of range")
    return number


def parse_uint(word: str, bits: int) -> int:
    """strconv.ParseUint with base 10."""
    if not word.isascii() or not word.isdigit():
        raise GoError(f"strconv.ParseUint: parsing {quote(word)}: invalid syntax")
    number = int(word) if len(word) < 1000 else 2**70
    if number >= 2**bits:
        raise GoError(f"strconv.ParseUint: parsing {quote(word)}: value out of range")
    return number


def parse_bool(word: str) -> bool:
    """strconv.ParseBool."""
    if word in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if word in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise GoError(f"strconv.ParseBool: parsing {quote(word)}: invalid syntax")


def parse_duration(text: str) -> int:
    """time.ParseDuration, in nanoseconds."""
    invalid = GoError(f"time: invalid duration {_time_quote(text)}")
    rest, negative = text, False
    if rest[:1] in ("+", "-"):
        negative, rest = rest[0] == "-", rest[1:]
    if rest == "0":
        return 0
    if not rest:
        raise invalid
    total = 0
    while rest:
        found = re.match(r"([0-9]*)(?:(\.)([0-9]*))?", rest)
        assert found is not None
        whole, fraction = found[1], found[3] or ""
        if (not whole and not fraction) or len(whole) > 20:
            raise invalid
        number = int(whole or "0")
        if number > 2**63:
            raise invalid
        rest = rest[found.end() :]
        unit_found = re.match(r"[^.0-9]*", rest)
        assert unit_found is not None
        unit = unit_found.group()
        if not unit:
            raise GoError(f"time: missing unit in duration {_time_quote(text)}")
        if unit not in _UNITS:
            raise GoError(f"time: unknown unit {_time_quote(unit)} in duration {_time_quote(text)}")
        rest = rest[len(unit) :]
        value = number * _UNITS[unit]
        if value > 2**63:
            raise invalid
        if fraction:
            # Go stops reading digits where they no longer fit and multiplies as float64
            digits = fraction[:18]
            value += int(float(int(digits)) * (float(_UNITS[unit]) / float(10 ** len(digits))))
        total += value
        if value > 2**63 or total > 2**63:
            raise invalid
    if negative:
        return -total
    if total > 2**63 - 1:
        raise invalid
    return total


def quote(text: str) -> str:
    """strconv.Quote, the verb ``%q``."""
    return '"' + "".join(map(_quoted, text)) + '"'


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if " " <= character <= "~":
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    # Go prints letters, marks, numbers, punctuation, symbols and the ASCII space
    if unicodedata.category(character)[0] in "LMNPS":
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _time_quote(text: str) -> str:
    """The time package quotes by itself: bytes outside of ASCII and control characters as ``\\xNN``."""
    shown = []
    for character in text:
        if character in '"\\':
            shown.append("\\" + character)
        elif character < " " or character >= "\x80":
            shown.append("".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "replace")))
        else:
            shown.append(character)
    return '"' + "".join(shown) + '"'
