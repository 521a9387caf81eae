"""Values of a chart that are assigned one by one, as with ``helm --set``: ``server.env[0].name``.

https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
"""

from __future__ import annotations

from kpl.inputs.objects.fields import pairs
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.text import late

_PATH = late.pattern(r"[\w-]+(?:\[\d{1,2}\])*(?:\.[\w-]+(?:\[\d{1,2}\])*){0,9}")
_STEP = late.pattern(r"[\w-]+")
_MOST = 1_000


def assigned_values(node: Node | None) -> Mapping | None:
    """The values that `node` assigns, a mapping or a list of names and values, as if they were written in a mapping."""
    given = list(pairs(node)) if isinstance(node, Mapping) else []
    for item in node.items if isinstance(node, Sequence) else ():
        name, value = (item.scalar("name"), item.scalar("value")) if isinstance(item, Mapping) else (None, None)
        if name is not None and value is not None:
            given.append((name, value))
    found = [
        (path, value)
        for path, value in given[:_MOST]
        if not path.shared and not value.shared and _PATH.fullmatch(path.value)
    ]
    if not found:
        return None
    first = found[0][0]
    root = Mapping(first.start, first.end, None, True)
    for path, value in found:
        _put(root, path, value)
    return root


def _put(root: Mapping, path: Scalar, value: Node) -> None:
    """Put `value` where `path` leads from `root`; what is above it stands at `path`."""
    steps = _STEP.findall(path.value)
    is_item = [path.value[found.start() - 1 : found.start()] == "[" for found in _STEP.finditer(path.value)]
    below: Node = root
    for number, step in enumerate(steps):
        last = number + 1 == len(steps)
        new: Node = value
        if not last:
            kind = Sequence if is_item[number + 1] else Mapping
            new = kind(path.start, path.end, None, True)
        if isinstance(below, Sequence) and is_item[number]:
            below = _in_sequence(below, int(step), path, new, replaces=last)
        elif isinstance(below, Mapping) and not is_item[number]:
            found = None if last else below.get(step)
            if found is None:
                below.pairs.append((Scalar(path.start, path.end, step), new))
            below = new if found is None else found
        else:
            return  # it is a list here, and a mapping there


def _in_sequence(sequence: Sequence, number: int, path: Scalar, new: Node, *, replaces: bool) -> Node:
    """The item with this number, made where it is not there, as those before it are."""
    while len(sequence.items) <= number:
        sequence.items.append(Scalar(path.start, path.end, ""))
    item = sequence.items[number]
    if replaces or (isinstance(item, Scalar) and item.is_null):
        sequence.items[number] = item = new
    return item
