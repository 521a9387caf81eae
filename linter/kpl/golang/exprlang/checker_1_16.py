"""The types of an expression as expr 1.15 and 1.16 saw them. Mirrors their checker/checker.go and checker/types.go.

A value has a type of Go and nothing else: nil has none, and what is unknown is an ``interface {}``.
"""

from __future__ import annotations

from kpl.golang.exprlang.builtins import Function
from kpl.golang.exprlang.checker import ENVIRONMENT, Checker
from kpl.golang.exprlang.faults import FileError
from kpl.golang.exprlang.gotypes import (
    ANY,
    ARRAY,
    BOOL,
    DURATION,
    FLOAT,
    FLOAT_KINDS,
    INT,
    INTEGER_KINDS,
    INTS,
    MAP,
    STRING,
    TIME,
    function_of,
    slice_of,
)
from kpl.golang.exprlang.natures import Nature
from kpl.golang.exprlang.nodes import (
    Array,
    Binary,
    Builtin,
    Call,
    Conditional,
    Identifier,
    Member,
    Node,
    Pointer,
    Predicate,
    Slice,
    String,
)
from kpl.golang.exprlang.rules import is_duration, is_string


class Checker116(Checker):
    """1.15 and 1.16."""

    _unknown = Nature(ANY)

    def _show(self, nature: Nature) -> str:
        return nature.type.name if nature.type else "<nil>"

    # --- tests -------------------------------------------------------------------------------------------------------

    def _is_integer(self, nature: Nature) -> bool:
        return nature.kind in INTEGER_KINDS

    def _deref(self, nature: Nature) -> Nature:
        # pointers to structures remain before 1.16, and there are no others
        return nature.dereferenced() if self._release >= (1, 16) else nature

    def _comparable(self, left: Nature, right: Nature) -> bool:
        if left.nil or right.nil or left.kind == right.kind:
            return True
        return (self._is_number(left) and self._is_number(right)) or left.unknown or right.unknown

    # --- operators ---------------------------------------------------------------------------------------------------

    def _ordered(self, left: Nature, right: Nature) -> bool:
        return self._both(left, right, self._is_number, is_string, self._is_time)

    def _combined(self, left: Nature, right: Nature) -> Nature:
        if left.kind == right.kind:
            return Nature(left.type)
        return Nature(FLOAT if left.kind in FLOAT_KINDS or right.kind in FLOAT_KINDS else INT)

    def _arithmetic(self, operator: str, left: Nature, right: Nature) -> Nature | None:
        if operator in ("**", "^") or (operator == "/" and self._release >= (1, 14)):
            return Nature(FLOAT) if self._both(left, right, self._is_number) else None
        if operator == "..":
            return Nature(INTS) if self._both(left, right, self._is_integer) else None
        test = self._is_integer if operator == "%" else self._is_number
        if test(left) and test(right):
            return self._combined(left, right)
        maybe = [test]
        if operator == "-":
            if self._is_time(left) and self._is_time(right):
                return Nature(DURATION)
            if left.is_time and right.is_duration and self._release >= (1, 14):
                return Nature(TIME)
            maybe.append(self._is_time)
        elif operator == "+":
            if left.is_string and right.is_string:
                return Nature(STRING)
            if (self._is_time(left) and right.is_duration) or (left.is_duration and self._is_time(right)):
                return Nature(TIME)
            maybe += [is_string, self._is_time, is_duration]
        return self._unknown if self._maybe(left, right, *maybe) else None

    def _in(self, node: Binary, left: Nature, right: Nature) -> Nature | None:
        pointed = right.dereferenced()
        if pointed.kind == "struct" and (left.is_string or left.unknown):
            return Nature(BOOL)
        if left.nil and (right.kind == "map" or right.is_array):
            return Nature(BOOL)
        if right.is_array and right.of:
            # the elements of a literal, where they are all alike
            if self._comparable(left, right.of):
                return Nature(BOOL)
            return self._error(node, f"cannot use {self._show(left)} as type {self._show(right.of)} in array")
        return super()._in(node, left, right)

    def _coalesce(self, left: Nature, right: Nature) -> Nature:
        return Nature(*super()._coalesce(left, right)[:2])

    def _conditional(self, node: Conditional) -> Nature:
        return Nature(*super()._conditional(node)[:2])

    # --- names and members -------------------------------------------------------------------------------------------

    def _whole_environment(self) -> Nature:
        return Nature(MAP)

    def _named(self, node: Node, name: str, strict: bool, with_builtins: bool) -> Nature:
        if name in self._builtins and self._release < (1, 16):
            function = self._builtins[name]
            return Nature(Function(name).type, function=function)
        return super()._named(node, name, strict, with_builtins)

    def _member(self, node: Member) -> Nature:
        of_environment = isinstance(node.node, Identifier) and node.node.value == ENVIRONMENT
        if of_environment and self._release >= (1, 16):
            return self._of_environment(node)
        base, property_ = self._visit(node.node), self._visit(node.property)
        if of_environment:
            return self._of_environment(node)
        return self._member_of(node, base, property_)

    def _member_of(self, node: Member, base: Nature, property_: Nature) -> Nature:
        name = node.property.value if isinstance(node.property, String) else None
        if name is not None:
            if base.nil:
                return self._error(node, f"type <nil> has no field {name}")
            method = base.type.method(name) if base.type else None
            if method:
                return Nature(method, method=True)
        base = base.dereferenced()
        if base.unknown:
            return self._unknown
        if base.kind == "map" and property_.nil:
            return base.elem()
        if base.kind == "map" or base.is_array:
            return self._element(node, base, property_)
        if base.kind == "struct" and name is not None:
            what = "method" if self._is_called(node) else "field"
            return self._error(node, f"type {self._show(base)} has no {what} {name}")
        return self._error(node, f"type {self._show(base)}[{self._show(property_)}] is undefined")

    def _is_called(self, node: Member) -> bool:
        return node.method

    def _slice_of(self, node: Slice, nature: Nature) -> Nature:
        return super()._slice_of(node, Nature(*nature[:2]))

    # --- calls and builtins ------------------------------------------------------------------------------------------

    def _argument(self, name: str, argument: Node, wanted: Nature) -> None:
        given = self._passed(argument, wanted)
        if given.nil or given.unknown:
            return
        if (
            self._is_integer(given)
            and (wanted.is_float or (self._is_integer(wanted) and given.kind != wanted.kind))
            and self._release >= (1, 14)
        ):
            return
        if not (given.assignable_to(wanted) or self._deref(given).assignable_to(wanted)):
            types = f"{self._show(given)} as argument (type {self._show(wanted)})"
            raise FileError(f"cannot use {types} to call {name} ", argument.at)

    def _passed(self, argument: Node, _wanted: Nature) -> Nature:
        return self._visit(argument)

    def _over(self, name: str, collection: Nature, result: Nature, full: Nature) -> Nature:
        return super()._over(name, collection, result, result)

    def _elements(self, name: str, collection: Nature, full: Nature) -> Nature:
        if name in ("find", "findLast"):
            return self._elem(collection)
        if self._release >= (1, 16) or name == "sortBy":
            return Nature(ARRAY)
        element = full if name == "map" else self._elem(collection)
        return Nature(slice_of(element.type or ANY))

    def _elem(self, collection: Nature) -> Nature:
        return self._unknown if collection.type is None or collection.unknown else Nature(collection.type.elem)

    def _get(self, node: Builtin) -> Nature:
        if len(node.arguments) != 2:
            return super()._get(node)
        source, which = node.arguments
        if isinstance(source, Identifier) and source.value == ENVIRONMENT:
            known = self._environment.get(which.value) if isinstance(which, String) else ANY
            return Nature(known, nil=known is None)
        base = self._visit(source)
        if base.unknown:
            return self._unknown
        if base.is_array or base.kind == "map":
            property_ = self._visit(which)
            if property_.nil:
                return self._error(which, f"cannot use nil as {'slice' if base.is_array else 'map'} index")
            if base.is_array and not (self._is_integer(property_) or property_.unknown):
                return self._error(which, f"non-integer slice index {self._show(property_)}")
            key = Nature(base.type.key if base.type else None)
            if base.kind == "map" and not (property_.unknown or property_.assignable_to(key)):
                types = f"{self._show(property_)} to get an element from {self._show(base)}"
                return self._error(which, f"cannot use {types}")
            return self._elem(base)
        return self._error(source, f"type {self._show(base)} does not support indexing")

    def _predicate(self, node: Predicate) -> Nature:
        nature = self._visit(node.node)
        if nature.type is None:
            return self._error(node.node, "closure cannot be nil")
        return Nature(function_of((ANY,), (nature.type,)))

    def _pointer(self, node: Pointer) -> Nature:
        if not self._collections:
            return self._error(node, "cannot use pointer accessor outside closure")
        return super()._pointer(node)

    def _array(self, node: Array) -> Nature:
        natures = [self._visit(child) for child in node.nodes]
        alike = len({nature.kind for nature in natures}) == 1 and natures[0].type
        # the natures of literals alone are kept, and an array of arrays is an array
        return Nature(ARRAY, of=Nature(natures[-1].type) if alike else None)


class Checker115(Checker116):
    """1.15, where a member counts as called when it is an argument, too."""

    _of_call: frozenset[int] = frozenset()

    def _call(self, node: Call) -> Nature:
        before, self._of_call = self._of_call, frozenset(map(id, (node.callee, *node.arguments)))
        nature = super()._call(node)
        self._of_call = before
        return nature

    def _is_called(self, node: Member) -> bool:
        return id(node) in self._of_call
