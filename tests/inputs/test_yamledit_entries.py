"""Edits of YAML text: what is written where, and what is left alone."""

from __future__ import annotations

import pytest

from kpl.inputs.yaml.edits import add_entry, add_item, column, content_end, remove_entry, set_scalar
from kpl.inputs.yaml.tree import Mapping, Scalar, Sequence, compose
from kpl.text.edit import Edit


def root(text: str) -> Mapping:
    (node,) = compose(text)
    assert isinstance(node, Mapping)
    return node


def made(text: str, edit: Edit | None) -> str | None:
    return None if edit is None else text[: edit.start] + edit.text + text[edit.end :]


def value(text: str, key: str = "a") -> Scalar:
    scalar = root(text).scalar(key)
    assert scalar is not None
    return scalar


@pytest.mark.parametrize(
    ("text", "new", "expected"),
    [
        ("a: 'it''s'  # b\n", "one's", "a: 'one''s'  # b\n"),
        ("a: 'x'\n", "''", "a: ''''''\n"),
        ('a: "it\'s"\n', 'a "b"', 'a: "a \\"b\\""\n'),
        ("a: x # b\n", "y", "a: y # b\n"),
        ("a: |\n  x\n", "y", None),
        ("a: >-\n  x\n", "y", None),
    ],
)
def test_another_value_has_the_quotes_of_the_old_one(text: str, new: str, expected: str | None) -> None:
    assert made(text, set_scalar(text, value(text), new)) == expected


def test_an_alias_is_not_written() -> None:
    text = "b: &x 1\na: *x\n"
    assert set_scalar(text, value(text), "2") is None
    assert made(text, set_scalar(text, value(text, "b"), "2")) == "b: &x 2\na: *x\n"


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("a: 1\nb: 2\n", "a", "a: 1\nn:\n  m\nb: 2\n"),
        ("a: 1  # one\nb: 2", None, "a: 1  # one\nb: 2\nn:\n  m"),
        ("a: 1\nb: 2\n", "none", "a: 1\nb: 2\nn:\n  m\n"),
        ("a:\n  - 1\n  - x: 2\n\n\nb: 2\n", "a", "a:\n  - 1\n  - x: 2\nn:\n  m\n\n\nb: 2\n"),
        ("a: |\n  x\n\n\nb: 2\n", "a", "a: |\n  x\nn:\n  m\n\n\nb: 2\n"),
        ("b: &x {c: 1}\na: *x # one\n", None, "b: &x {c: 1}\na: *x # one\nn:\n  m\n"),
        ("{a: 1}\n", None, None),
        ("{}\n", None, None),
    ],
)
def test_an_entry_comes_after_its_key_or_at_the_end(text: str, after: str | None, expected: str | None) -> None:
    assert made(text, add_entry(text, root(text), "n:", "  m", after=after)) == expected


def test_nothing_is_added_to_what_an_anchor_shares() -> None:
    text = "a: &x\n  b: 1\nc: *x\nd: &y\n  - 1\ne: *y\n"
    shared, list_ = root(text).get("c"), root(text).get("e")
    assert isinstance(shared, Mapping)
    assert isinstance(list_, Sequence)
    assert add_entry(text, shared, "n: 1") is None
    assert add_item(text, list_, "n") is None
    key = shared.pairs[0][0]
    assert isinstance(key, Scalar)
    assert remove_entry(text, shared, key) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n- b: 1\n  c: 2  # two\n", "a:\n- b: 1\n  c: 2  # two\n- n: 1\n  m: 2\n"),
        ("a:\n    -   b\nz: 1\n", "a:\n    -   b\n    - n: 1\n      m: 2\nz: 1\n"),
        ("a: [b]\n", None),
        ("a: []\n", None),
    ],
)
def test_an_item_has_the_dash_where_the_others_have_it(text: str, expected: str | None) -> None:
    sequence = root(text).get("a")
    assert isinstance(sequence, Sequence)
    assert made(text, add_item(text, sequence, "n: 1", "m: 2")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\n", "b: 2\n"),
        ("b: 2\na: 1\n", "b: 2\n"),
        ("b: 2\na: 1", "b: 2"),
        ("b: 2\r\na: 1", "b: 2"),
        ("b: 2\r\na: 1\r\n", "b: 2\r\n"),
        ("a:\n  - 1\n  - 2\n\nb: 2\n", "\nb: 2\n"),
        ("a:\nb: 2\n", "b: 2\n"),
        # a comment would be lost, the line is not its own, or nothing would be left
        ("a: 1  # one\nb: 2\n", None),
        ("{a: 1, b: 2}\n", None),
        ("a: 1\n", None),
    ],
)
def test_an_entry_goes_with_its_lines(text: str, expected: str | None) -> None:
    mapping = root(text)
    (key,) = (key for key, _ in mapping.pairs if isinstance(key, Scalar) and key.value == "a")
    assert made(text, remove_entry(text, mapping, key)) == expected


def test_the_first_key_of_an_item_stays() -> None:
    text = "x:\n- a: 1\n  b: 2\n"
    (item,) = root(text).items("x")
    assert isinstance(item, Mapping)
    assert remove_entry(text, item, item.pairs[0][0]) is None  # type: ignore[arg-type]
    assert made(text, remove_entry(text, item, item.pairs[1][0])) == "x:\n- a: 1\n"  # type: ignore[arg-type]


def test_columns_count_from_the_last_line_end() -> None:
    assert [column("ab\r\ncd\re\nf", at) for at in (0, 1, 4, 5, 7, 9)] == [0, 1, 0, 1, 0, 0]
    text = "a: |\n  x\n\n\n"
    assert content_end(text, value(text)) == len("a: |\n  x")
