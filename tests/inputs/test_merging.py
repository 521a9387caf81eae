"""Objects with patches of Kustomize applied."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.inputs.objects.merging import is_deletion, merged, with_operations
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, compose

BASE = """\
kind: Pod
a: {b: c, d: e}
list: [x, y]
containers:
- {name: one, image: i, env: [{name: A, value: 1}, {name: B, value: 2}]}
- plain
- {name: two}
"""
PLAIN: dict[str, Any] = {
    "kind": "Pod",
    "a": {"b": "c", "d": "e"},
    "list": ["x", "y"],
    "containers": [
        {"name": "one", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        "plain",
        {"name": "two"},
    ],
}
ONE, TWO = PLAIN["containers"][0], PLAIN["containers"][2]


def plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs if isinstance(key, Scalar)}
    if isinstance(node, Sequence):
        return [plain(each) for each in node.items]
    assert isinstance(node, Scalar)
    return node.value


def base() -> Mapping:
    node = compose(BASE)[0]
    assert isinstance(node, Mapping)
    return node


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        ("{}", {}),
        ("new: {f: [g]}", {"new": {"f": ["g"]}}),
        ("a: {b: h}", {"a": {"b": "h", "d": "e"}}),
        ("a: {b: null, i: j}", {"a": {"d": "e", "i": "j"}}),
        ("a: {$patch: replace, k: l}", {"a": {"k": "l"}}),
        ("a: text", {"a": "text"}),
        ("a: [m]", {"a": ["m"]}),
        ("new: null", {}),
        ("new: {$patch: delete}", {}),
        ("$setElementOrder/list: [y]", {}),
        ("list: [z]", {"list": ["z"]}),
        ("containers: text", {"containers": "text"}),
        ("kind: [{name: one}]", {"kind": [{"name": "one"}]}),
        ("a: {b: [{name: one}]}", {"a": {"b": [{"name": "one"}], "d": "e"}}),
        ("containers: [{name: two, image: n}]", {"containers": [ONE, "plain", {"name": "two", "image": "n"}]}),
        ("containers: [{name: three}]", {"containers": [ONE, "plain", TWO, {"name": "three"}]}),
        ("containers: [{name: two, $patch: delete}]", {"containers": [ONE, "plain"]}),
        ("containers: [{name: three, $patch: delete}]", {"containers": PLAIN["containers"]}),
        ("containers: [{$patch: replace}, {name: three}]", {"containers": [{"name": "three"}]}),
        ("containers: [text]", {"containers": PLAIN["containers"]}),
        (
            "containers: [{name: one, env: [{name: B, value: 3}]}]",
            {
                "containers": [
                    {"name": "one", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]},
                    "plain",
                    TWO,
                ]
            },
        ),
    ],
)
def test_a_strategic_merge_patch(patch: str, changed: dict[str, Any]) -> None:
    node = compose(patch)[0]
    assert isinstance(node, Mapping)
    assert plain(merged(base(), node)) == {**PLAIN, **changed}


def test_a_key_and_a_whole_object_may_be_deleted() -> None:
    node, deletion = (compose(each)[0] for each in ("a: {$patch: delete}", "{$patch: delete, kind: Pod}"))
    assert isinstance(node, Mapping)
    assert "a" not in plain(merged(base(), node))
    assert is_deletion(deletion)
    assert not is_deletion(node)
    assert not is_deletion(compose("[]")[0])


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ("{op: add, path: /new, value: {f: g}}", {"new": {"f": "g"}}),
        ("{op: replace, path: /new, value: f}", {}),
        ("{op: replace, path: /kind, value: Job}", {"kind": "Job"}),
        ("{op: add, path: /a/b, value: h}", {"a": {"b": "h", "d": "e"}}),
        ("{op: remove, path: /a/b}", {"a": {"d": "e"}}),
        ("{op: remove, path: /a/x}", {}),
        ("{op: add, path: /x/y, value: z}", {}),
        ("{op: add, path: /kind/y, value: z}", {}),
        ("{op: add, path: /kind}", {}),
        ("{op: test, path: /kind, value: z}", {}),
        ("{op: add, path: '', value: z}", {}),
        ("{op: add, path: /list/-, value: z}", {"list": ["x", "y", "z"]}),
        ("{op: add, path: /list/2, value: z}", {"list": ["x", "y", "z"]}),
        ("{op: add, path: /list/0, value: z}", {"list": ["z", "x", "y"]}),
        ("{op: add, path: /list/3, value: z}", {}),
        ("{op: add, path: /list/x, value: z}", {}),
        ("{op: add, path: /list/111111111111111111111, value: z}", {}),
        ("{op: replace, path: /list/1, value: z}", {"list": ["x", "z"]}),
        ("{op: replace, path: /list/0, value: z}", {"list": ["z", "y"]}),
        ("{op: replace, path: /list/2, value: z}", {}),
        ("{op: remove, path: /list/0}", {"list": ["y"]}),
        ("{op: remove, path: /list/1}", {"list": ["x"]}),
        ("{op: remove, path: /list/2}", {}),
        (
            "{op: add, path: /containers/2/image, value: n}",
            {"containers": [ONE, "plain", {"name": "two", "image": "n"}]},
        ),
        ("{op: add, path: /containers/3/image, value: n}", {}),
        ("{op: add, path: /containers/-/image, value: n}", {}),
        ("{op: add, path: /a~1b~0c, value: d}", {"a/b~c": "d"}),
        ("{op: remove, path: /kind, value: d}", {"kind": None}),
    ],
)
def test_an_operation(operation: str, changed: dict[str, Any]) -> None:
    wanted = {key: value for key, value in {**PLAIN, **changed}.items() if value is not None}
    assert plain(with_operations(base(), compose(f"[{operation}]")[0])) == wanted


def test_of_very_many_operations_the_first_ones_count() -> None:
    many = compose("[" + "{op: add, path: /list/-, value: z}," * 300 + "]")[0]
    assert len(plain(with_operations(base(), many))["list"]) == 202


def test_what_comes_from_a_patch_stands_in_the_base() -> None:
    long = compose(f"{' ' * 5000}a: {{b: {{c: [d]}}}}")[0]
    assert isinstance(long, Mapping)
    nodes: list[Node] = [
        merged(base(), long),
        with_operations(base(), compose(f"{' ' * 5000}[{{op: add, path: /a, value: [b]}}]")[0]),
    ]
    while nodes:
        node = nodes.pop()
        assert 0 <= node.start <= node.end <= len(BASE)
        if isinstance(node, Mapping):
            nodes += [each for pair in node.pairs for each in pair]
        elif isinstance(node, Sequence):
            nodes += node.items
