"""The types of an expression as expr 1.12 and 1.13 saw them. Mirrors their checker/checker.go and checker/types.go.

These releases ask nil for its type in some places, and crash.
"""

from __future__ import annotations

from kpl.golang.exprlang.builtins import Function, NilTypeError
from kpl.golang.exprlang.checker_1_16 import Checker116
from kpl.golang.exprlang.faults import PanicError
from kpl.golang.exprlang.gotypes import ANY, ARRAY, BOOL, function_of
from kpl.golang.exprlang.natures import Nature
from kpl.golang.exprlang.nodes import Array, Binary, Identifier, Integer, Member, Node, Predicate, Slice, String, Unary

NIL_POINTER = "runtime error: invalid memory address or nil pointer dereference"
_NO_TYPE = "interface conversion: reflect.Type is nil, not *reflect.rtype"


class Checker113(Checker116):
    """1.12 and 1.13."""

    _predicate_word = "closure"

    def _is_time(self, nature: Nature) -> bool:
        return nature.is_time or nature.unknown

    def _in(self, node: Binary, left: Nature, right: Nature) -> Nature | None:
        if right.kind == "map" or right.is_array:
            return Nature(BOOL)
        return super()._in(node, left, right)

    def _named(self, node: Node, name: str, strict: bool, with_builtins: bool) -> Nature:
        if name in self._builtins:
            return Nature(ANY, function=self._builtins[name])
        return super()._named(node, name, strict, with_builtins)

    def _identifier(self, node: Identifier) -> Nature:
        return self._named(node, node.value, True, True)

    def _member(self, node: Member) -> Nature:
        if self._release < (1, 12, 7):
            base = self._visit(node.node)
            property_ = self._visit(node.property)
        else:
            property_ = self._visit(node.property)
            if isinstance(node.node, Identifier) and node.node.value == "env":
                name = node.property.value if isinstance(node.property, String) else ""
                return Nature(self._environment.get(name, ANY))
            base = self._visit(node.node)
        if base.nil and not isinstance(node.property, String):
            raise PanicError(NIL_POINTER)
        if property_.nil and base.kind == "map" and self._release < (1, 12, 7):
            raise PanicError(NIL_POINTER)
        return self._member_of(node, base, property_)

    def _slice_of(self, node: Slice, nature: Nature) -> Nature:
        if nature.nil:
            raise PanicError(NIL_POINTER)
        return super()._slice_of(node, nature)

    def _call_builtin(self, function: Function, node: Node, arguments: list[Node]) -> Nature:
        try:
            return super()._call_builtin(function, node, arguments)
        except NilTypeError:
            raise PanicError(NIL_POINTER) from None

    def _passed(self, argument: Node, wanted: Nature) -> Nature:
        given = self._visit(argument)
        if _is_arithmetic(argument) and (self._is_number(wanted) or self._release < (1, 12, 7)):
            return wanted
        return given

    def _predicate(self, node: Predicate) -> Nature:
        nature = self._visit(node.node)
        if nature.type is None:
            raise PanicError(_NO_TYPE)
        return Nature(function_of((ANY,), (nature.type,)))

    def _array(self, node: Array) -> Nature:
        for child in node.nodes:
            self._visit(child)
        return Nature(ARRAY)


def _is_arithmetic(node: Node) -> bool:
    """isIntegerOrArithmeticOperation."""
    if isinstance(node, Unary):
        return node.operator in ("+", "-")
    if isinstance(node, Binary):
        return node.operator in ("+", "/", "-", "*")
    return isinstance(node, Integer)
