"""Lines of a file that are a text of their own, and what of such texts is for kpl."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Sequence

from kpl.inputs.document import Document
from kpl.inputs.hosted import corefile_inside, yaml_inside
from kpl.text import late
from kpl.text.edit import Edit, apply_edits
from kpl.text.embedding import Embedding, IndentedLines, Lines
from kpl.text.source import Source
from kpl.text.span import Span

Rewrite = Callable[[str], str]
"""Makes words that kpl knows for placeholders of what the host's program fills in, each as long as it was."""

_MANIFEST = late.pattern(
    r"""(?:[ \t]*(?:#[^\n]*|---[^\n]*)?\n)*(?:-[ \t]+)?(?:["']?[A-Za-z][\w.-]*["']?[ \t]*:(?=[ \t\n]|$)|\{)"""
)
"""How a text starts that may be YAML, and is no script."""
_FIELDS = ("apiVersion", "kind")


def lines_of(text: str, start: int = 0) -> Iterator[Span]:
    """The lines of `text` from the one that starts at `start` on, with their line ends."""
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield Span(start, end)
        start = end


def block(
    source: Source, place: Span, rewrite: Rewrite | None = None, closing: Collection[str] = (), quotes: int = 0
) -> Embedding | None:
    """The text that the lines at `place` hold behind the white space, and `quotes` times ``>``, that all of them start with.

    None where they do not. An edit in which one of `closing` stands is not possible.
    """
    margin = " \t>" if quotes else " \t"
    made = _without_margin(source.text[slice(*place)], margin)
    if made is None:
        return None
    text, indent, starts, cuts = made
    if indent.count(">") != quotes:
        return None
    read = rewrite or str
    hosts = array("q", (place.start + each for each in starts))
    inner = array("q")
    at = 0
    for line in text.split("\n")[:-1] if text.endswith("\n") else text.split("\n"):
        inner.append(at)
        at += len(line) + 1

    def agrees(lifted: Sequence[Edit], edits: Sequence[Edit]) -> bool:
        if any(each in edit.text for edit in edits for each in closing):
            return False
        moved = [Edit(edit.start - place.start, edit.end - place.start, edit.text) for edit in lifted]
        again = _without_margin(apply_edits(source.text[slice(*place)], moved), margin)
        return again is not None and read(again[0]) == apply_edits(read(text), edits)

    lines = Lines(inner, hosts, cuts)
    return IndentedLines(read(text), lines, indent, place.end, source.newline, agrees)


def _without_margin(written: str, margin: str) -> tuple[str, str, array[int], array[int]] | None:
    """The lines of `written` without what all of them start with: the text, that, where they start, what was cut."""
    lines = [written[slice(*each)].rstrip("\r\n") for each in lines_of(written)]
    full = [each for each in lines if each.strip(margin)]
    if not full:
        return None
    margins = [each[: len(each) - len(each.lstrip(margin))] for each in full]
    first, last = min(margins), max(margins)
    common = first[: next((at for at, each in enumerate(first) if last[at : at + 1] != each), len(first))]
    cuts = array("q")
    for line in lines:
        cuts.append(len(common) if line.startswith(common) else len(line))
    text = "".join(f"{line[cut:]}\n" for line, cut in zip(lines, cuts, strict=True))
    return text, common, array("q", (each.start for each in lines_of(written))), cuts


def manifests_in(source: Source, outer: Embedding) -> Iterator[Document]:
    """The documents in a text that may be YAML; one that is none is something else, or half of something."""
    if not _MANIFEST.match(outer.text):
        return
    is_object = all(field in outer.text for field in _FIELDS)
    for document in yaml_inside(source, outer):
        if is_object or document.kind != "ParseFailure":
            yield document


def configuration_in(source: Source, outer: Embedding, key: str, name: str = "") -> Iterator[Document]:
    """The Corefile, or the part of one, that stands under a `key` of a ConfigMap."""
    sure = key.lower().endswith("corefile")
    return corefile_inside(source, outer, "Corefile" if sure else key, name, sure=sure)


def filled_in(text: str, openings: str) -> str:
    """`text` with each ``${...}`` on one line as one word of the same length; `openings` are what may follow the ``$``."""
    return "".join(_line_filled_in(text[slice(*each)], openings) for each in lines_of(text)) if "$" in text else text


_CLOSED_BY = {"{": "}", "(": ")"}


def _line_filled_in(line: str, openings: str) -> str:
    made: list[str] = []
    done = 0
    at = line.find("$")
    while at >= 0:
        opening = line[at + 1 : at + 2]
        if opening and opening in openings and line[at - 1 : at] != "$":
            end = _closed(line, at + 2, opening)
            if end is None:
                break
            inside = "".join(each if each.isalnum() or each in "._" else "_" for each in line[at + 2 : end])
            made += [line[done : at + 2], inside]
            done = end
            at = line.find("$", end)
        else:
            at = line.find("$", at + 1)
    return "".join(made) + line[done:]


def _closed(line: str, at: int, opening: str) -> int | None:
    """Where what was opened before `at` is closed on this line."""
    depth, closing = 1, _CLOSED_BY[opening]
    while at < len(line):
        depth += (line[at] == opening) - (line[at] == closing)
        if not depth:
            return at
        at += 1
    return None
