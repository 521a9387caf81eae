"""What the checker knows of a value. Mirrors checker/nature of expr, and checker/types.go of the releases before 1.17."""

from __future__ import annotations

from typing import NamedTuple

from kpl.golang.exprlang.builtins import Function
from kpl.golang.exprlang.gotypes import ANY, ARRAY, DURATION, FLOAT_KINDS, INTEGER_KINDS, TIME, GoType


class Nature(NamedTuple):
    """A value's type and what goes beyond it."""

    type: GoType | None = None
    """None where it is unknown, and for nil."""
    nil: bool = False
    of: Nature | None = None
    """What an array holds or a predicate gives, where that is more than the type says."""
    function: Function | None = None
    """The builtin that a name stands for."""
    method: bool = False
    """Whether this is a method, whose first parameter is the receiver."""

    @property
    def kind(self) -> str:
        """reflect.Kind."""
        return self.type.kind if self.type else "invalid"

    @property
    def unknown(self) -> bool:
        """IsUnknown."""
        return not self.nil and self.type in (None, ANY)

    @property
    def is_bool(self) -> bool:
        """Whether it is a truth value."""
        return self.kind == "bool"

    @property
    def is_string(self) -> bool:
        """Whether it is a string."""
        return self.kind == "string"

    @property
    def is_array(self) -> bool:
        """Whether it is a slice or an array."""
        return self.kind in ("slice", "array")

    @property
    def is_integer(self) -> bool:
        """Whether it is an integer that is nothing else, as a duration would be."""
        return self.kind in INTEGER_KINDS and self.type is not None and self.type.builtin

    @property
    def is_float(self) -> bool:
        """Whether it is a floating-point number."""
        return self.kind in FLOAT_KINDS

    @property
    def is_time(self) -> bool:
        """Whether it is a time.Time."""
        return self.type == TIME

    @property
    def is_duration(self) -> bool:
        """Whether it is a time.Duration."""
        return self.type == DURATION

    def assignable_to(self, other: Nature) -> bool:
        """AssignableTo."""
        if self.nil:
            return other.type == ANY
        return self.type is not None and other.type is not None and self.type.assignable_to(other.type)

    def dereferenced(self) -> Nature:
        """Deref: what a pointer points to."""
        return Nature(self.type.elem) if self.type and self.type.kind == "ptr" else self

    def elem(self) -> Nature:
        """Elem: what an array or a map holds."""
        if self.is_array and self.of is not None:
            return self.of
        return Nature(self.type.elem) if self.type else Nature()


NIL = Nature(nil=True)


def array_of(element: Nature) -> Nature:
    """MakeArrayOf."""
    return Nature(ARRAY, of=element)
