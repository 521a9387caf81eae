"""An object with a patch of Kustomize applied, as far as its nodes tell.

Sources: kubectl.docs.kubernetes.io/references/kustomize/glossary/#patchstrategicmerge, RFC 6902.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from itertools import islice

from kpl.inputs.objects.jsonpatches import operations, pointer
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "hostAliases": "ip",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
}
"""The lists that are merged item by item, by what tells the items apart; any other one is replaced."""
_DIRECTIVE = "$patch"
_MOST = 200
"""How many operations of a patch are looked at: each of them copies what it changes."""
_DIGITS = 6
"""A number with so many digits is the place of no item."""


def merged(base: Mapping, patch: Mapping) -> Mapping:
    """`base` with the strategic merge patch `patch`; what comes from the patch stands where the mapping does that gets it."""
    if patch.text(_DIRECTIVE) == "replace":
        result = _like(base)
        kept = (pair for pair in patch.pairs if not (isinstance(pair[0], Scalar) and pair[0].value == _DIRECTIVE))
        result.pairs = [(_moved(key, base), _moved(value, base)) for key, value in kept]
        return result
    result = _like(base)
    changed = {key.value: value for key, value in patch.pairs if isinstance(key, Scalar)}
    for key, value in base.pairs:
        name = key.value if isinstance(key, Scalar) else None
        if name not in changed:
            result.pairs.append((key, value))
            continue
        new = changed.pop(name)
        if not (isinstance(new, Scalar) and new.is_null or is_deletion(new)):
            result.pairs.append((key, _value(name, value, new, base)))
    for name, new in changed.items():
        if not name.startswith("$") and not (isinstance(new, Scalar) and new.is_null or is_deletion(new)):
            result.pairs.append((Scalar(base.start, base.end, name), _moved(new, base)))
    return result


def _value(name: str, old: Node, new: Node, at: Mapping) -> Node:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return merged(old, new)
    key = _MERGE_KEYS.get(name)
    if key is None or not isinstance(old, Sequence) or not isinstance(new, Sequence):
        return _moved(new, at)
    result = Sequence(old.start, old.end, old.tag, old.flow)
    changes = {each.text(key) or "": each for each in new.items if isinstance(each, Mapping)}
    if any(isinstance(each, Mapping) and each.text(_DIRECTIVE) == "replace" for each in new.items):
        result.items = [_moved(each, at) for each in changes.values() if each.text(_DIRECTIVE) is None]
        return result
    for item in old.items:
        change = changes.pop(item.text(key) or "", None) if isinstance(item, Mapping) else None
        if change is None or not isinstance(item, Mapping):
            result.items.append(item)
        elif not is_deletion(change):
            result.items.append(merged(item, change))
    result.items += [_moved(each, at) for each in changes.values() if each.text(_DIRECTIVE) is None]
    return result


def is_deletion(node: Node) -> bool:
    """Whether a patch removes what it is for."""
    return isinstance(node, Mapping) and node.text(_DIRECTIVE) == "delete"


def _like(base: Mapping) -> Mapping:
    return Mapping(base.start, base.end, base.tag, base.flow)


def _moved(node: Node, at: Node) -> Node:
    """A copy of `node` that stands at `at`, in whose text its own place is none."""
    if isinstance(node, Sequence):
        items = Sequence(at.start, at.end, node.tag, node.flow)
        items.items = [_moved(each, at) for each in node.items]
        return items
    if isinstance(node, Mapping):
        pairs = Mapping(at.start, at.end, node.tag, node.flow)
        pairs.pairs = [(_moved(key, at), _moved(value, at)) for key, value in node.pairs]
        return pairs
    assert isinstance(node, Scalar)
    return Scalar(at.start, at.end, node.value)


def with_operations(base: Mapping, patch: Node) -> Mapping:
    """`base` after the operations of `patch`; those on paths that it does not have change nothing."""
    node: Node = base
    for operation, path, value in islice(operations(patch), _MOST):
        keys = pointer(path.value)
        if keys and (operation == "remove" or (operation in ("add", "replace") and value is not None)):
            node = _changed(node, keys, operation, value)
    return node if isinstance(node, Mapping) else base


def _changed(node: Node, keys: SequenceOf[str], operation: str, value: Node | None) -> Node:
    """`node` after an operation on what is at `keys`."""
    if isinstance(node, Mapping):
        return _in_mapping(node, keys, operation, value)
    return _in_sequence(node, keys, operation, value) if isinstance(node, Sequence) else node


def _in_mapping(node: Mapping, keys: SequenceOf[str], operation: str, value: Node | None) -> Mapping:
    key, others = keys[0], keys[1:]
    found = node.get(key)
    if found is None and (others or operation != "add"):
        return node
    result = _like(node)
    result.pairs = [pair for pair in node.pairs if not (isinstance(pair[0], Scalar) and pair[0].value == key)]
    if others and found is not None:
        result.pairs.append((Scalar(node.start, node.end, key), _changed(found, others, operation, value)))
    elif operation != "remove" and value is not None:
        result.pairs.append((Scalar(node.start, node.end, key), _moved(value, node)))
    return result


def _in_sequence(node: Sequence, keys: SequenceOf[str], operation: str, value: Node | None) -> Sequence:
    key, others = keys[0], keys[1:]
    result = Sequence(node.start, node.end, node.tag, node.flow)
    result.items = list(node.items)
    size = len(node.items)
    number = size if key == "-" else int(key) if key.isdecimal() and len(key) < _DIGITS else size + 1
    if others and number < size:
        result.items[number] = _changed(node.items[number], others, operation, value)
    elif not others and operation == "add" and number <= size and value is not None:
        result.items.insert(number, _moved(value, node))
    elif not others and operation != "add" and number < size:
        result.items[number : number + 1] = [] if operation == "remove" or value is None else [_moved(value, node)]
    return result
