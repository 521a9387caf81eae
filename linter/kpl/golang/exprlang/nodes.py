"""The tree of an expression. Mirrors ast/node.go of expr.

`at` is the node's place in characters, None where the library gives it none. `depth` counts the nodes below one another, but
for the left sides of operators, which are walked without recursion.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DEEPEST = 100
"""Nodes below one another; more are not judged."""


@dataclass(eq=False)
class Node:
    """Any node."""

    at: int | None = field(default=None, init=False)
    depth: int = field(default=1, init=False)

    def placed(self, at: int | None, depth: int) -> None:
        """The node gets its place, and the depth of what is below it. Raises RecursionError."""
        if depth >= DEEPEST:
            raise RecursionError
        self.at = at
        self.depth = depth + 1


@dataclass(eq=False)
class Nil(Node):
    """``nil``."""


@dataclass(eq=False)
class Identifier(Node):
    """A name."""

    value: str
    optional: bool = False
    """Whether ``?.`` comes next, of which releases before 1.12 take notice here."""


@dataclass(eq=False)
class Integer(Node):
    """An integer."""

    value: int


@dataclass(eq=False)
class Float(Node):
    """A floating-point number, whose value decides nothing."""


@dataclass(eq=False)
class Bool(Node):
    """``true`` or ``false``."""

    value: bool


@dataclass(eq=False)
class String(Node):
    """A string."""

    value: str


@dataclass(eq=False)
class Bytes(Node):
    """``b"..."``, whose value decides nothing."""


@dataclass(eq=False)
class Constant(Node):
    """An array that the optimizer has folded."""


@dataclass(eq=False)
class Unary(Node):
    """An operator before its operand."""

    operator: str
    node: Node


@dataclass(eq=False)
class Binary(Node):
    """An operator between two operands."""

    operator: str
    left: Node
    right: Node


@dataclass(eq=False)
class Chain(Node):
    """Members with ``?.`` among them."""

    node: Node


@dataclass(eq=False)
class Member(Node):
    """``node.property`` or ``node?.property``, and since 1.12 ``node[property]``."""

    node: Node
    property: Node
    optional: bool = False
    method: bool = False
    """Whether it is called."""


@dataclass(eq=False)
class Index(Node):
    """``node[index]``, before 1.12."""

    node: Node
    index: Node


@dataclass(eq=False)
class Slice(Node):
    """``node[start:end]``."""

    node: Node
    start: Node | None
    end: Node | None


@dataclass(eq=False)
class Call(Node):
    """A call of anything but a builtin."""

    callee: Node
    arguments: list[Node]


@dataclass(eq=False)
class Builtin(Node):
    """A call of a builtin function."""

    name: str
    arguments: list[Node]


@dataclass(eq=False)
class Predicate(Node):
    """The function that a builtin calls for each element."""

    node: Node


@dataclass(eq=False)
class Pointer(Node):
    """``#``, ``#index`` or ``#acc``."""

    name: str


@dataclass(eq=False)
class Conditional(Node):
    """``condition ? yes : no``, or ``if condition { yes } else { no }``."""

    condition: Node
    yes: Node
    no: Node


@dataclass(eq=False)
class Let(Node):
    """``let name = value; body``."""

    name: str
    value: Node
    body: Node


@dataclass(eq=False)
class Sequence(Node):
    """Expressions with ``;`` between them."""

    nodes: list[Node]


@dataclass(eq=False)
class Array(Node):
    """``[...]``."""

    nodes: list[Node]


@dataclass(eq=False)
class Map(Node):
    """``{...}``."""

    pairs: list[Node]


@dataclass(eq=False)
class Pair(Node):
    """An entry of a map."""

    key: Node
    value: Node
