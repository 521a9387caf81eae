"""Nodes at paths in which ``*`` is each item of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpl.inputs.yaml.tree import Mapping, Node
from kpl.inputs.yaml.tree import Sequence as YamlSequence

EACH = "*"


def nodes_at(node: Node | None, path: Sequence[str]) -> Iterator[Node]:
    """The nodes at `path` below `node`."""
    if not path:
        if node is not None:
            yield node
    elif path[0] == EACH:
        for item in node.items if isinstance(node, YamlSequence) else ():
            yield from nodes_at(item, path[1:])
    elif isinstance(node, Mapping):
        yield from nodes_at(node.get(path[0]), path[1:])
