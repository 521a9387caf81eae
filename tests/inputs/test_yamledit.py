"""Edits to lists and values: whole lines, and nothing where something else stands on them."""

from __future__ import annotations

import pytest

from kpl.inputs.yaml.edits import quote_scalar, remove_item, replace_item
from kpl.inputs.yaml.tree import Mapping, Scalar, Sequence, compose
from kpl.text.edit import Edit, apply_edits


def items(text: str) -> Sequence:
    node = compose(text)[0]
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert isinstance(value, Sequence)
    return value


def scalar(text: str, key: str) -> Scalar:
    node = compose(text)[0]
    assert isinstance(node, Mapping)
    value = node.get(key)
    assert isinstance(value, Scalar)
    return value


def applied(text: str, edit: Edit | None) -> str | None:
    return None if edit is None else apply_edits(text, [edit])


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("a:\n  - x: 1\n    y: 2\n  - z\n", 0, "a:\n  - z\n"),
        ("a:\r\n- x\r\n- z", 1, "a:\r\n- x\r\n"),
        ("a:\n- x # why\n- z\n", 0, None),
        ("a: [x, z]\n", 0, None),
        ("a:\n- x\n", 0, None),
        ("b: &b [x]\na:\n- *b\n- z\n", 0, None),
    ],
)
def test_remove_item(text: str, number: int, expected: str | None) -> None:
    sequence = items(text)
    assert applied(text, remove_item(text, sequence, sequence.items[number])) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n  - x:2  # old\n  - z\n", "a:\n  - name: x\n    value: 2  # old\n  - z\n"),
        ("a:\n-   - x\n", "a:\n-   name: x\n    value: 2\n"),
        ("a:\n- &x y\n", "a:\n- name: x\n  value: 2\n"),
        ("a: [x]\n", None),
    ],
)
def test_replace_item(text: str, expected: str | None) -> None:
    assert applied(text, replace_item(text, items(text).items[0], "name: x", "value: 2")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v: 2 # x\n", 'v: "2" # x\n'),
        ("v: &a 2\n", 'v: &a "2"\n'),
        ("v: C:\\d\n", 'v: "C:\\\\d"\n'),
        ("v: '2'\n", None),
        ("v: |\n  2\n", None),
        ("b: &b 2\nv: *b\n", None),
    ],
)
def test_quote_scalar(text: str, expected: str | None) -> None:
    assert applied(text, quote_scalar(text, scalar(text, "v"))) == expected
