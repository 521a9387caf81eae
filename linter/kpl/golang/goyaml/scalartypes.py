"""What a YAML scalar is: null, truth value, number or string, as go-yaml v2 resolves it.

Source: go.yaml.in/yaml/v2 v2.4.4, resolve.go.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.golang.strconv import parse_int, parse_uint
from kpl.golang.values import GoError
from kpl.text import late

LONG = "tag:yaml.org,2002:"
STRING, BOOLEAN, INTEGER, FLOAT, NULL = (LONG + name for name in ("str", "bool", "int", "float", "null"))
BINARY, TIMESTAMP, MERGE = (LONG + name for name in ("binary", "timestamp", "merge"))

Scalar = None | bool | int | float | str


class TagError(Exception):
    """A value that is not what its tag says; the text is go-yaml's, without ``yaml: ``."""


_WORDS: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys("y Y yes Yes YES true True TRUE on On ON".split(), (BOOLEAN, True)),
    **dict.fromkeys("n N no No NO false False FALSE off Off OFF".split(), (BOOLEAN, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (FLOAT, float("nan"))),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (FLOAT, float("inf"))),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (FLOAT, float("-inf"))),
}
_RESOLVED_TAGS = ("", STRING, BOOLEAN, INTEGER, FLOAT, NULL, TIMESTAMP)
_FLOAT = late.pattern(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DIGITS = late.pattern("[+-]?(?:0[bBoOxX])?[0-9a-fA-F]+")
_POINT_FLOAT = late.pattern(r"\.[0-9]+(?:_[0-9]+)*([eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_TIMESTAMP = late.pattern(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_LONGEST_NUMBER = 1000


class Resolved(NamedTuple):
    """A scalar's tag, written out, and its value."""

    tag: str
    value: Scalar


def resolve(tag: str, text: str) -> Resolved:
    """What a plain scalar is, or one with a tag. Raises TagError."""
    if tag not in _RESOLVED_TAGS:
        return Resolved(tag, text)
    found = Resolved(STRING, text) if tag == STRING else _guess(tag, text)
    if tag in ("", STRING, found.tag):
        return found
    if tag == FLOAT and found.tag == INTEGER and isinstance(found.value, int) and found.value < 2**63:
        return Resolved(FLOAT, float(found.value))
    raise TagError(f"cannot decode {short(found.tag)} `{text}` as a {short(tag)}")


def short(tag: str) -> str:
    """``!!str`` of the tag that is written out."""
    return "!!" + tag[len(LONG) :] if tag.startswith(LONG) else tag


def _guess(tag: str, text: str) -> Resolved:
    if text in _WORDS:
        return Resolved(*_WORDS[text])
    if text[0] == ".":
        number = float(text) if _POINT_FLOAT.fullmatch(text) and len(text) < _LONGEST_NUMBER else float("inf")
        if number != float("inf"):
            return Resolved(FLOAT, number)
    elif text[0] in "+-0123456789":
        if tag == TIMESTAMP and _is_timestamp(text):
            return Resolved(TIMESTAMP, text)
        return _number(text)
    return Resolved(STRING, text)


def _number(text: str) -> Resolved:
    plain = text.replace("_", "")
    integer = _integer(plain, 0)
    if integer is not None:
        return Resolved(INTEGER, integer)
    if len(plain) < _LONGEST_NUMBER and _FLOAT.fullmatch(plain):
        number = float(plain)
        if number not in (float("inf"), float("-inf")):
            return Resolved(FLOAT, number)
    if plain.startswith("0b"):
        integer = _integer(plain[2:], 2)
    elif plain.startswith("-0b"):
        integer = _integer("-" + plain[3:], 2)
    if integer is not None:
        return Resolved(INTEGER, integer)
    return Resolved(STRING, text)


def _integer(text: str, base: int) -> int | None:
    """The number in `text` when it fits int64, or, without a sign, uint64."""
    if not _DIGITS.fullmatch(text):
        return None
    for parse in (parse_int, parse_uint):
        try:
            return parse(text, base, 64)
        except GoError:
            continue
    return None


def _is_timestamp(text: str) -> bool:
    """Whether one of go-yaml's four layouts reads the text; only a tag asks for it, else it is a string anyway."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.group(1, 2, 3))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= month <= 12 or not 1 <= day <= days[month - 1]:
        return False
    separator, zone = found[4], found[8]
    if separator is None:
        return True
    hour, minute, second = map(int, found.group(5, 6, 7))
    zone_fits = zone is None or zone == "Z" or (int(zone[1:3]) <= 24 and int(zone[4:6]) <= 60)
    return hour < 24 and minute < 60 and second < 60 and (zone is None) == (separator == " ") and zone_fits
