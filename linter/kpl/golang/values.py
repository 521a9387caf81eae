"""strconv and time: numbers, truth values, durations, quoting, with Go's error messages.

Source: Go 1.26, src/internal/strconv/atoi.go and atob.go, src/strconv/quote.go, src/time/format.go. A byte that was not UTF-8 is a
lone surrogate (surrogateescape).
"""

from __future__ import annotations

import re

from kpl.golang.unicode import is_print


class GoError(ValueError):
    """What Go's parser says of a value; the text is Go's own message."""


def go_bytes(text: str) -> bytes:
    """The bytes of a Go string."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "surrogatepass")


def atoi(word: str) -> int:
    """strconv.Atoi: an optional sign and decimal digits, in 64 bits."""
    return read_signed("Atoi", word, 10, 64)


def int64(number: int) -> int:
    """What 64 bits hold of `number`."""
    return (number + 2**63) % 2**64 - 2**63


def read_signed(function: str, word: str, base: int, bits: int) -> int:
    """strconv.ParseInt under the name of `function`."""
    negative = word[:1] == "-"
    number = read_unsigned(function, word, word[1:] if word[:1] in ("+", "-") else word, base, bits)
    if number >= 2 ** (bits - 1) + negative:
        raise _number_error(function, word, "value out of range")
    return -number if negative else number


_PREFIXES = {"0b": 2, "0o": 8, "0x": 16}


def read_unsigned(function: str, word: str, digits: str, base: int, bits: int) -> int:
    """strconv.ParseUint of `digits`; errors name `function` and `word`. Base 0 reads prefixes, and underscores between digits.

    As in Go, the first digit that is too much or none at all decides the error.
    """
    free, rest = base == 0, digits
    if free:
        base = 10
        prefix = digits[:2].lower()
        if prefix in _PREFIXES and len(digits) > 2:
            base, rest = _PREFIXES[prefix], digits[2:]
        elif digits[:1] == "0":
            base, rest = 8, digits[1:]
    number = 0
    for character in rest:
        if character == "_" and free:
            continue
        digit = int(character, 36) if character.isascii() and character.isalnum() else 36
        if digit >= base:
            raise _number_error(function, word, "invalid syntax")
        number = number * base + digit
        if number >= 2**bits:
            raise _number_error(function, word, "value out of range")
    if not digits or not underscores_are_right(digits):
        raise _number_error(function, word, "invalid syntax")
    return number


def underscores_are_right(number: str) -> bool:
    """strconv's underscoreOK: each stands between two digits, or between a prefix and a digit."""
    prefixed = re.match("[+-]?0[bBoOxX]", number)
    digit = "0-9a-fA-F" if prefixed and prefixed[0][-1] in "xX" else "0-9"
    rest = "0" + number[prefixed.end() :] if prefixed else number
    return not re.search(f"(?:^|[^{digit}])_|_(?:[^{digit}]|$)", rest)


def _number_error(function: str, word: str, why: str) -> GoError:
    return GoError(f"strconv.{function}: parsing {quote(word)}: {why}")


def parse_bool(word: str) -> bool:
    """strconv.ParseBool."""
    if word in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if word in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise GoError(f"strconv.ParseBool: parsing {quote(word)}: invalid syntax")


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


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
    at, total = len(text) - len(rest), 0
    while at < len(text):
        found = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^.0-9]*)").match(text, at)
        assert found is not None
        whole, fraction, unit = found[1], found[2] or "", found[3]
        # (20 digits are out of range; Python's own conversion is quadratic)
        number = int(whole.lstrip("0")[:20] or "0")
        if not (whole or fraction) or number > 2**63:
            raise invalid
        if not unit:
            raise GoError(f"time: missing unit in duration {_time_quote(text)}")
        if unit not in _UNITS:
            raise GoError(f"time: unknown unit {_time_quote(unit)} in duration {_time_quote(text)}")
        at = found.end()
        value = number * _UNITS[unit]
        if value > 2**63:
            raise invalid
        value += _fraction(fraction, _UNITS[unit])
        total = (total + value) % 2**64
        if value > 2**63 or total > 2**63:
            raise invalid
    if negative:
        return -total
    if total > 2**63 - 1:
        raise invalid
    return total


def _fraction(digits: str, unit: int) -> int:
    """leadingFraction: digits are read until they no longer fit, and multiplied as float64."""
    number, scale = 0, 1.0
    for digit in digits:
        following = number * 10 + int(digit)
        if number > (2**63 - 1) // 10 or following > 2**63:
            break
        number, scale = following, scale * 10
    return int(float(number) * (float(unit) / scale))


def quote(text: str) -> str:
    """strconv.Quote, the verb ``%q``."""
    return '"' + "".join(map(_quoted, text)) + '"'


def quote_rune(character: str) -> str:
    """strconv.QuoteRune, the verb ``%q`` of a byte or a rune."""
    if "\ud800" <= character <= "\udfff":
        character = "\ufffd"
    return "'\\''" if character == "'" else "'\"'" if character == '"' else f"'{_quoted(character)}'"


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if is_print(character):
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return _bytes_quoted(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _bytes_quoted(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in go_bytes(text))


def _time_quote(text: str) -> str:
    """The time package quotes by itself: bytes outside of ASCII and control characters as ``\\xNN``."""
    shown = []
    for character in text:
        if character in '"\\':
            shown.append("\\" + character)
        elif character < " " or character >= "\x80":
            shown.append(_bytes_quoted(character))
        else:
            shown.append(character)
    return '"' + "".join(shown) + '"'
