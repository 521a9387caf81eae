"""Edits to YAML text: small, and blind to everything that they do not touch."""

from __future__ import annotations

from kpl.inputs.yaml.scalars import content_span, spell_double_quoted
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.text import late
from kpl.text.edit import Edit

_LINE_END = late.pattern(r"\r\n|\r|\n")
_BLANK_TO_LINE_END = late.pattern(r"[ \t]*(?:\r\n|\r|\n|$)")
_REST_OF_LINE = late.pattern(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|$)")


def content_end(text: str, node: Node) -> int:
    """Where the last character that belongs to `node` stands; libyaml counts blank lines behind a block scalar too."""
    if isinstance(node, Mapping) and not node.flow and node.pairs:
        return content_end(text, node.pairs[-1][1]) if not node.pairs[-1][1].shared else node.pairs[-1][1].end
    if isinstance(node, Sequence) and not node.flow and node.items:
        return content_end(text, node.items[-1])
    if isinstance(node, Scalar) and node.style in ("|", ">"):
        return node.start + len(text[node.start : node.end].rstrip())
    return node.end


def column(text: str, offset: int) -> int:
    """How many characters stand before `offset` in its line."""
    return offset - (max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1)


def add_entry(text: str, mapping: Mapping, *lines: str, after: str | None = None) -> Edit | None:
    """New lines ``key: value`` in a block mapping: after the key `after`, or at the end.

    `lines` are written as they would be at column 0. None where the mapping is written in flow style, is empty, or
    belongs to an anchor that other places use too.
    """
    if mapping.flow or mapping.shared or not mapping.pairs:
        return None
    found = mapping.pair(after) if after else None
    anchor = found[1] if found else mapping.pairs[-1][1]
    at = anchor.end if anchor.shared else content_end(text, anchor)
    rest = _REST_OF_LINE.match(text, at)
    if rest is None:
        return None
    indent = " " * column(text, mapping.pairs[0][0].start)
    return Edit(rest.end(), rest.end(), "".join(f"\n{indent}{line}" for line in lines))


def add_item(text: str, sequence: Sequence, *lines: str) -> Edit | None:
    """A new last item in a block sequence; the first of `lines` gets the dash. None as in `add_entry`."""
    if sequence.flow or sequence.shared or not sequence.items:
        return None
    rest = _REST_OF_LINE.match(text, content_end(text, sequence.items[-1]))
    if rest is None:
        return None
    dash = text.rfind("-", 0, sequence.items[-1].start)
    indent = " " * column(text, dash)
    inner = [f"\n{indent}{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]
    return Edit(rest.end(), rest.end(), "".join(inner))


def remove_entry(text: str, mapping: Mapping, key: Scalar) -> Edit | None:
    """Take `key` and its value out of a block mapping, with their lines.

    None where that cannot be done by taking out whole lines: flow style, the first key of a list item, the only key.
    """
    value = next((value for each, value in mapping.pairs if each is key), None)
    if mapping.flow or mapping.shared or value is None or len(mapping.pairs) == 1:
        return None
    start = key.start - column(text, key.start)
    if text[start : key.start].strip():
        return None
    end = max(key.end + 1, value.end if value.shared else content_end(text, value))
    rest = _REST_OF_LINE.match(text, end)
    if rest is None:
        return None
    if "#" in text[end : rest.end()]:
        return None
    line_end = _LINE_END.match(text, rest.end())
    if line_end is not None:
        return Edit(start, line_end.end(), "")
    # the last line, without a line end: it takes the one before it along
    before = 2 if text.startswith("\r\n", start - 2) and start > 1 else 1 if start else 0
    return Edit(start - before, rest.end(), "")


def remove_item(text: str, sequence: Sequence, item: Node) -> Edit | None:
    """Take `item` out of a block sequence, with its lines.

    None where they hold something else too, and for the only item.
    """
    if sequence.flow or sequence.shared or item.shared or len(sequence.items) == 1:
        return None
    dash = text.rfind("-", 0, item.start)
    start = dash - column(text, dash)
    rest = _BLANK_TO_LINE_END.match(text, content_end(text, item))
    return Edit(start, rest.end(), "") if rest is not None and not text[start:dash].strip() else None


def replace_item(text: str, item: Node, *lines: str) -> Edit | None:
    """Other lines for an item of a block sequence, the first of them behind its dash; None where no dash alone is there."""
    before = text[item.start - column(text, item.start) : item.start]
    if item.shared or before.strip() != "-":
        return None
    return Edit(item.start, content_end(text, item), f"\n{' ' * len(before)}".join(lines))


def quote_scalar(text: str, scalar: Scalar) -> Edit | None:
    """The value of a plain scalar in quotes; None for an alias, and for what has quotes or is a block."""
    if scalar.shared or scalar.style is not None:
        return None
    span = content_span(scalar, text)
    return Edit(span.start, span.end, f'"{spell_double_quoted(scalar.value)}"')


def set_scalar(text: str, scalar: Scalar, value: str) -> Edit | None:
    """Another value for a one-line scalar, in the quotes that it has. None for block scalars and aliases."""
    if scalar.shared or scalar.style in ("|", ">"):
        return None
    span = content_span(scalar, text)
    if scalar.style == '"':
        value = spell_double_quoted(value) or ""
    elif scalar.style == "'":
        value = value.replace("'", "''")
    return Edit(span.start, span.end, value)
