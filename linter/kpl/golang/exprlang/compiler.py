"""What the compiler refuses that the checker did not look at, or that the optimizer has put together.

Mirrors compiler/compiler.go of expr since 1.15: it throws, and the text of what was thrown is the error. Since 1.17.7 the stack
follows the text; it is left out here.
"""

from __future__ import annotations

from collections.abc import Collection

from kpl.golang.exprlang.checker import ENVIRONMENT
from kpl.golang.exprlang.faults import Release
from kpl.golang.exprlang.nodes import Binary, Call, Identifier, Member, Node, Pointer, String
from kpl.golang.values import GoError

_POINTERS = ("", "index", "acc")


def compile_tree(tree: Node, release: Release, names: Collection[str]) -> None:
    """Raises GoError. `names` are what the environment has."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Pointer) and node.name not in _POINTERS:
            raise GoError(f"unknown pointer {node.name}")
        if release >= (1, 16):
            if isinstance(node, Binary) and node.operator == "matches" and isinstance(node.right, String):
                from kpl.golang.regexp import check_regexp

                check_regexp(node.right.value)
            if isinstance(node, Call) and release < (1, 17) and _calls_environment(node, names):
                # the checker gives $env no type
                raise GoError("runtime error: invalid memory address or nil pointer dereference")
        stack += reversed(_below(node))


def _calls_environment(node: Call, names: Collection[str]) -> bool:
    callee = node.callee
    if not (isinstance(callee, Member) and isinstance(callee.property, String) and callee.property.value in names):
        return False
    return isinstance(callee.node, Identifier) and callee.node.value == ENVIRONMENT


def _below(node: Node) -> list[Node]:
    """The children, arguments before what is called."""
    if isinstance(node, Call):
        return [*node.arguments, node.callee]
    below: list[Node] = []
    for child in vars(node).values():
        if isinstance(child, Node):
            below.append(child)
        elif isinstance(child, list):
            below += child
    return below
