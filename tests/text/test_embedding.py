"""A Corefile in a YAML scalar of any style: places and edits of the one are places and edits of the other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, compose
from kpl.text.edit import Edit, apply_edits
from kpl.text.embedding import CharacterMap, IndentedLines, Opaque
from kpl.text.span import Span

PLACES = {
    "top": ("Corefile: ", 0, "other: 1\n"),
    "in data": ("kind: ConfigMap\ndata:\n  Corefile: ", 2, "  other: b\nlast: 2\n"),
    "in a list": ("items:\n- a: 1\n- data:\n    Corefile: ", 4, "  next: c\n- d\n"),
    "an item": ("items:\n  - Corefile\n  - ", 2, "  - d\n"),
    "anchored": ("a:\n  b:\n    Corefile: &it ", 4, "    c: 1\n"),
}
BLOCK_STYLES = ("|", "|-", "|+", "|2", "|2-", ">", ">-")
FLOW_STYLES = ("one line", "folded", "single", "plain")

word = st.sampled_from(
    ["errors", "cache", "30", ".:53", "forward", ".", "/etc/resolv.conf", "a.example.", "{", "}", "größe"]
)
flat_line = st.lists(word, min_size=1, max_size=4).map(" ".join)
comment = st.sampled_from(["", "", "", "  # why", "\t#x"])
line = st.builds(
    lambda indent, text, end: indent + text + end, st.sampled_from(["", "  ", "    ", "\t"]), flat_line, comment
)


@st.composite
def inner_texts(draw: st.DrawFn, style: str) -> str:
    """Texts that `style` can hold."""
    if style in ("single", "plain"):
        lines = draw(st.lists(flat_line.filter(lambda text: text[0] not in ".{}"), min_size=1, max_size=6))
        return draw(st.sampled_from(["\n", "\n\n"] if style == "single" else ["\n", "\n\n", " "])).join(lines)
    lines = [draw(flat_line), *draw(st.lists(st.one_of(line, line, st.just("")), max_size=7)), draw(line)]
    if style[0] == ">":
        # every other line further in: nothing is folded
        lines = [("  " if number % 2 else "") + each.strip() for number, each in enumerate(filter(str.strip, lines))]
    if "2" in style:
        lines[0] = draw(st.sampled_from(["", "  ", "\t"])) + lines[0]
    return "\n".join(lines) + ("" if "-" in style else "\n\n" if "+" in style else "\n")


def write(inner: str, style: str, column: int) -> str:
    """`inner` as a scalar of `style`, with the line end behind it."""
    pad = " " * (column + 2)
    if style in BLOCK_STYLES:
        ended = inner if inner.endswith("\n") else inner + "\n"
        return f"{style}\n" + "".join(
            pad + each if each.strip("\n") else each for each in ended.splitlines(keepends=True)
        )
    escaped = inner.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    if style == "one line":
        return f'"{escaped}"\n'
    if style == "folded":  # as go-yaml does it: a break for a blank, an escaped one where more of them follow
        return '"' + re.sub(r" +(?=\S)", lambda blanks: _folded(blanks.group(), pad), escaped) + '"\n'
    broken = re.sub(r"\n+", lambda breaks: f"{breaks.group()}\n{pad}", inner)
    if style == "plain":
        return broken + "\n"
    return "'" + re.sub(r"(?<=\S) (?=\S)", f"\n{pad}", broken) + "'\n"


def _folded(blanks: str, pad: str) -> str:
    return f"\n{pad}" if blanks == " " else f"\\\n{pad}\\{blanks}"


def leaves(node: Node) -> list[Scalar]:
    if isinstance(node, Mapping):
        return [leaf for pair in node.pairs for each in pair for leaf in leaves(each)]
    if isinstance(node, Sequence):
        return [leaf for each in node.items for leaf in leaves(each)]
    assert isinstance(node, Scalar)
    return [node]


def embedded(host: str) -> tuple[Scalar, list[str]]:
    """The scalar behind the word Corefile, and all other words."""
    words = leaves(compose(host)[0])
    at = next(number for number, each in enumerate(words) if each.value == "Corefile") + 1
    return words[at], [each.value for each in words[:at] + words[at + 1 :]]


def holds(style: str, text: str) -> bool:
    """Whether a block scalar of `style` can hold `text`, line by line."""
    ending = {"-": not text.endswith("\n"), "+": text.endswith("\n")}.get(
        style[-1], text.endswith("\n") and not text.endswith("\n\n")
    )
    if not ending or not text.strip():
        return False
    lines = [each for each in text.split("\n") if each]
    starts_further_in = "2" not in style and lines[0][0] in " \t"
    folds = style[0] == ">" and any(
        not (a[0] in " \t" or b[0] in " \t") for a, b in zip(lines, lines[1:], strict=False)
    )
    return not starts_further_in and not folds


@st.composite
def cases(draw: st.DrawFn, styles: tuple[str, ...]) -> tuple[str, str, str, str]:
    style = draw(st.sampled_from(styles))
    before, column, after = PLACES[draw(st.sampled_from(sorted(PLACES)))]
    inner = draw(inner_texts(style))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    host = (before + write(inner, style, column) + after).replace("\n", newline)
    return style, inner, host, newline


@given(cases(BLOCK_STYLES + FLOW_STYLES))
@settings(max_examples=100, deadline=None)
def test_each_word_is_found_in_the_host(case: tuple[str, str, str, str]) -> None:
    style, inner, host, newline = case
    scalar, _ = embedded(host)
    embedding = embedding_of(scalar, host, newline)
    assert embedding.text == inner
    assert isinstance(embedding, IndentedLines if style in BLOCK_STYLES else CharacterMap)
    for found in re.finditer(r"\S+", inner):
        span = embedding.host_span(Span(*found.span()))
        assert host[span.start : span.end] == found.group()


replacement = st.sampled_from(
    [
        "",
        "",
        "x",
        "cache 30",
        "\n    cache 30",
        "cache 30\n",
        "    a\n\n  b\n",
        " ",
        "\n",
        "{\n    x\n}",
        'say "it"',
        "it's",
        "\\n",
    ]
)


@given(cases(BLOCK_STYLES + FLOW_STYLES), st.data())
@settings(max_examples=100, deadline=None)
def test_edits_of_the_inner_text_are_made_exactly_or_refused(
    case: tuple[str, str, str, str], data: st.DataObject
) -> None:
    _check_edits(case, data)


@given(cases(BLOCK_STYLES + FLOW_STYLES), st.data(), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_edits_of_a_long_scalar_are_made_exactly_or_refused(
    case: tuple[str, str, str, str], data: st.DataObject, around: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kpl.inputs.yaml.written.READ_WHOLE", 0)
        patch.setattr("kpl.inputs.yaml.written._AROUND", around)
        _check_edits(case, data)


def _check_edits(case: tuple[str, str, str, str], data: st.DataObject) -> None:
    style, inner, host, newline = case
    scalar, others = embedded(host)
    embedding = embedding_of(scalar, host, newline)
    line_starts = [0, *(found.end() for found in re.finditer("\n", inner))]
    offset = st.one_of(st.integers(0, len(inner)), st.sampled_from(line_starts))
    offsets = sorted(data.draw(st.sets(offset, min_size=2, max_size=4)))
    edits = [Edit(a, b, data.draw(replacement)) for a, b in zip(offsets[::2], offsets[1::2], strict=False)]
    if data.draw(st.booleans()):
        edits[0] = edits[0]._replace(end=edits[0].start)
    wanted = apply_edits(inner, edits)
    lifted = embedding.host_edits(edits)
    if lifted is None:
        assert style != "one line"
        assert style not in BLOCK_STYLES or not holds(style, wanted)
        return
    assert all(scalar.start <= edit.start <= edit.end <= max(scalar.end, len(host)) for edit in lifted)
    edited = apply_edits(host, lifted)
    assert newline == "\n" or re.search(r"(?<!\r)\n", edited) is None, "a bare LF came into a CRLF file"
    again, neighbours = embedded(edited)
    assert again.value == wanted
    assert neighbours == others


def test_a_folded_scalar_is_not_taken_for_its_lines() -> None:
    host = "Corefile: >\n  . {\n  errors\n  }\n"
    scalar, _ = embedded(host)
    embedding = embedding_of(scalar, host, "\n")
    assert isinstance(embedding, Opaque)
    assert embedding.host_span(Span(0, 1)) == scalar.span
    assert embedding.host_edits([Edit(0, 0, "x")]) is None


def test_what_an_alias_shows_is_not_edited() -> None:
    host = "a: &c |\n  . {\n  }\nCorefile: *c\n"
    root = compose(host)[0]
    assert isinstance(root, Mapping)
    alias = root.scalar("Corefile")
    assert alias is not None
    embedding = embedding_of(alias, host, "\n")
    assert embedding.text == ". {\n}\n"
    assert host[slice(*embedding.host_span(Span(0, 1)))] == "*c"
    assert embedding.host_edits([Edit(0, 0, "x")]) is None


@pytest.mark.parametrize("style", ["|", "|-", "|+"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_without_a_last_line_end_can_be_edited(style: str, newline: str) -> None:
    host = f"Corefile: {style}\n  . {{\n    errors\n  }}".replace("\n", newline)
    scalar, _ = embedded(host)
    embedding = embedding_of(scalar, host, newline)
    at = embedding.text.index("errors") + len("errors")
    assert host[slice(*embedding.host_span(Span(at - 6, at)))] == "errors"
    edits = embedding.host_edits([Edit(at, at, "\n  cache 30")])
    assert edits is not None
    assert apply_edits(host, edits) == host.replace("errors", f"errors{newline}    cache 30")


def test_a_blank_line_with_few_blanks_does_not_shift_what_is_written_there() -> None:
    host = "a:\n    Corefile: |\n        errors\n  \n        log\n"
    scalar, _ = embedded(host)
    embedding = embedding_of(scalar, host, "\n")
    edits = embedding.host_edits([Edit(7, 7, "cache 30")])
    assert edits is not None
    assert embedded(apply_edits(host, edits))[0].value == "errors\ncache 30\nlog\n"
