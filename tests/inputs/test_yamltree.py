"""YAML as located nodes: nothing that the file says is lost, nothing that it does brings the reader down."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpl.inputs.yaml.tree import (
    FREE_ALIASED,
    MAX_DEPTH,
    Mapping,
    Node,
    Scalar,
    Sequence,
    YamlError,
    compose,
    split_documents,
)


def root(text: str) -> Mapping:
    node = compose(text)[0]
    assert isinstance(node, Mapping)
    return node


def test_a_key_written_twice_is_there_twice_and_the_last_one_counts() -> None:
    node = root("a: 1\nb: 2\na: 3\n")
    assert [key.value for key in node.keys()] == ["a", "b", "a"]
    assert node.text("a") == "3"


def test_an_anchor_may_be_defined_again() -> None:
    node = root("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
    assert (node.text("b"), node.text("d")) == ("1", "2")


def test_what_an_alias_shows_stands_at_the_alias_and_is_marked() -> None:
    text = "a: &x\n  k: v\nb: *x\n"
    shown = root(text).get("b")
    assert isinstance(shown, Mapping)
    assert shown.shared
    assert text[shown.start : shown.end] == "*x"
    assert shown.text("k") == "v"
    original = root(text).get("a")
    assert original is not None
    assert not original.shared


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x: &x {k: merged}\ny: {<<: *x}\n", "merged"),
        ("x: &x {k: merged}\ny: {<<: *x, k: own}\n", "own"),
        ("x: &x {k: merged}\ny: {k: own, <<: *x}\n", "own"),
        ("a: &a {k: first}\nb: &b {k: second}\ny: {<<: [*a, *b]}\n", "first"),
        ("a: &a {}\nb: &b {k: second}\ny: {<<: [*a, *b]}\n", "second"),
        ("a: &a {k: deep}\nb: &b {<<: *a}\ny: {<<: *b}\n", "deep"),
        ("y: {<<: word}\n", None),
    ],
)
def test_merge_keys_are_followed(text: str, value: str | None) -> None:
    assert root(text).text("y", "k") == value


def test_paths_lead_to_located_words() -> None:
    text = "a:\n  b: [x, 'y']\n  c: ~\n  d: &n !!str \"w\"\n"
    node = root(text)
    assert [each.value for each in node.items("a", "b") if isinstance(each, Scalar)] == ["x", "y"]
    assert node.text("a", "c") is None
    word = node.text("a", "d")
    assert word == "w"
    assert word is not None
    assert text[slice(*word.span)] == '&n !!str "w"'
    assert node.get("a", "nowhere", "at all") is None
    assert node.items("a", "c") == []
    assert node.mapping("a", "b") is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a: [1, 2\nb: 3\n", "b: 3"),
        ("a: {{ .Values.x }}\n b: 1\n", "b: 1"),
        ("a: 'open\n", ""),
        ("a: *nowhere\n", "*nowhere"),
        ("a: 1\n\tb: 2\n", "b: 2"),
        ("größe: [1\nb: 3\n", "b: 3"),
    ],
)
def test_an_error_says_where(text: str, at: str) -> None:
    with pytest.raises(YamlError) as caught:
        compose(text)
    assert caught.value.message
    assert abs(caught.value.offset - text.index(at if at else "\n", 3)) <= 2


@pytest.mark.parametrize("text", ["a: \x01\n", "é: \x01\n", "a: \udce9\n", "a: \ud800\n"])
def test_characters_that_yaml_forbids_are_an_error_like_any_other(text: str) -> None:
    with pytest.raises(YamlError) as caught:
        compose(text)
    assert 0 <= caught.value.offset <= len(text)


def test_deep_nesting_is_refused_not_followed() -> None:
    assert compose("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    with pytest.raises(YamlError, match=f"nested deeper than {MAX_DEPTH} levels"):
        compose("[" * 5000 + "]" * 5000)


def test_a_billion_laughs_take_no_time_and_no_room() -> None:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    with pytest.raises(YamlError, match="nodes"):
        compose("\n".join(lines))


def test_a_bomb_of_merges_is_refused() -> None:
    lines = ["a0: &a0 {k: v}"] + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 3000)]
    with pytest.raises(YamlError, match="nodes"):
        root("\n".join(lines))
    node = root("\n".join(lines[:8]))
    assert node.text("a7", "k") == "v"
    assert node.text("a7", "none") is None


def test_too_many_aliases_are_refused() -> None:
    bomb = (
        "a: &a ["
        + "x, " * 100
        + "]\n"
        + "".join(f"{n}: &{n} [{f'*{m}, ' * 10}]\n" for m, n in zip("abc", "bcd", strict=True))
    )
    with pytest.raises(YamlError, match=f"more than {FREE_ALIASED:,} nodes"):
        compose(bomb)


def test_a_file_may_use_its_anchors_as_often_as_it_is_long() -> None:
    text = "base: &base {a: 1, b: 2}\nuses:\n" + "- {<<: *base, c: 3}\n" * 5_000
    assert len(compose(text)[0].items("uses")) == 5_000  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["a: &a {b: *a}\n", "&a\n<<: *a\n", "&a [1, *a]\n"])
def test_what_contains_itself_is_refused(text: str) -> None:
    with pytest.raises(YamlError, match="is inside the node that it refers to"):
        compose(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("Yes", True), ("on", True), ("off", False), ("N", False), ("'true'", None), ("1", None)],
)
def test_booleans_are_read_as_kubernetes_reads_them(word: str, value: bool | None) -> None:
    scalar = root(f"a: {word}\n").get("a")
    assert isinstance(scalar, Scalar)
    assert scalar.boolean() is value


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("a: 1\n", ["a: 1\n"]),
        ("---\na: 1\n---\nb: 2\n", ["---\na: 1\n", "---\nb: 2\n"]),
        ("a: 1\n--- # two\nb: 2\n...\n", ["a: 1\n", "--- # two\nb: 2\n...\n"]),
        ("a: 1\r\n---\r\nb: 2", ["a: 1\r\n", "---\r\nb: 2"]),
        ("---a: 1\n----\n", ["---a: 1\n----\n"]),
        ("a: |\n  ---\n  b\n", ["a: |\n  ---\n  b\n"]),
        ("\n\n---\na: 1\n", ["---\na: 1\n"]),
        ("", []),
        (" \n", []),
        # objects in JSON need no separator
        ("{\n}\n{}\n\n{\n}\n", ["{\n}\n", "{}\n\n", "{\n}\n"]),
        ("\n{}\r\n{}", ["\n{}\r\n", "{}"]),
        ('{"a":\n{}\n}\n', ['{"a":\n{}\n}\n']),
        ('{"a": [\n{},\n{}\n]}\n', ['{"a": [\n{},\n{}\n]}\n']),
        ("{}\n---\n{}\n", ["{}\n", "---\n{}\n"]),
        ("[\n{}\n{}\n]", ["[\n{}\n{}\n]"]),
        ("{{ a }}\n{{ b }}\n", ["{{ a }}\n{{ b }}\n"]),
        ("{}\n{{ b }}\n", ["{}\n{{ b }}\n"]),
        # and may have logs between them
        (
            "{}\n==== START logs for container a ====\n{}\n---\nkind: Pod\n==== END logs for container a ====\n{}\n",
            ["{}\n", "{}\n"],
        ),
        ("{}\n==== START logs for container a of pod b/c ====\nkind: Pod\n{\n", ["{}\n"]),
        ("{}\n==== START logs for container a\n==== END logs for container a\nkind: Pod\n{\n", ["{}\n", "{\n"]),
    ],
)
def test_documents_are_split_without_parsing(text: str, documents: list[str]) -> None:
    assert [text[slice(*span)] for span in split_documents(text)] == documents


def test_a_shifted_document_stands_where_it_stood() -> None:
    text = "a: [\n---\nkey: größe\n"
    spans = list(split_documents(text))
    node = compose(text[slice(*spans[1])], spans[1].start)[0]
    assert isinstance(node, Mapping)
    word = node.text("key")
    assert word is not None
    assert text[slice(*word.span)] == "größe"


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ("{a: ", "}")])
def test_the_deepest_document(open_: str, close: str) -> None:
    assert compose(open_ * MAX_DEPTH + "1" + close * MAX_DEPTH)
    with pytest.raises(YamlError) as caught:
        compose("x: 1\n---\n" + open_ * (MAX_DEPTH + 1) + "1" + close * (MAX_DEPTH + 1), 100)
    # the place is one in the text given, wherever that stands
    assert caught.value.offset == len("x: 1\n---\n") + len(open_) * MAX_DEPTH + 1


@pytest.mark.parametrize(("uses", "refused"), [(20, False), (21, True)])
def test_aliases_of_a_large_node(uses: int, refused: bool) -> None:
    """Aliases may stand for 10,000 nodes, and for ten more for each of the 1,005 that are written: for 20 times 1,001."""
    text = "a: &a [" + "x, " * 1000 + "]\nb: [" + "*a, " * uses + "]\n"
    for whole in (text, "c: [1, 2]\n---\n" + text):
        if refused:
            with pytest.raises(YamlError, match="its aliases expand to more than 10,000 nodes"):
                compose(whole)
        else:
            assert compose(whole)


def test_anchors_are_those_of_their_document() -> None:
    with pytest.raises(YamlError, match=r"the alias \*x has no anchor") as caught:
        compose("a: &x 1\n---\nb: *x\n")
    assert caught.value.offset == len("a: &x 1\n---\nb: ")
    first, second = compose("a: &x 1\nb: *x\n---\na: &x {k: 2}\nb: *x\n")
    assert isinstance(first, Mapping)
    assert isinstance(second, Mapping)
    assert (first.text("b"), second.text("b", "k")) == ("1", "2")


def test_where_collections_end() -> None:
    text = "a:\n  b: [1,\n   2]\n  c:\n  - x # why\n\n# of d\nd: {}\ne:\nf: &f [1]\ng:\n  h: *f\n"
    node = root(text)
    for key, end in (("a", "- x"), ("d", "{}"), ("f", "[1]")):
        value = node.get(key)
        assert value is not None
        assert text[: value.end].endswith(end)
    inner = node.get("a", "b")
    assert inner is not None
    assert text[slice(*inner.span)] == "[1,\n   2]"
    assert [isinstance(each, Sequence) and each.flow for each in (inner, node.get("a", "c"))] == [True, False]
    assert [isinstance(each, Mapping) and each.flow for each in (node.get("d"), node.get("a"))] == [True, False]


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL", "'null'", "nULL", "0"])
def test_what_is_null(word: str) -> None:
    scalar = root(f"a: {word}\n").get("a")
    assert isinstance(scalar, Scalar)
    assert scalar.is_null is (word in ("", "~", "null", "Null", "NULL"))
    assert (root(f"a: {word}\n").scalar("a") is None) is scalar.is_null


def test_a_colon_inside_of_a_flow_mapping_is_read_as_the_api_server_reads_it() -> None:
    text = "x: &x 1\na: {image: nginx:1, b: [c:2], d: *x}\n"
    node = root(text)
    assert (node.text("a", "image"), node.text("a", "d")) == ("nginx:1", "1")
    word = node.text("a", "image")
    assert word is not None
    assert text[slice(*word.span)] == "nginx:1"


def places(node: Node) -> list[Node]:
    children: list[Node] = []
    if isinstance(node, Sequence):
        children = node.items
    elif isinstance(node, Mapping):
        children = [each for pair in node.pairs for each in pair]
    return [node, *(below for child in children if not node.shared for below in places(child))]


@given(st.text(alphabet="ab:- \n[]{},&*!'\"#|>\t?\\%\r0<", max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_composes_or_raises_the_one_error(text: str) -> None:
    try:
        nodes = compose(text)
    except YamlError as error:
        assert 0 <= error.offset <= len(text)
        return
    for each in (below for node in nodes for below in places(node)):
        assert 0 <= each.start <= each.end <= len(text)
