"""JSON values with their places in the text, and how Go writes values."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import NamedTuple

from kpl.text.span import Span


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


class Value(NamedTuple):
    """A JSON value: None, a bool, a Number, a str, a list, or an Object; `span` is where it stands.

    `json` is the JSON text that it stands in; nothing for a value that was made of YAML.
    """

    data: Data
    span: Span
    json: str = ""

    def source(self) -> str:
        """The JSON of the value, as an UnmarshalJSON method is given it."""
        return self.json[slice(*self.span)] if self.json else json_text(self)


class Member(NamedTuple):
    """A key of an object with its place, and its value."""

    key: str
    span: Span
    value: Value


class Object(list[Member]):
    """A JSON object: its members in the order in which the decoder comes to see them, repeated ones included."""


Data = None | bool | Number | str | list[Value] | Object

JSON_TYPES: dict[type, str] = {bool: "bool", Number: "number", str: "string", list: "array", Object: "object"}
"""What encoding/json calls the values of each type."""


class TooBigError(Exception):
    """A file is larger than what is judged here; the text tells what it has too much of."""


class UnsupportedValueError(Exception):
    """A number that JSON cannot hold: an infinity, or no number."""


def json_float(number: float) -> Number:
    """A float64 as encoding/json writes it. Raises UnsupportedValueError."""
    if math.isnan(number) or math.isinf(number):
        raise UnsupportedValueError(f"json: unsupported value: {general_float(number)}")
    digits, exponent, sign = _shortest(repr(number))
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return Number(sign + _positional(digits, exponent))
    return Number(sign + _scientific(digits, exponent, 1 if exponent < 0 else 2))


def general_float(number: float, bits: int = 64) -> str:
    """strconv.FormatFloat with the format g and the shortest digits that tell `number` apart, of float64 or float32."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    shown = repr(number) if bits == 64 else _float32(number)
    if shown.endswith("Inf"):
        return shown
    digits, exponent, sign = _shortest(shown)
    if -4 <= exponent < 6:
        return sign + _positional(digits, exponent)
    return sign + _scientific(digits, exponent, 2)


def _float32(number: float) -> str:
    try:
        packed = struct.pack("<f", number)
    except OverflowError:
        return "-Inf" if number < 0 else "+Inf"
    (rounded,) = struct.unpack("<f", packed)
    for precision in range(1, 9):
        text = f"{rounded:.{precision}g}"
        if struct.pack("<f", float(text)) == packed:
            return text
    return f"{rounded:.9g}"


def _shortest(text: str) -> tuple[str, int, str]:
    """Digits without zeros at their ends, the exponent of the first one, and the sign."""
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    number = Decimal(text)
    digits = "".join(map(str, number.as_tuple().digits)).lstrip("0").rstrip("0")
    return (digits, number.adjusted(), sign) if digits else ("0", 0, sign)


def _positional(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def _scientific(digits: str, exponent: int, width: int) -> str:
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):0{width}}"


def go_duration(nanoseconds: int) -> str:
    """time.Duration.String."""
    rest = abs(nanoseconds)
    sign = "-" if nanoseconds < 0 else ""
    if rest == 0:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 1000), ("ms", 1_000_000)):
        if rest < size * 1000:
            return f"{sign}{_fraction(rest, size)}{unit}"
    minutes, below = divmod(rest, 60_000_000_000)
    shown = f"{_fraction(below, 1_000_000_000)}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        shown = f"{minutes}m{shown}"
        if hours:
            shown = f"{hours}h{shown}"
    return sign + shown


def _fraction(number: int, size: int) -> str:
    whole, rest = divmod(number, size)
    return f"{whole}.{str(rest).rjust(len(str(size)) - 1, '0').rstrip('0')}" if rest else str(whole)


def json_string(text: str) -> str:
    """A string as encoding/json writes it."""
    return '"' + "".join(map(_json_character, text)) + '"'


_JSON_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def _json_character(character: str) -> str:
    if character in _JSON_ESCAPES:
        return _JSON_ESCAPES[character]
    if character < " " or character in "<>&\u2028\u2029":
        return f"\\u{ord(character):04x}"
    return character


def json_text(value: Value) -> str:
    """A value as encoding/json writes it, without spaces."""
    data = value.data
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, Number):
        return data
    if isinstance(data, str):
        return json_string(data)
    if isinstance(data, Object):
        return "{" + ",".join(f"{json_string(member.key)}:{json_text(member.value)}" for member in data) + "}"
    return "[" + ",".join(map(json_text, data)) + "]"
