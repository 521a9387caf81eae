"""The CoreDNS chart's ``servers:`` values as the Corefile that the chart makes of them.

The text is put together as the chart's template does it; each piece that came from the values remembers its scalar, so
that a finding stands where a person wrote it, and an edit to the Corefile becomes an edit to the values.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence as Items
from dataclasses import dataclass

from kpl.inputs.yaml.edits import add_entry, add_item, content_end
from kpl.inputs.yaml.scalars import embedding_of, spell_double_quoted
from kpl.inputs.yaml.tree import Mapping, Scalar, Sequence
from kpl.text.edit import Edit
from kpl.text.embedding import Embedding, own_text, within
from kpl.text.span import Span

_PLUGIN_INDENT = "    "
_BLOCK_INDENT = "        "


def is_chart_servers(servers: Sequence) -> bool:
    """Whether a sequence called ``servers`` is the CoreDNS chart's: items with a list of named plugins."""
    return bool(servers.items) and all(
        isinstance(server, Mapping)
        and server.items("plugins")
        and all(isinstance(plugin, Mapping) and plugin.scalar("name") is not None for plugin in server.items("plugins"))
        for server in servers.items
    )


@dataclass
class _Piece:
    """Inner text from `start` to `end` that is `embedding`'s text from `offset` on."""

    start: int
    end: int
    embedding: Embedding
    offset: int


@dataclass
class _Plugin:
    """A plugin of the values: its item, and where its lines start, its head ends and its last line ends."""

    item: Mapping
    plugins: Sequence
    start: int
    head_end: int = 0
    end: int = 0
    block: Embedding | None = None
    lines: tuple[tuple[int, int], ...] = ()
    """For each line of the block: where it starts in the Corefile, and in the block's own text."""


class ChartValues(Embedding):
    """A Corefile that the chart will put together."""

    def __init__(self, text: str, host: Embedding, pieces: list[_Piece], plugins: list[_Plugin]) -> None:
        super().__init__(text, host.newline)
        self._values = host
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self._plugins = plugins

    def host_span(self, span: Span) -> Span:
        """From the first written piece in the span to the last one; the nearest piece before it where there is none."""
        first = max(bisect_right(self._starts, span.start) - 1, 0)
        if (
            self._pieces[first].end <= span.start < span.end
            and first + 1 < len(self._pieces)
            and self._starts[first + 1] < span.end
        ):
            first += 1
        last = max(bisect_right(self._starts, max(span.end - 1, span.start)) - 1, first)
        start = self._host(self._pieces[first], span.start)
        return Span(start, max(self._host(self._pieces[last], span.end), start))

    @staticmethod
    def _host(piece: _Piece, offset: int) -> int:
        inner = piece.offset + min(max(offset, piece.start), piece.end) - piece.start
        return piece.embedding.host_span(Span(inner, inner)).start

    def host_edits(self, edits: Items[Edit]) -> list[Edit] | None:
        """Edits inside of one value, new plugins, new and removed lines of a block; None for anything else."""
        lifted: list[Edit] = []
        for edit in edits:
            one = self._value_edit(edit) or self._structural_edit(edit)
            if one is None:
                return None
            lifted += one
        return lifted

    def _value_edit(self, edit: Edit) -> list[Edit] | None:
        if "\n" in edit.text:
            return None
        # the first piece that holds it: an empty one may stand where the next one starts
        at = bisect_left(self._pieces, edit.end, key=lambda piece: piece.end)
        if at == len(self._pieces) or self._pieces[at].start > edit.start:
            return None
        piece = self._pieces[at]
        shift = piece.offset - piece.start
        return piece.embedding.host_edits([Edit(edit.start + shift, edit.end + shift, edit.text)])

    def _structural_edit(self, edit: Edit) -> list[Edit] | None:
        at = bisect_right(self._plugins, edit.start, key=lambda plugin: plugin.start) - 1
        if at < 0:
            return None
        plugin = self._plugins[at]
        if edit.start == edit.end == plugin.end and edit.text.startswith("\n" + _PLUGIN_INDENT):
            return self._new_plugins(plugin, edit.text)
        if edit.start == edit.end == plugin.head_end and edit.text.startswith(" {\n") and plugin.block is None:
            return self._new_block(plugin, edit.text)
        if plugin.block is not None and plugin.start < edit.start <= edit.end <= plugin.end:
            return self._block_lines(plugin, edit)
        if edit.text == "" and edit.start == plugin.start and edit.end == plugin.end + 1:
            return self._without(plugin)
        return None

    def _new_plugins(self, plugin: _Plugin, text: str) -> list[Edit] | None:
        from kpl.inputs.corefile.parser import CorefileError, parse_corefile

        try:
            directives = parse_corefile(text + "\n", fragment=True).servers[0].directives
        except CorefileError:
            return None
        after = Sequence(plugin.plugins.start, plugin.item.end, None, plugin.plugins.flow)
        after.items = [plugin.item]
        edits: list[Edit] = []
        for directive in directives:
            lines = [f"name: {directive.name}"]
            if directive.args:
                lines.append(f"parameters: {_scalar(text[directive.args[0].span.start : directive.head.end])}")
            if any(each.nested for each in directive.properties):
                return None
            if directive.properties:
                lines += ["configBlock: |-", *(f"  {text[slice(*each.span)]}" for each in directive.properties)]
            edit = add_item(self._values.text, after, *lines)
            if edit is None:
                return None
            edits.append(edit)
        joined = "".join(edit.text for edit in edits)
        return [Edit(edits[0].start, edits[0].end, self._newlines(joined))]

    def _new_block(self, plugin: _Plugin, text: str) -> list[Edit] | None:
        lines = [line.strip() for line in text.split("\n")[1:-1]]
        edit = add_entry(self._values.text, plugin.item, "configBlock: |-", *(f"  {line}" for line in lines))
        return None if edit is None else [edit._replace(text=self._newlines(edit.text))]

    def _newlines(self, text: str) -> str:
        return text.replace("\n", self.newline)

    def _block_lines(self, plugin: _Plugin, edit: Edit) -> list[Edit] | None:
        """Whole lines of a block: new ones behind one, or some taken out."""
        assert plugin.block is not None
        block = plugin.block.text
        number = bisect_right(plugin.lines, edit.start, key=lambda line: line[0]) - 1
        if number < 0:
            return None
        start, inner = plugin.lines[number]
        is_last = number + 1 == len(plugin.lines)
        inner_end = len(block.rstrip("\n")) if is_last else plugin.lines[number + 1][1] - 1
        end = start + len(_BLOCK_INDENT) + inner_end - inner
        if edit.start == edit.end == end and edit.text.startswith("\n"):
            new = edit.text.replace("\n" + _BLOCK_INDENT, "\n")
            return plugin.block.host_edits([Edit(inner_end, inner_end, new)])
        if edit.text == "" and edit.start == start and edit.end == end + 1 and len(plugin.lines) > 1:
            cut = Edit(inner - 1, inner_end, "") if is_last else Edit(inner, inner_end + 1, "")
            return plugin.block.host_edits([cut])
        return None

    def _without(self, plugin: _Plugin) -> list[Edit] | None:
        text = self._values.text
        dash = text.rfind("-", 0, plugin.item.start)
        start = max(text.rfind("\n", 0, dash), text.rfind("\r", 0, dash)) + 1
        end = text.find("\n", content_end(text, plugin.item))
        if len(plugin.plugins.items) == 1 or plugin.plugins.flow or text[start:dash].strip() or end < 0:
            return None
        return [Edit(start, end + 1, "")]


def _scalar(text: str) -> str:
    """`text` as a YAML scalar of one line, in quotes where it needs them."""
    plain = re.fullmatch(r"[\w./](?:[\w./:=@*(){}^$\\-]|[ ](?!#))*(?<![: ])", text) and ": " not in text
    return text if plain else f'"{spell_double_quoted(text)}"'


class _Writer:
    """Collects the text with its pieces."""

    def __init__(self, host: Embedding) -> None:
        self.host = host
        self.size = 0
        self.pieces: list[_Piece] = []
        self._written: list[str] = []

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._written)

    def write(self, text: str) -> None:
        """What the chart writes itself."""
        self._written.append(text)
        self.size += len(text)

    def value(self, node: Scalar, text: str, offset: int = 0, embedding: Embedding | None = None) -> None:
        """A piece that stands in the values."""
        embedding = embedding or embedding_of(node, self.host.text, self.host.newline)
        self.pieces.append(_Piece(self.size, self.size + len(text), embedding, offset))
        self.write(text)


def chart_corefile(servers: Sequence, host: Embedding) -> Embedding | None:
    """The Corefile of ``servers`` in the text of `host`; None where a value has a shape that the chart cannot print."""
    writer = _Writer(own_text(host))
    plugins: list[_Plugin] = []
    for server in servers.items:
        assert isinstance(server, Mapping)
        _keys(writer, server)
        listed = server.get("plugins")
        assert isinstance(listed, Sequence)
        writer.write(" {\n")
        for item in listed.items:
            assert isinstance(item, Mapping)
            plugins.append(_plugin(writer, item, listed))
        writer.write("}\n")
    if not writer.pieces:
        return None
    return within(ChartValues(writer.text, writer.host, writer.pieces, plugins), host)


def _keys(writer: _Writer, server: Mapping) -> None:
    zones = [zone for zone in server.items("zones") if isinstance(zone, Mapping)]
    for number, zone in enumerate(zones):
        writer.write(" " if number else "")
        for name in ("scheme", "zone"):
            node = zone.scalar(name)
            if node is not None:
                writer.value(node, node.value)
            elif name == "zone":
                writer.write(".")
    if not zones:
        writer.write(".")
    port = server.scalar("port")
    if port is not None:
        writer.write(":")
        writer.value(port, port.value)


def _plugin(writer: _Writer, item: Mapping, listed: Sequence) -> _Plugin:
    plugin = _Plugin(item, listed, writer.size)
    name, parameters, block = item.scalar("name"), item.scalar("parameters"), item.scalar("configBlock")
    assert name is not None
    writer.write(_PLUGIN_INDENT)
    writer.value(name, name.value)
    if parameters is not None and parameters.value.strip():
        writer.write(" ")
        stripped = parameters.value.strip()
        writer.value(parameters, stripped, parameters.value.index(stripped))
    plugin.head_end = writer.size
    if block is not None and block.value.strip():
        _block(writer, plugin, block)
    plugin.end = writer.size
    writer.write("\n")
    return plugin


def _block(writer: _Writer, plugin: _Plugin, block: Scalar) -> None:
    plugin.block = embedding_of(block, writer.host.text, writer.host.newline)
    writer.write(" {\n")
    lines = []
    inner = 0
    for line in block.value.rstrip("\n").split("\n"):
        lines.append((writer.size, inner))
        writer.write(_BLOCK_INDENT)
        writer.value(block, line, inner, plugin.block)
        writer.write("\n")
        inner += len(line) + 1
    plugin.lines = tuple(lines)
    writer.write(_PLUGIN_INDENT + "}")
