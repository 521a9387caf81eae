"""The builtin functions of expr and what they accept. Mirrors builtin/builtin.go, validation.go and utils.go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from kpl.golang.exprlang.faults import Release
from kpl.golang.exprlang.gotypes import (
    ANY,
    ANY_MAP,
    ARRAY,
    FLOAT,
    FLOAT_KINDS,
    INT,
    INTEGER_KINDS,
    LOCATION,
    TIME,
    GoType,
    go_type,
)
from kpl.golang.values import GoError

Arguments = Sequence[GoType | None]
"""The types of a call's arguments; None is nil."""


class Function(NamedTuple):
    """A builtin: its overloads, or what judges its arguments and gives the type of its result (raises GoError)."""

    name: str
    types: tuple[GoType, ...] = ()
    validate: Callable[[Arguments], GoType] | None = None

    @property
    def type(self) -> GoType:
        """Function.Type: what the name alone is."""
        return self.types[0] if self.types else _FUNCTION


_FUNCTION = go_type("func(...interface {}) (interface {}, error)")
_NUMBERS = INTEGER_KINDS | FLOAT_KINDS
_NUMBERS_OR_ANY = _NUMBERS | {"interface"}
_ARRAYS = frozenset(("slice", "array"))
_ARRAYS_OR_ANY = _ARRAYS | {"interface"}

_PREDICATE_TYPES = {
    "all": "func([]interface {}, func(interface {}) bool) bool",
    "none": "func([]interface {}, func(interface {}) bool) bool",
    "any": "func([]interface {}, func(interface {}) bool) bool",
    "one": "func([]interface {}, func(interface {}) bool) bool",
    "filter": "func([]interface {}, func(interface {}) bool) []interface {}",
    "map": "func([]interface {}, func(interface {}) interface {}) []interface {}",
    "find": "func([]interface {}, func(interface {}) bool) interface {}",
    "findIndex": "func([]interface {}, func(interface {}) bool) int",
    "findLast": "func([]interface {}, func(interface {}) bool) interface {}",
    "findLastIndex": "func([]interface {}, func(interface {}) bool) int",
    "count": "func([]interface {}, func(interface {}) bool) int",
    "sum": "func([]interface {}, func(interface {}) bool) int",
    "groupBy": "func([]interface {}, func(interface {}) interface {}) map[interface {}][]interface {}",
    "sortBy": "func([]interface {}, func(interface {}) bool, string) []interface {}",
    "reduce": "func([]interface {}, func(interface {}, interface {}) interface {}, interface {}) interface {}",
}


def predicates(release: Release) -> Mapping[str, str]:
    """Builtins with a grammar of their own: the kinds of their arguments.

    e is an expression, p a predicate, ? says that the last may be left out.
    """
    early = dict.fromkeys("all none any one filter map count".split(), "ep")
    if release < (1, 12):
        return {**early, "len": "e"}
    if release < (1, 14):
        return early
    later = dict.fromkeys("find findIndex findLast findLastIndex groupBy".split(), "ep")
    if release < (1, 16):
        return {**early, **later, "reduce": "epe?"}
    return {**early, **later, "count": "ep?", "sum": "ep?", "sortBy": "epe?", "reduce": "epe?"}


def _typed(table: str) -> dict[str, tuple[str, ...]]:
    """A line a function: its name and its overloads, with ``|`` between them."""
    rows = (line.strip().split(" ", 1) for line in table.strip().splitlines())
    return {name: tuple(map(str.strip, types.split("|"))) for name, types in rows}


_TYPED_1_15 = _typed(
    """
    type func(interface {}) string
    string func(interface {}) string
    trim func(string) string | func(string, string) string
    trimPrefix func(string, string) string | func(string) string
    trimSuffix func(string, string) string | func(string) string
    upper func(string) string
    lower func(string) string
    split func(string, string) []string | func(string, string, int) []string
    splitAfter func(string, string) []string | func(string, string, int) []string
    replace func(string, string, string, int) string | func(string, string, string) string
    repeat func(string, int) string
    join func([]string, string) string | func([]interface {}, string) string | func([]interface {}) string \
 | func([]string, string) string | func([]string) string
    indexOf func(string, string) int
    lastIndexOf func(string, string) int
    hasPrefix func(string, string) bool
    hasSuffix func(string, string) bool
    toJSON func(interface {}) string
    fromJSON func(string) interface {}
    toBase64 func(string) string
    fromBase64 func(string) string
    duration func(string) (time.Duration, error)
    """
)
_TYPED_BEFORE_1_16 = _typed(
    """
    now func() time.Time
    date func(string) time.Time | func(string, string) time.Time | func(string, string, string) time.Time
    """
)
_TYPED_1_16 = _typed(
    """
    timezone func(string) (*time.Location, error)
    sort func([]interface {}, string) []interface {} | func([]int, string) []interface {} \
 | func([]float64, string) []interface {} | func([]string, string) []interface {} | func([]interface {}) []interface {} \
 | func([]float64) []interface {} | func([]string) []interface {} | func([]int) []interface {}
    bitand func(int, int) int
    bitor func(int, int) int
    bitxor func(int, int) int
    bitnand func(int, int) int
    bitshl func(int, int) int
    bitshr func(int, int) int
    bitushr func(int, int) int
    bitnot func(int) int
    """
)


@cache
def builtins(release: Release) -> Mapping[str, Function]:
    """builtin.Builtins, predicates included. Before 1.12 there are none by name."""
    if release < (1, 12):
        return {}
    if release < (1, 14):
        return {name: Function(name, (), validate) for name, validate in _validated_1_12(release).items()}
    typed = {**_TYPED_1_15, **(_TYPED_BEFORE_1_16 if release < (1, 16) else _TYPED_1_16)}
    typed |= {name: (_PREDICATE_TYPES[name],) for name in predicates(release)}
    table = {name: Function(name, tuple(map(go_type, types))) for name, types in typed.items()}
    table |= {name: Function(name, (), validate) for name, validate in _validated(release).items()}
    # (the checker has its own rule for this one)
    table["get"] = Function("get")
    return table


def _validated_1_12(release: Release) -> dict[str, Callable[[Arguments], GoType]]:
    def strict(name: str, validate: Callable[[Arguments], GoType]) -> Callable[[Arguments], GoType]:
        def judged(arguments: Arguments) -> GoType:
            if len(arguments) != 1:
                raise GoError(f"invalid number of arguments for {name} (expected 1, got {len(arguments)})")
            if arguments[0] is None and release < (1, 12, 7):
                raise NilTypeError
            return validate(arguments)

        return judged

    plain = _validated(release)
    return {name: strict(name, plain[name]) for name in ("len", "abs", "int", "float")}


class NilTypeError(Exception):
    """The library asks nil for its type, and crashes."""


def _validated(release: Release) -> dict[str, Callable[[Arguments], GoType]]:
    table: dict[str, Callable[[Arguments], GoType]] = {
        "len": partial(
            _one, "invalid argument for len (type {})", {"array", "map", "slice", "string", "interface"}, INT
        ),
        "abs": partial(_one, "invalid argument for abs (type {})", _NUMBERS_OR_ANY, None),
        "ceil": partial(_one, "invalid argument for ceil (type {})", _NUMBERS_OR_ANY, FLOAT),
        "floor": partial(_one, "invalid argument for floor (type {})", _NUMBERS_OR_ANY, FLOAT),
        "round": partial(_one, "invalid argument for round (type {})", _NUMBERS_OR_ANY, FLOAT),
        "int": partial(_one, "invalid argument for int (type {})", _NUMBERS_OR_ANY | {"string"}, INT),
        "float": partial(_one, "invalid argument for float (type {})", _NUMBERS_OR_ANY | {"string"}, FLOAT),
        "max": partial(_aggregate, "max", release),
        "min": partial(_aggregate, "min", release),
        "first": partial(_end, "first"),
        "last": partial(_end, "last"),
        "take": _take,
        "keys": partial(_one, "cannot get keys from {}", {"interface", "map"}, ARRAY),
        "values": partial(_one, "cannot get values from {}", {"interface", "map"}, ARRAY),
        "toPairs": partial(_one, "cannot transform {} to pairs", {"interface", "map"}, ARRAY),
        "fromPairs": partial(_one, "cannot transform {} from pairs", _ARRAYS_OR_ANY, ANY_MAP),
    }
    if release < (1, 16):
        table |= {
            # (the library's own slip)
            "round": partial(_one, "invalid argument for floor (type {})", _NUMBERS_OR_ANY, FLOAT),
            "sum": partial(_one, "cannot sum {}", _ARRAYS_OR_ANY, ANY),
            "mean": partial(_one, "cannot avg {}", _ARRAYS_OR_ANY, FLOAT),
            "median": partial(_one, "cannot median {}", _ARRAYS_OR_ANY, FLOAT),
            "sort": _sort,
            "sortBy": _sort_by,
        }
        return table
    table |= {
        "mean": partial(_aggregate, "mean", release),
        "median": partial(_aggregate, "median", release),
        "now": _now,
        "date": _date,
        "reverse": partial(_one, "cannot reverse {}", _ARRAYS_OR_ANY, ARRAY),
        "concat": _concat,
    }
    if release >= (1, 17):
        table |= {
            "uniq": partial(_one, "cannot uniq {}", _ARRAYS_OR_ANY, ARRAY),
            "flatten": partial(_one, "cannot flatten {}", _ARRAYS_OR_ANY, ARRAY),
        }
    return table


def _kind(type_: GoType | None) -> str:
    """The kind of a type, or of what it points to."""
    while type_ and type_.kind == "ptr":
        type_ = type_.elem
    return type_.kind if type_ else "invalid"


def _shown(type_: GoType | None) -> str:
    """The verb ``%s`` of a type."""
    return type_.name if type_ else "%!s(<nil>)"


def _count(arguments: Arguments, *expected: int) -> None:
    if len(arguments) not in expected:
        words = " or ".join(map(str, expected))
        raise GoError(f"invalid number of arguments (expected {words}, got {len(arguments)})")


def _one(template: str, kinds: frozenset[str] | set[str], result: GoType | None, arguments: Arguments) -> GoType:
    """One argument of certain kinds; a `result` of None is the argument's own type."""
    _count(arguments, 1)
    if _kind(arguments[0]) not in kinds:
        raise GoError(template.format(_shown(arguments[0])))
    return result or arguments[0] or ANY


def _aggregate(name: str, release: Release, arguments: Arguments) -> GoType:
    """validateAggregateFunc."""
    if not arguments:
        raise GoError(f"not enough arguments to call {name}")
    for argument in arguments:
        kind = _kind(argument)
        if kind == "interface" or (kind in _ARRAYS and release >= (1, 16)):
            return ANY
        if kind not in _NUMBERS:
            raise GoError(f"invalid argument for {name} (type {_shown(argument)})")
    return arguments[0] or ANY


def _end(which: str, arguments: Arguments) -> GoType:
    _count(arguments, 1)
    (argument,) = arguments
    if _kind(argument) == "interface":
        return ANY
    if argument and argument.kind in _ARRAYS and argument.elem:
        return argument.elem
    raise GoError(f"cannot get {which} element from {_shown(argument)}")


def _take(arguments: Arguments) -> GoType:
    _count(arguments, 2)
    if _kind(arguments[0]) not in _ARRAYS_OR_ANY:
        raise GoError(f"cannot take from {_shown(arguments[0])}")
    kind = _kind(arguments[1])
    if kind != "interface" and (kind not in INTEGER_KINDS or kind.startswith("uint")):
        raise GoError(f"cannot take {_shown(arguments[1])} elements")
    return arguments[0] or ANY


def _now(arguments: Arguments) -> GoType:
    if not arguments or (len(arguments) == 1 and arguments[0] == LOCATION):
        return TIME
    raise GoError(f"invalid number of arguments (expected 0, got {len(arguments)})")


def _date(arguments: Arguments) -> GoType:
    if not arguments:
        raise GoError("invalid number of arguments (expected at least 1, got 0)")
    rest = len(arguments) - (arguments[0] == LOCATION)
    if rest > 3:
        raise GoError(f"invalid number of arguments (expected at most 3, got {rest})")
    return TIME


def _concat(arguments: Arguments) -> GoType:
    if not arguments:
        raise GoError("invalid number of arguments (expected at least 1, got 0)")
    for argument in arguments:
        if _kind(argument) not in _ARRAYS_OR_ANY:
            raise GoError(f"cannot concat {_shown(argument)}")
    return ARRAY


def _sort(arguments: Arguments) -> GoType:
    _count(arguments, 1, 2)
    if _kind(arguments[0]) not in _ARRAYS_OR_ANY:
        raise GoError(f"cannot sort {_shown(arguments[0])}")
    _check_order(arguments, 1, 1)
    return ARRAY


def _sort_by(arguments: Arguments) -> GoType:
    _count(arguments, 2, 3)
    if _kind(arguments[0]) not in _ARRAYS_OR_ANY:
        raise GoError(f"cannot sort {_shown(arguments[0])}")
    _check_order(arguments, 1, 1)
    # (the library's own slip: it shows the field)
    _check_order(arguments, 2, 1)
    return ARRAY


def _check_order(arguments: Arguments, at: int, shown: int) -> None:
    if at < len(arguments) and _kind(arguments[at]) not in ("string", "interface"):
        raise GoError(f"invalid argument for sort (expected string, got {_shown(arguments[shown])})")
