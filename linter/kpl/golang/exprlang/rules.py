"""Which types an operator takes and what it gives. Mirrors checker/checker.go and checker/nature of expr 1.17."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kpl.golang.exprlang.builtins import builtins
from kpl.golang.exprlang.faults import FileError, Release
from kpl.golang.exprlang.gotypes import BOOL, BYTES, DURATION, FLOAT, INT, STRING, TIME, GoType
from kpl.golang.exprlang.natures import Nature, array_of
from kpl.golang.exprlang.nodes import Binary, Node, String
from kpl.golang.exprlang.operators import BOOLEAN, COMPARISONS
from kpl.golang.exprlang.sprintf import without_arguments
from kpl.golang.values import GoError

Test = Callable[[Nature], bool]


class Rules:
    """A release, its environment, the rules of its operators, and the first error. Older releases override what differs."""

    _unknown = Nature()
    """What nobody can know, and what an error gives."""

    def __init__(self, release: Release, environment: Mapping[str, GoType], disabled: frozenset[str]) -> None:
        self._release = release
        self._environment = environment
        self._builtins = {name: function for name, function in builtins(release).items() if name not in disabled}
        self._fault: FileError | None = None

    def _error(self, node: Node, message: str) -> Nature:
        return self._refuse(FileError(message, node.at))

    def _refuse(self, fault: FileError) -> Nature:
        if self._fault is None:
            self._fault = fault
        return self._unknown

    def _show(self, nature: Nature) -> str:
        """A nature in a message."""
        return nature.type.name if nature.type else "unknown"

    # --- tests -------------------------------------------------------------------------------------------------------

    def _is_integer(self, nature: Nature) -> bool:
        return nature.is_integer

    def _is_number(self, nature: Nature) -> bool:
        return self._is_integer(nature) or nature.is_float

    def _is_time(self, nature: Nature) -> bool:
        return nature.is_time

    def _deref(self, nature: Nature) -> Nature:
        """What a pointer points to, where it is an operand."""
        return nature.dereferenced()

    def _deref_index(self, nature: Nature) -> Nature:
        """The same for an index and for a condition."""
        return nature.dereferenced() if self._release >= (1, 17, 7) else nature

    def _comparable(self, left: Nature, right: Nature) -> bool:
        """Whether ``==`` may stand between them (ComparableTo)."""
        if left.unknown or right.unknown or left.nil or right.nil:
            return True
        if any(test(left) and test(right) for test in (self._is_number, is_duration, self._is_time, is_array)):
            return True
        return left.assignable_to(right)

    def _maybe(self, left: Nature, right: Nature, *tests: Test) -> bool:
        """Whether both are unknown, or one is and the other passes a test (MaybeCompatible)."""
        if left.unknown:
            return right.unknown or any(test(right) for test in tests)
        return right.unknown and any(test(left) for test in tests)

    def _both(self, left: Nature, right: Nature, *tests: Test) -> bool:
        """Whether both pass the same test, or may do so."""
        return any(test(left) and test(right) for test in tests) or self._maybe(left, right, *tests)

    # --- operators ---------------------------------------------------------------------------------------------------

    def _operation(self, node: Binary, left: Nature, right: Nature) -> Nature:
        operator = node.operator
        if operator == "??":
            return self._coalesce(left, right)
        if operator == "in":
            result = self._in(node, left, right)
        elif operator == "matches":
            result = self._matches(node, left, right)
        elif operator in ("..", "+", "-", "*", "/", "%", "**", "^"):
            result = self._arithmetic(operator, left, right)
        else:
            result = Nature(BOOL) if self._condition(operator, left, right) else None
        if result is not None:
            return result
        types = f"{self._show(left)} and {self._show(right)}"
        return self._error(node, f"invalid operation: {operator} (mismatched types {types})")

    def _condition(self, operator: str, left: Nature, right: Nature) -> bool:
        """Whether the operator, which gives a truth value, fits."""
        if operator in ("==", "!="):
            return self._comparable(left, right)
        if operator in BOOLEAN:
            return self._both(left, right, is_bool)
        if operator in COMPARISONS:
            return self._ordered(left, right)
        return self._both(left, right, is_string)

    def _ordered(self, left: Nature, right: Nature) -> bool:
        """Whether ``<`` may stand between them."""
        return self._both(left, right, self._is_number, is_string, self._is_time, is_duration)

    def _arithmetic(self, operator: str, left: Nature, right: Nature) -> Nature | None:
        """What the operator gives; None where it does not fit."""
        if operator in ("/", "**", "^"):
            return Nature(FLOAT) if self._both(left, right, self._is_number) else None
        if operator in ("%", ".."):
            if not self._both(left, right, self._is_integer):
                return None
            return Nature(INT) if operator == "%" else array_of(Nature(INT))
        if self._is_number(left) and self._is_number(right):
            return Nature(FLOAT if left.is_float or right.is_float else INT)
        if left.is_duration and right.is_duration:
            return Nature(DURATION)
        tests: tuple[Test, ...] = (self._is_number, self._is_time, is_duration)
        if operator == "-":
            if left.is_time and (right.is_time or right.is_duration):
                return Nature(DURATION if right.is_time else TIME)
        elif operator == "*":
            if (self._is_number(left) and right.is_duration) or (left.is_duration and self._is_number(right)):
                return Nature(DURATION)
            tests = (self._is_number, is_duration)
        else:
            if left.is_string and right.is_string:
                return Nature(STRING)
            if (left.is_time and right.is_duration) or (left.is_duration and right.is_time):
                return Nature(TIME)
            tests = (*tests, is_string)
        return self._unknown if self._maybe(left, right, *tests) else None

    def _in(self, node: Binary, left: Nature, right: Nature) -> Nature | None:
        if (left.is_string or left.unknown) and right.kind == "struct":
            return Nature(BOOL)
        if right.kind == "map" and right.type:
            key = Nature(right.type.key)
            if left.unknown or left.assignable_to(key):
                return Nature(BOOL)
            return self._error(node, f"cannot use {self._show(left)} as type {self._show(key)} in map key")
        if right.is_array:
            element = right.elem()
            if self._comparable(left, element):
                return Nature(BOOL)
            return self._error(node, f"cannot use {self._show(left)} as type {self._show(element)} in array")
        return Nature(BOOL) if right.unknown or (left.unknown and right.is_string) else None

    def _matches(self, node: Binary, left: Nature, right: Nature) -> Nature | None:
        if isinstance(node.right, String):
            from kpl.golang.regexp import check_regexp

            try:
                check_regexp(node.right.value)
            except GoError as error:
                # the library takes the message for a format
                return self._error(node, without_arguments(str(error)))
        if left.type == BYTES and right.is_string and self._release >= (1, 17, 7):
            return Nature(BOOL)
        return Nature(BOOL) if self._both(left, right, is_string) else None

    def _coalesce(self, left: Nature, right: Nature) -> Nature:
        if left.nil:
            return right
        if right.nil or right.assignable_to(left):
            return left
        return self._unknown


def is_bool(nature: Nature) -> bool:
    """Whether it is a truth value."""
    return nature.is_bool


def is_string(nature: Nature) -> bool:
    """Whether it is a string."""
    return nature.is_string


def is_array(nature: Nature) -> bool:
    """Whether it is a slice or an array."""
    return nature.is_array


def is_duration(nature: Nature) -> bool:
    """Whether it is a time.Duration."""
    return nature.is_duration
