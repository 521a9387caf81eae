"""How the characters of a YAML scalar's value stand in the file, for every scalar style.

Each reader below walks the written form and must arrive at the value that libyaml arrived at; where it does not, the
scalar is `Opaque`: findings are reported at the whole of it and nothing is fixed there.
"""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Callable

from kpl.inputs.yaml.tree import Scalar
from kpl.inputs.yaml.written import WrittenBlock, WrittenFlow
from kpl.text import late
from kpl.text.embedding import CharacterMap, Embedding, IndentedLines, Lines, Opaque, own_text, within
from kpl.text.span import Span

_PROPERTIES = late.pattern(r"(?:[&!][^\s,\[\]{}]*\s+)*")
_HEADER = late.pattern(r"[|>][-+0-9]*[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|$)")
_LINES = late.pattern(r"([^\r\n]*)(\r\n|\r|\n|$)")


def embedding_of(scalar: Scalar, host: str, newline: str) -> Embedding:
    """The embedding of `scalar`'s value in the text `host`, whose line end is `newline`."""
    if scalar.shared:
        return Opaque(scalar.value, scalar.span)
    properties = _PROPERTIES.match(host, scalar.start, scalar.end)
    start = properties.end() if properties else scalar.start
    made = _block(scalar, host, start, newline) if scalar.style in ("|", ">") else _quoted(scalar, host, start)
    return made or Opaque(scalar.value, scalar.span)


def embedded_scalar(scalar: Scalar, host: Embedding) -> Embedding:
    """The embedding of `scalar`'s value, which stands in the text of `host`, in the file that holds `host`."""
    own = own_text(host)
    return within(embedding_of(scalar, own.text, own.newline), host)


def _block(scalar: Scalar, host: str, start: int, newline: str) -> Embedding | None:
    header = _HEADER.match(host, start)
    if header is None:
        return None
    written = _written_lines(host, header.end(), scalar.end)
    indent = _indentation(host, written, scalar.value)
    if indent is None:
        return None
    inner_starts, starts, cuts = array("q"), array("q"), array("q")
    inner, width, host_end = 0, len(indent), header.end()
    while inner < len(scalar.value):
        line_end = scalar.value.find("\n", inner)
        wanted = scalar.value[inner : len(scalar.value) if line_end < 0 else line_end]
        if len(starts) >= len(written) // 2:
            return None
        at, end = written[2 * len(starts)], written[2 * len(starts) + 1]
        cut = width if host.startswith(indent, at, end) else end - at if not host[at:end].strip(" ") else None
        if cut is None or host[at + cut : end] != wanted:
            return None
        inner_starts.append(inner)
        starts.append(at)
        cuts.append(cut)
        inner += len(wanted) + 1
        host_end = end
    if not starts:
        return None
    if scalar.value.endswith("\n") and (ended := _LINES.match(host, host_end)):
        host_end = ended.end()
    indicator = re.search(r"[1-9]", header.group().partition("#")[0])
    outer = width - int(indicator.group()) if indicator else 0
    end = max(scalar.end, host_end)
    agrees = WrittenBlock(host, scalar.start, end, scalar.value, header.end(), indent, outer, starts, inner_starts)
    return IndentedLines(scalar.value, Lines(inner_starts, starts, cuts), indent, host_end, newline, agrees)


def _written_lines(host: str, at: int, end: int) -> array[int]:
    """Where each line of a block scalar starts and ends, from `at` on, with the blank lines behind it."""
    written = array("q")
    while at < len(host):
        line = _LINES.match(host, at)
        if line is None or at >= end and line.group(1).strip():
            break
        written.extend(line.span(1))
        at = line.end()
    return written


def _indentation(host: str, written: array[int], value: str) -> str | None:
    """What stands before the first line that is not blank."""
    lines = zip(written[::2], written[1::2], strict=True)
    for (start, end), wanted in zip(lines, io.StringIO(value, newline="\n"), strict=False):
        if wanted.strip():
            width = end - start - len(wanted.removesuffix("\n"))
            indent = host[start : start + width]
            return indent if width >= 0 and not indent.strip(" ") else None
    return None


def _quoted(scalar: Scalar, host: str, start: int) -> Embedding | None:
    """Walk a flow scalar from `start` on, character by character."""
    style = scalar.style or ""
    starts, ends = array("q"), array("q")
    value: list[str] = []
    at = start + len(style)
    while at < scalar.end and (found := _PIECES[style].match(host, at, scalar.end)) is not None:
        after = found.end()
        if found["text"] is not None:
            value.append(found["text"])
            starts.extend(range(at, after))
            ends.extend(range(at + 1, after + 1))
        else:
            read = _folded(found["fold"]) if found["fold"] is not None else _escaped(found["escape"])
            if read is None:
                return None
            value.append(read)
            starts.extend([at] * len(read))
            ends.extend([after] * len(read))
        at = after
    if "".join(value) != scalar.value:
        return None
    starts.append(at)
    ends.append(at)
    agrees = WrittenFlow(host, scalar.start, scalar.end, scalar.value, style, starts, ends)
    return CharacterMap(scalar.value, starts, ends, _SPELL[style], agrees)


_BREAK = r"(?:\r\n|\r|\n)"
_FOLD = rf"(?P<fold>[ \t]*{_BREAK}[ \t]*(?:{_BREAK}[ \t]*)*)"
_PIECES = {
    '"': re.compile(
        rf'{_FOLD}|(?P<text>[ \t]+|[^ \t\r\n"\\]+)'
        rf"|\\(?P<escape>{_BREAK}[ \t]*|x[0-9A-Fa-f]{{2}}|u[0-9A-Fa-f]{{4}}|U[0-9A-Fa-f]{{8}}|.)",
    ),
    "'": re.compile(rf"{_FOLD}|(?P<text>[ \t]+|[^ \t\r\n']+)|'(?P<escape>')"),
    "": re.compile(rf"{_FOLD}|(?P<text>[ \t]+|[^ \t\r\n]+)(?P<escape>(?!))?"),
}
"""What a scalar of each flow style is made of: line breaks that are folded, text as it is, and escapes."""
_BREAKS = late.pattern(_BREAK)
_SIMPLE = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def _folded(written: str) -> str:
    return "\n" * (len(_BREAKS.findall(written)) - 1) or " "


def _escaped(written: str) -> str | None:
    """What an escape says; None for one that YAML does not have."""
    if written[0] in "\r\n":
        return ""
    if written[0] in "xuU":
        return chr(int(written[1:], 16)) if len(written) > 1 else None
    return _SIMPLE.get(written, written)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def spell_double_quoted(text: str) -> str | None:
    """`text` as it is written between double quotes."""
    return "".join(_ESCAPES.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)


def _spell_single_quoted(text: str) -> str | None:
    return None if "\n" in text else text.replace("'", "''")


def _spell_plain(text: str) -> str | None:
    return text if re.fullmatch(r"[A-Za-z0-9_./-]*", text) else None


_SPELL: dict[str, Callable[[str], str | None]] = {
    '"': spell_double_quoted,
    "'": _spell_single_quoted,
    "": _spell_plain,
}


def content_span(scalar: Scalar, host: str) -> Span:
    """Where the scalar's own characters stand: without anchor and tag, without quotes."""
    properties = _PROPERTIES.match(host, scalar.start, scalar.end)
    start = properties.end() if properties else scalar.start
    quotes = 1 if scalar.style in ("'", '"') else 0
    return Span(start + quotes, max(scalar.end - quotes, start + quotes))
