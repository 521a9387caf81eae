"""How the characters of a YAML scalar's value stand in the file, for every scalar style.

Each reader below walks the written form and must arrive at the value that libyaml arrived at; where it does not, the
scalar is `Opaque`: findings are reported at the whole of it and nothing is fixed there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kpl.inputs.yamltree import Mapping, Scalar, YamlError, compose
from kpl.text.edit import Edit, apply_edits
from kpl.text.embedding import CharacterMap, Embedding, IndentedLines, Line, Opaque
from kpl.text.span import Span

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)*")
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|$)")
_LINES = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")


def embedding_of(scalar: Scalar, host: str, newline: str) -> Embedding:
    """The embedding of `scalar`'s value in the text `host`, whose line end is `newline`."""
    if scalar.shared:
        return Opaque(scalar.value, scalar.span)
    properties = _PROPERTIES.match(host, scalar.start, scalar.end)
    start = properties.end() if properties else scalar.start
    made: Embedding | None
    if scalar.style in ("|", ">"):
        made = _block(scalar, host, start, newline)
    elif scalar.style == '"':
        made = _quoted(scalar, host, start, _double_quoted_piece, spell_double_quoted)
    elif scalar.style == "'":
        made = _quoted(scalar, host, start, _single_quoted_piece, _spell_single_quoted)
    else:
        made = _quoted(scalar, host, start - 1, _plain_piece, _spell_plain)
    return made or Opaque(scalar.value, scalar.span)


@dataclass(frozen=True)
class _Written:
    """A scalar as it is written in `host`; called with edits, it tells the value that libyaml then reads."""

    host: str
    start: int
    end: int
    indent: int = 0
    """The indentation of what holds the scalar: an indentation indicator counts from there."""

    def __call__(self, edits: Sequence[Edit]) -> str | None:
        own = [Edit(edit.start - self.start, edit.end - self.start, edit.text) for edit in edits]
        before = self.host[self.start : self.end]
        text = apply_edits(before, own)
        if self.end < len(self.host) and before.endswith(("\r", "\n")) and not text.endswith(("\r", "\n")):
            return None  # it would run into the next line
        try:
            roots = compose(f"{' ' * self.indent}k: {text}")
        except YamlError:
            return None
        root = roots[0] if len(roots) == 1 else None
        scalar = root.get("k") if isinstance(root, Mapping) and len(root.pairs) == 1 else None
        return scalar.value if isinstance(scalar, Scalar) else None


def _block(scalar: Scalar, host: str, start: int, newline: str) -> Embedding | None:
    header = _HEADER.match(host, start)
    if header is None:
        return None
    written: list[tuple[int, str]] = []
    at = header.end()
    while at < len(host):
        line = _LINES.match(host, at)
        if line is None or at >= scalar.end and line.group(1).strip():
            break
        written.append((at, line.group(1)))
        at = line.end()
    inner_lines = scalar.value.split("\n")
    indent = _indentation(written, inner_lines)
    if indent is None:
        return None
    width = len(indent)
    lines: list[Line] = []
    inner = 0
    for number, wanted in enumerate(inner_lines):
        last = number == len(inner_lines) - 1
        if last and not wanted:
            break
        if number >= len(written):
            return None
        host_at, text = written[number]
        cut = width if text[:width] == indent else len(text) if not text.strip(" ") else None
        if cut is None or text[cut:] != wanted:
            return None
        lines.append(Line(inner, host_at, cut))
        inner += len(wanted) + 1
    if not lines:
        return None
    last_at, last_text = written[len(lines) - 1]
    host_end = last_at + len(last_text)
    if scalar.value.endswith("\n") and (ended := _LINES.match(host, last_at)):
        host_end = ended.end()
    indicator = re.search(r"[1-9]", header.group().partition("#")[0])
    outer = width - int(indicator.group()) if indicator else 0
    reads = _Written(host, scalar.start, max(scalar.end, host_end), outer)
    return IndentedLines(scalar.value, lines, indent, host_end, newline, reads)


def _indentation(written: list[tuple[int, str]], inner_lines: list[str]) -> str | None:
    for (_, text), wanted in zip(written, inner_lines, strict=False):
        if wanted.strip():
            width = len(text) - len(wanted)
            return text[:width] if width >= 0 and not text[:width].strip(" ") else None
    return None


def _quoted(scalar: Scalar, host: str, quote: int, piece, spell) -> Embedding | None:  # type: ignore[no-untyped-def]
    """Walk a flow scalar: `piece(host, at, end)` gives (characters of the value, offset behind) or None at the end."""
    places: list[Span] = []
    value: list[str] = []
    at = quote + 1
    while (step := piece(host, at, scalar.end)) is not None:
        text, after = step
        places.extend([Span(at, after)] * len(text))
        value.append(text)
        at = after
    if "".join(value) != scalar.value:
        return None
    reads = _Written(host, scalar.start, scalar.end)
    return CharacterMap(scalar.value, [*places, Span(at, at)], spell, reads)


_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)[ \t]*((?:(?:\r\n|\r|\n)[ \t]*)*)")
_ESCAPED_BREAK = re.compile(r"\\(?:\r\n|\r|\n)[ \t]*")
_SIMPLE = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def _fold(host: str, at: int) -> tuple[str, int] | None:
    found = _FOLD.match(host, at)
    if found is None:
        return None
    blank = len(re.findall(r"\r\n|\r|\n", found.group(1)))
    return "\n" * blank or " ", found.end()


def _double_quoted_piece(host: str, at: int, end: int) -> tuple[str, int] | None:
    if at >= end or host[at] == '"':
        return None
    if folded := _fold(host, at):
        return folded
    if host[at] != "\\":
        return host[at], at + 1
    joined = _ESCAPED_BREAK.match(host, at)
    if joined:
        return "", joined.end()
    letter = host[at + 1]
    if letter in "xuU":
        width = {"x": 2, "u": 4, "U": 8}[letter]
        code = int(host[at + 2 : at + 2 + width], 16)
        return chr(code), at + 2 + width
    return _SIMPLE.get(letter, letter), at + 2


def _single_quoted_piece(host: str, at: int, end: int) -> tuple[str, int] | None:
    if host.startswith("''", at):
        return "'", at + 2
    if at >= end or host[at] == "'":
        return None
    return _fold(host, at) or (host[at], at + 1)


def _plain_piece(host: str, at: int, end: int) -> tuple[str, int] | None:
    if at >= end:
        return None
    return _fold(host, at) or (host[at], at + 1)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def spell_double_quoted(text: str) -> str | None:
    """`text` as it is written between double quotes."""
    return "".join(_ESCAPES.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)


def _spell_single_quoted(text: str) -> str | None:
    return None if "\n" in text else text.replace("'", "''")


def _spell_plain(text: str) -> str | None:
    return text if re.fullmatch(r"[A-Za-z0-9_./-]*", text) else None


def content_span(scalar: Scalar, host: str) -> Span:
    """Where the scalar's own characters stand: without anchor and tag, without quotes."""
    properties = _PROPERTIES.match(host, scalar.start, scalar.end)
    start = properties.end() if properties else scalar.start
    quotes = 1 if scalar.style in ("'", '"') else 0
    return Span(start + quotes, max(scalar.end - quotes, start + quotes))
