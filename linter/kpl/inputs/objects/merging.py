"""An object with a patch of Kustomize applied, as far as its nodes tell.

Sources: kubectl.docs.kubernetes.io/references/kustomize/glossary/#patchstrategicmerge, RFC 6902.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf

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
    for operation, path, value in operations(patch):
        keys = pointer(path.value)
        if operation in ("add", "replace", "remove") and keys and (operation == "remove" or value is not None):
            node = _put(node, keys, None if operation == "remove" else value)
    return node if isinstance(node, Mapping) else base


def _put(node: Node, keys: SequenceOf[str], value: Node | None) -> Node:
    """`node` with `value` at `keys`, or without what is there."""
    key, others = keys[0], keys[1:]
    if isinstance(node, Mapping):
        result = _like(node)
        found = node.get(key)
        result.pairs = [pair for pair in node.pairs if not (isinstance(pair[0], Scalar) and pair[0].value == key)]
        new = _put(found, others, value) if others and found is not None else value if not others else None
        if new is not None:
            result.pairs.append((Scalar(node.start, node.end, key), new if others else _moved(new, node)))
        return node if others and found is None else result
    if not isinstance(node, Sequence):
        return node
    items = Sequence(node.start, node.end, node.tag, node.flow)
    items.items = list(node.items)
    number = len(items.items) if key == "-" else int(key) if key.isdecimal() and len(key) < 6 else -1
    if others and 0 <= number < len(items.items):
        items.items[number] = _put(items.items[number], others, value)
    elif not others and value is not None and 0 <= number <= len(items.items):
        items.items.insert(number, _moved(value, node))
    elif not others and value is None and 0 <= number < len(items.items):
        del items.items[number]
    return items
