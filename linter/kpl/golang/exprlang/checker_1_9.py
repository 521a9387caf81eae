"""The types of an expression as expr 1.9 saw them. Mirrors its checker/checker.go and checker/types.go.

What is unknown passes for anything. Functions and methods are no values.
"""

from __future__ import annotations

from kpl.golang.exprlang.checker_1_13 import Checker113
from kpl.golang.exprlang.faults import FileError
from kpl.golang.exprlang.gotypes import ANY, BOOL, FLOAT, INT, INTS, STRING, GoType
from kpl.golang.exprlang.natures import NIL, Nature
from kpl.golang.exprlang.nodes import Binary, Builtin, Call, Identifier, Index, Member, Slice, String, Unary
from kpl.golang.exprlang.operators import BOOLEAN, COMPARISONS

_WEIGHTS = "uint uint8 uint16 uint32 uint64 int int8 int16 int32 int64 float32 float64".split()


class Checker109(Checker113):
    """1.9."""

    # --- tests -------------------------------------------------------------------------------------------------------

    def _is_integer(self, nature: Nature) -> bool:
        return super()._is_integer(nature) or nature.unknown

    def _is_string(self, nature: Nature) -> bool:
        return nature.is_string or nature.unknown

    def _is_bool(self, nature: Nature) -> bool:
        return nature.is_bool or nature.unknown

    # --- operators ---------------------------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Nature:
        nature = self._visit(node.node)
        if node.operator in ("!", "not"):
            if self._is_bool(nature):
                return Nature(BOOL)
        elif self._is_number(nature):
            return nature
        return self._error(node, f"invalid operation: {node.operator} (mismatched type {self._show(nature)})")

    def _operation(self, node: Binary, left: Nature, right: Nature) -> Nature:
        result = self._result_of(node.operator, left, right)
        if result:
            return Nature(result)
        types = f"{self._show(left)} and {self._show(right)}"
        return self._error(node, f"invalid operation: {node.operator} (mismatched types {types})")

    def _result_of(self, operator: str, left: Nature, right: Nature) -> GoType | None:
        numbers = self._is_number(left) and self._is_number(right)
        strings = self._is_string(left) and self._is_string(right)
        if operator in ("==", "!="):
            fits = self._comparable(left, right)
        elif operator in BOOLEAN:
            fits = self._is_bool(left) and self._is_bool(right)
        elif operator in ("in", "not in"):
            fits = right.kind == "map" or right.is_array or right.unknown
        elif operator in COMPARISONS:
            fits = numbers or strings
        elif operator in ("matches", "contains", "startsWith", "endsWith"):
            fits = strings
        elif operator in ("..", "%"):
            if not (self._is_integer(left) and self._is_integer(right)):
                return None
            return INTS if operator == ".." else _combined(left, right)
        elif numbers:
            return FLOAT if operator == "**" else _combined(left, right)
        else:
            return STRING if operator == "+" and strings else None
        return BOOL if fits else None

    # --- names and members -------------------------------------------------------------------------------------------

    def _identifier(self, node: Identifier) -> Nature:
        if node.optional and node.value not in self._environment:
            return NIL
        return self._named(node, node.value, True, False)

    def _member(self, node: Member) -> Nature:
        base = self._visit(node.node)
        if base.unknown or base.kind == "map":
            return self._elem(base)
        if node.optional:
            return NIL
        return self._error(node, f"type {self._show(base)} has no field {_name(node)}")

    def _index(self, node: Index) -> Nature:
        base, index = self._visit(node.node), self._visit(node.index)
        if not (base.unknown or base.kind == "map" or base.is_array):
            return self._error(node, f"invalid operation: type {self._show(base)} does not support indexing")
        element = self._elem(base)
        if self._is_integer(index) or index.is_string:
            return element
        types = f"{self._show(index)} as index to {self._show(element)}"
        return self._error(node, f"invalid operation: cannot use {types}")

    def _slice(self, node: Slice) -> Nature:
        nature = self._visit(node.node)
        if not (self._is_string(nature) or nature.kind == "map" or nature.is_array):
            return self._error(node, f"invalid operation: cannot slice {self._show(nature)}")
        for bound in (node.start, node.end):
            if bound is not None:
                index = self._visit(bound)
                if not self._is_integer(index):
                    return self._error(bound, f"invalid operation: non-integer slice index {self._show(index)}")
        return nature

    # --- calls and builtins ------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Nature:
        callee = node.callee
        if isinstance(callee, Member):
            base = self._visit(callee.node)
            if base.unknown or base.kind == "map":
                return self._unknown
            if callee.optional:
                return NIL
            return self._error(node, f"type {self._show(base)} has no method {_name(callee)}")
        name = callee.value if isinstance(callee, Identifier) else ""
        function = self._environment.get(name)
        if function is None or function.kind != "func":
            return self._error(node, f"unknown func {name}")
        try:
            return self._result(name, Nature(function), node.arguments, node)
        except FileError as fault:
            return self._refuse(fault)

    def _builtin(self, node: Builtin) -> Nature:
        if node.name != "len":
            return super()._builtin(node)
        nature = self._visit(node.arguments[0])
        if nature.is_array or nature.kind == "map" or self._is_string(nature):
            return Nature(INT)
        return self._error(node, f"invalid argument for len (type {self._show(nature)})")


def _combined(left: Nature, right: Nature) -> GoType:
    """The heavier type, the right one where they weigh the same."""
    return (
        max((right, left), key=lambda nature: _WEIGHTS.index(nature.kind) if nature.kind in _WEIGHTS else -1).type
        or ANY
    )


def _name(node: Member) -> str:
    assert isinstance(node.property, String)
    return node.property.value
