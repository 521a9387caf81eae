"""What several kinds of objects have."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.text.number import whole_number
from kpl.text.span import Span, Text


def name_of(node: Mapping) -> Text:
    """``metadata.name`` of the object `node`; empty, at its start, where it has none."""
    return node.text("metadata", "name") or Text("", Span(node.start, node.start))


def mappings(node: Mapping, *path: str) -> list[Mapping]:
    """The mappings in the list at `path`."""
    return [item for item in node.items(*path) if isinstance(item, Mapping)]


def mappings_at(node: Node | None, path: str) -> Iterator[Mapping]:
    """The mappings at a dotted path, in which ``*`` is each item of a list."""
    yield from _at(node, path.split(".") if path else [])


def _at(node: Node | None, path: list[str]) -> Iterator[Mapping]:
    if path and path[0] == "*":
        for item in node.items if isinstance(node, Sequence) else ():
            yield from _at(item, path[1:])
    elif isinstance(node, Mapping):
        if path:
            yield from _at(node.get(path[0]), path[1:])
        else:
            yield node


def words(node: Mapping, *path: str) -> list[str]:
    """The words in the list at `path`, without null."""
    items: list[Node] = node.items(*path)
    return [item.value for item in items if isinstance(item, Scalar) and not item.is_null]


def pairs(node: Mapping | None) -> Iterator[tuple[Scalar, Scalar]]:
    """The keys of `node` with a scalar as their value."""
    for key, value in node.pairs if node is not None else ():
        if isinstance(key, Scalar) and isinstance(value, Scalar):
            yield key, value


def integer(text: str | None) -> int | None:
    """The number that `text` is."""
    return whole_number(text) if text is not None and len(text) < 10 else None
