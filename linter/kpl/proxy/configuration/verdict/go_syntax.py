"""Values as Go holds them where their type is not known, and as its verb ``%#v`` writes them. (Go src/fmt/print.go)"""

from __future__ import annotations

from kpl.golang.values import quote
from kpl.proxy.configuration.verdict.values import general_float

GoKey = tuple[str, str | int | float | bool | None]
"""The name of a key's type and its value: in Go the keys 1, 1.0 and true are three."""


class GoMap(dict[GoKey, "GoData"]):
    """A map[interface{}]interface{}."""


GoData = None | bool | int | float | str | list["GoData"] | GoMap


def go_type(value: GoData) -> str:
    """The name of the value's type; an integer beyond int64 is a uint64."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if value < 2**63 else "uint64"
    if isinstance(value, float):
        return "float64"
    return "string" if isinstance(value, str) else ""


def go_key(value: GoData) -> GoKey:
    """The key that a value makes; `value` is no list and no map."""
    assert not isinstance(value, list | GoMap)
    return go_type(value), value


def go_syntax(value: GoData) -> str:
    """A value in Go's own syntax, ``%#v``."""
    return "<nil>" if value is None else _inner(value)


def _inner(value: GoData) -> str:
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 2**63 else hex(value)
    if isinstance(value, float):
        return general_float(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, GoMap):
        pairs = (f"{_inner(value[key])}" for key in value)
        keys = (_inner(key[1]) for key in value)
        shown = sorted(zip(map(_order, value), keys, pairs, strict=True))
        return "map[interface {}]interface {}{" + ", ".join(f"{key}:{item}" for _, key, item in shown) + "}"
    return "[]interface {}{" + ", ".join(map(_inner, value)) + "}"


def _order(key: GoKey) -> tuple[str, float, str]:
    """Keys of one type stand in their order; which type comes first is chance in Go."""
    name, value = key
    return (
        name,
        0.0 if value is None or isinstance(value, str) else float(value),
        value if isinstance(value, str) else "",
    )
