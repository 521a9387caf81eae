"""Patches in the form of RFC 6902, as far as they set what kpl checks: data of ConfigMaps, DNS settings of pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.inputs.corefile.embedded import COREFILE_KEY, corefile_in, is_corefile_key
from kpl.inputs.document import Document
from kpl.inputs.hosted import lifted
from kpl.inputs.objectname import ObjectName
from kpl.inputs.objects.workloads import DNS_FIELDS, POD_TEMPLATE_PATHS, Workload
from kpl.inputs.reader import Place
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, YamlError, compose
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Text

_FIRST_ITEM = late.pattern(r"(?:[ \t]*(?:#[^\n]*|---[ \t]*)?\r?\n)*[ \t]*(?:-[ \t]|\[)")
_SETS = ("add", "replace")
_MOST, _DEEPEST = 1_000, 30
"""Operations, and keys of a path: people write a few of each."""


class Target(NamedTuple):
    """What a Kustomization says of the objects that it patches; empty where it says nothing."""

    kind: str
    name: str
    namespace: str


def pointer(path: str) -> list[str]:
    """The keys of a JSON pointer (RFC 6901)."""
    return [each.replace("~1", "/").replace("~0", "~") for each in path.split("/")[1:]]


def operations(node: Node) -> Iterator[tuple[str, Scalar, Node | None]]:
    """What the items of a patch do: the operation, the path, and the value."""
    for item in node.items[:_MOST] if isinstance(node, Sequence) else ():
        if isinstance(item, Mapping):
            operation, path = item.text("op"), item.scalar("path")
            if operation is not None and path is not None and path.value.count("/") <= _DEEPEST:
                yield str(operation), path, item.get("value")


def patched(node: Node) -> Mapping:
    """What the operations in a patch set, as if it were written in an object; `node` is where it stands."""
    made = Mapping(node.start, node.end, None, True)
    for operation, path, value in operations(node):
        keys = pointer(path.value)
        if operation in _SETS and value is not None and keys and not path.shared:
            put(made, keys, path, value)
    return made


def is_list(text: str) -> bool:
    """Whether a patch is a list of operations."""
    return _FIRST_ITEM.match(text) is not None


def json_patch_inside(source: Source, outer: Embedding, target: Target) -> Iterator[Document]:
    """The documents in the list of operations that `outer` finds in `source`."""
    try:
        roots = compose(outer.text)
    except YamlError:
        return
    inner = Source("", outer.text)
    place = Place(inner, Embedding(inner.text), False)
    for root in roots:
        for document in documents_in(root, place, target):
            document.object = ObjectName(target.kind, target.namespace, target.name)
            yield lifted(document, source, outer)


def documents_in(root: Node, place: Place, target: Target) -> Iterator[Document]:
    """The documents in the patch at `root`."""
    pod = Mapping(root.start, root.end, None, False)
    for operation, path, value in operations(root):
        keys = pointer(path.value)
        if operation not in _SETS or value is None or not keys:
            continue
        if len(keys) == 2 and keys[0] == "data" and isinstance(value, Scalar) and is_corefile_key(keys[1]):
            sure = COREFILE_KEY.search(keys[1]) is not None and value.style is not None
            yield from corefile_in(place, keys[1], value, target.name, target.namespace, sure=sure)
        elif (within := _below_pod(keys)) and within[0] in DNS_FIELDS and not any(map(str.isdigit, within)):
            put(pod, within, path, value)
    if pod.pairs and isinstance(root, Sequence):
        first = next(each for each in root.items if isinstance(each, Mapping))
        kind, name = Text(target.kind, first.span), Text(target.name, first.span)
        text = place.embedding.text
        workload = Workload(text, first, "", kind, name, target.namespace, pod, [], partial=True)
        yield Document(
            place.source, workload, place.embedding, target.name, target.namespace, templated=place.templated
        )


def _below_pod(keys: list[str]) -> list[str]:
    """The part of a path that is in the spec of a pod."""
    found = next((len(path) for path in POD_TEMPLATE_PATHS if tuple(keys[: len(path)]) == path), 0)
    return keys[found:] if found else []


def put(below: Mapping, keys: list[str], path: Scalar, value: Node) -> None:
    """Put `value` where `keys` lead, as if it were written so; what is above it stands at the `path` that names it."""
    key, *others = keys
    if not others:
        below.pairs.append((Scalar(path.start, path.end, key), value))
        return
    node = below.get(key)
    if others[0] == "-" and len(others) == 1:
        if not isinstance(node, Sequence):
            node = Sequence(path.start, path.end, None, True)
            below.pairs.append((Scalar(path.start, path.end, key), node))
        node.items.append(value)
    else:
        if not isinstance(node, Mapping):
            node = Mapping(path.start, path.end, None, True)
            below.pairs.append((Scalar(path.start, path.end, key), node))
        put(node, others, path, value)
