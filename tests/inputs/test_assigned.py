"""Values that are assigned one by one."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.inputs.charts.assigned import assigned_values
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, compose


def plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs if isinstance(key, Scalar)}
    if isinstance(node, Sequence):
        return [plain(each) for each in node.items]
    return node.value if isinstance(node, Scalar) else None


def assigned(**values: str) -> Any:
    text = "".join(f"- {{name: '{path}', value: {value}}}\n" for path, value in values.items())
    return plain(assigned_values(compose(text)[0]))


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ({"a.b": "1", "a.c": "2"}, {"a": {"b": "1", "c": "2"}}),
        ({"env[1].name": "B", "env[0].name": "A", "env[1].value": "b"}, {"env": [{"name": "A"}, {"name": "B", "value": "b"}]}),
        ({"a[1]": "x"}, {"a": ["", "x"]}),
        ({"a[0][1].b": "x"}, {"a": [["", {"b": "x"}]]}),
        ({"a[0]": "x", "a[0].b": "y"}, {"a": ["x"]}),
        # a mapping there and a list here
        ({"a.b": "1", "a[0]": "2", "c[0]": "3", "c.d": "4"}, {"a": {"b": "1"}, "c": ["3"]}),
        ({"a[100]": "1", "b\\.c": "2", "d[x]": "3", "e.": "4"}, None),
    ],
)  # fmt: skip
def test_paths_make_mappings_and_lists(values: dict[str, str], made: Any) -> None:
    assert assigned(**values) == made


def test_what_is_above_a_value_stands_at_its_path() -> None:
    text = "- {name: 'env[1].name', value: DB}\n"
    made = assigned_values(compose(text)[0])
    assert isinstance(made, Mapping)
    env = made.get("env")
    assert isinstance(env, Sequence)
    assert text[slice(*env.items[1].span)] == "'env[1].name'"
    name = env.items[1].get("name") if isinstance(env.items[1], Mapping) else None
    assert name is not None
    assert text[slice(*name.span)] == "DB"
