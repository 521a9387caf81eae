"""The Go types that an expression can have, as far as package reflect tells them apart.

A type is written as reflect prints it: ``func(string, ...interface {}) (bool, error)``.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class GoType(NamedTuple):
    """A reflect.Type. Equal names are equal types."""

    name: str
    kind: str
    """reflect.Kind, but ``ptr`` for pointers."""
    elem: GoType | None = None
    """Of slices, maps and pointers."""
    key: GoType | None = None
    """Of maps."""
    inputs: tuple[GoType, ...] = ()
    """Of functions; the last one of a variadic function is a slice."""
    outputs: tuple[GoType, ...] = ()
    variadic: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def builtin(self) -> bool:
        """Whether the type is none of package time (reflect.Type.PkgPath is empty)."""
        return "." not in self.name

    def assignable_to(self, other: GoType) -> bool:
        """reflect.Type.AssignableTo; no interface but the empty one takes part in expressions."""
        return self.name == other.name or other.name == "interface {}"

    def method(self, name: str) -> GoType | None:
        """reflect.Type.MethodByName: the method as a function, whose first parameter is the receiver."""
        signature = _METHODS.get(self.name, {}).get(name)
        if signature is None:
            return None
        inputs, outputs = re.fullmatch(r"\((.*?)\)(.*)", signature).groups()  # type: ignore[union-attr]
        return go_type(f"func({self.name}{', ' if inputs else ''}{inputs}){outputs}")


def slice_of(elem: GoType) -> GoType:
    """reflect.SliceOf."""
    return GoType(f"[]{elem.name}", "slice", elem)


def function_of(inputs: tuple[GoType, ...], outputs: tuple[GoType, ...]) -> GoType:
    """reflect.FuncOf, of a function with at most one result."""
    result = "".join(f" {output.name}" for output in outputs)
    return GoType(f"func({', '.join(input_.name for input_ in inputs)}){result}", "func", None, None, inputs, outputs)


_DEFINED = {
    "time.Time": "struct",
    "time.Location": "struct",
    "time.Duration": "int64",
    "time.Month": "int",
    "time.Weekday": "int",
    "error": "interface",
    "interface {}": "interface",
}
_WORD = re.compile(r"interface \{\}|[\w.]+")


@cache
def go_type(text: str) -> GoType:
    """The type that reflect prints like this."""
    parsed, end = _parse(text, 0)
    assert end == len(text), text
    return parsed


def _parse(text: str, at: int) -> tuple[GoType, int]:
    if text.startswith("[]", at):
        elem, end = _parse(text, at + 2)
        return slice_of(elem), end
    if text.startswith("*", at):
        elem, end = _parse(text, at + 1)
        return GoType(text[at:end], "ptr", elem), end
    if text.startswith("map[", at):
        key, end = _parse(text, at + 4)
        elem, end = _parse(text, end + 1)
        return GoType(text[at:end], "map", elem, key), end
    if text.startswith("func(", at):
        inputs, end, variadic = _parse_list(text, at + 5)
        outputs: tuple[GoType, ...] = ()
        if text.startswith(" (", end):
            outputs, end, _ = _parse_list(text, end + 2)
        elif text.startswith(" ", end):
            output, end = _parse(text, end + 1)
            outputs = (output,)
        return GoType(text[at:end], "func", None, None, inputs, outputs, variadic), end
    word = _WORD.match(text, at)
    assert word is not None, text
    return GoType(word.group(), _DEFINED.get(word.group(), word.group())), word.end()


def _parse_list(text: str, at: int) -> tuple[tuple[GoType, ...], int, bool]:
    """The types up to the closing parenthesis, where it ends, and whether the last one is variadic."""
    types: list[GoType] = []
    variadic = False
    while not text.startswith(")", at):
        variadic = text.startswith("...", at)
        type_, at = _parse(text, at + 3 * variadic)
        types.append(slice_of(type_) if variadic else type_)
        at += 2 * text.startswith(", ", at)
    return tuple(types), at + 1, variadic


ANY = go_type("interface {}")
BOOL = go_type("bool")
INT = go_type("int")
FLOAT = go_type("float64")
STRING = go_type("string")
BYTES = go_type("[]uint8")
ARRAY = go_type("[]interface {}")
INTS = go_type("[]int")
MAP = go_type("map[string]interface {}")
ANY_MAP = go_type("map[interface {}]interface {}")
GROUPS = go_type("map[interface {}][]interface {}")
TIME = go_type("time.Time")
DURATION = go_type("time.Duration")
LOCATION = go_type("*time.Location")

INTEGER_KINDS = frozenset("int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64".split())
FLOAT_KINDS = frozenset(("float32", "float64"))

# Go 1.26, package time. The receiver is left out.
_METHODS = {
    "time.Time": {
        "Add": "(time.Duration) time.Time",
        "AddDate": "(int, int, int) time.Time",
        "After": "(time.Time) bool",
        "AppendBinary": "([]uint8) ([]uint8, error)",
        "AppendFormat": "([]uint8, string) []uint8",
        "AppendText": "([]uint8) ([]uint8, error)",
        "Before": "(time.Time) bool",
        "Clock": "() (int, int, int)",
        "Compare": "(time.Time) int",
        "Date": "() (int, time.Month, int)",
        "Day": "() int",
        "Equal": "(time.Time) bool",
        "Format": "(string) string",
        "GoString": "() string",
        "GobEncode": "() ([]uint8, error)",
        "Hour": "() int",
        "ISOWeek": "() (int, int)",
        "In": "(*time.Location) time.Time",
        "IsDST": "() bool",
        "IsZero": "() bool",
        "Local": "() time.Time",
        "Location": "() *time.Location",
        "MarshalBinary": "() ([]uint8, error)",
        "MarshalJSON": "() ([]uint8, error)",
        "MarshalText": "() ([]uint8, error)",
        "Minute": "() int",
        "Month": "() time.Month",
        "Nanosecond": "() int",
        "Round": "(time.Duration) time.Time",
        "Second": "() int",
        "String": "() string",
        "Sub": "(time.Time) time.Duration",
        "Truncate": "(time.Duration) time.Time",
        "UTC": "() time.Time",
        "Unix": "() int64",
        "UnixMicro": "() int64",
        "UnixMilli": "() int64",
        "UnixNano": "() int64",
        "Weekday": "() time.Weekday",
        "Year": "() int",
        "YearDay": "() int",
        "Zone": "() (string, int)",
        "ZoneBounds": "() (time.Time, time.Time)",
    },
    "time.Duration": {
        "Abs": "() time.Duration",
        "Hours": "() float64",
        "Microseconds": "() int64",
        "Milliseconds": "() int64",
        "Minutes": "() float64",
        "Nanoseconds": "() int64",
        "Round": "(time.Duration) time.Duration",
        "Seconds": "() float64",
        "String": "() string",
        "Truncate": "(time.Duration) time.Duration",
    },
    "*time.Location": {"String": "() string"},
    "time.Month": {"String": "() string"},
    "time.Weekday": {"String": "() string"},
}
