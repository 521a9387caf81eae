"""A file with the output of several commands, as scripts collect it from a node: each kind is read by its own reader.

A reader gets the text of the file with blanks for what is of other kinds, so that each place in it is one in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from kpl.inputs.document import Document
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.inputs.registry import file_kinds, file_reader
from kpl.text import late
from kpl.text.lines import line_end
from kpl.text.source import Source
from kpl.text.span import Span

COLLECTION = "dump collection"

_FIRST_LINE = 65_536
_LONE_CR = late.pattern(r"\r(?!\n)")
_IN_LINES = late.pattern(r"[^\r\n]+")
_HEADING = (
    r"[ \t]*(?:[=#]{2}|[*>+-]{3}|[$+][ \t]|\[?[\w.-]{1,64}@[^\n#$]{1,200}[#$][ \t]|Chain \S+ \("
    r"|(?:#[ \t]*)?(?:sudo[ \t]+)?(?:/[\w/.-]*/)?(?:ip6?tables[\w-]*(?:-save\b|[ \t]+-)"
    r"|(?:nft|ipset|ipvsadm|conntrack)[ \t]+(?:-|list\b|save\b)|cat[ \t]+/|sysctl[ \t]))"
)
"""How a line starts that no dump has, and behind which another command's output follows: a rule, a prompt, a command,
or a chain of ``iptables -L``."""
_ORDINARY = {
    "Ruleset": r"-A [^-]|:|\[",
    "NftRuleset": r"\t\t|\t?\}|\n",
    "IpvsDump": r"  ->",
    "IpsetDump": r"add |\d",
    "ConntrackDump": r"(?:ipv[46] +\d+ +)?(?:tcp|udp) ",
}
"""How the lines of a large dump start, by its model; no dump of another kind has such a line, so they are passed over
at once."""


class CollectionReader(FileReader):
    """Reads the output of several commands in one file."""

    kind = FileKind(word=COLLECTION, rank=140)
    examples = (
        Takes(
            "# ipset list\nName: A\nType: hash:ip\nMembers:\n# conntrack -S\ncpu=0 found=0 invalid=1\n",
            {"unread": []},
            "node.txt",
            ("IpsetDump", "ConntrackDump"),
        ),
        Leaves("# ipset list\nName: A\nType: hash:ip\nMembers:\n# ipset list\nName: B\nType: hash:ip\n", "node.txt"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The documents of `source`: one for each kind in it."""
        for word, spans in _parts(source.text).items():
            yield file_reader(word).document(source, _only(source.text, spans))


def is_collection(text: str, kind: FileKind) -> bool:
    """Whether `text`, in which there is a dump of this kind, has dumps of others too."""
    others = tuple(each for each in _kinds() if each.model != kind.model)
    passed = _ORDINARY.get(kind.model, "")
    return kind in _kinds() and next(_marks(_with_ends_of_lines(text), others, passed=passed), None) is not None


def _with_ends_of_lines(text: str) -> str:
    """`text` of the same length in which LF ends each line that readers see."""
    return _LONE_CR.sub("\n", text) if "\r" in text else text


def _kinds() -> tuple[FileKind, ...]:
    """The kinds that may be in a collection."""
    return tuple(each for each in file_kinds().values() if each.lines and each.shares_names and each.as_word)


@cache
def _line_of(kinds: tuple[FileKind, ...], heading: str, passed: str) -> re.Pattern[str]:
    # without the line end before it, the engine would try all of it at each character
    lines = [f"(?P<kind{number}>{'|'.join(each.lines)})" for number, each in enumerate(kinds)]
    passing = f"(?!{passed})" if passed else ""
    return re.compile(rf"\n{passing}(?:{'|'.join([*lines, heading] if heading else lines)})", re.MULTILINE)


def _marks(
    text: str, kinds: tuple[FileKind, ...], heading: str = "", passed: str = ""
) -> Iterator[tuple[int, FileKind | None]]:
    """Where lines start that only one of `kinds` has, with that, and lines with a heading."""
    pattern = _line_of(kinds, heading, passed)
    if first := pattern.match("\n" + text[:_FIRST_LINE]):
        yield 0, _told_by(first, kinds)
    for found in pattern.finditer(text):
        yield found.start() + 1, _told_by(found, kinds)


def _told_by(line: re.Match[str], kinds: tuple[FileKind, ...]) -> FileKind | None:
    return kinds[int(line.lastgroup.removeprefix("kind"))] if line.lastgroup else None


def _parts(text: str) -> dict[str, list[Span]]:
    """Where the dumps of each kind are, by its word.

    What stands between a heading and the first line that tells a kind is of this kind.
    """
    found: dict[str, list[Span]] = {}
    text = _with_ends_of_lines(text)
    start, current = 0, None
    for at, kind in (*_marks(text, _kinds(), _HEADING), (len(text), None)):
        if kind is not None and (current is None or kind.model == current.model):
            current = current or kind
            continue
        if current is not None:
            found.setdefault(current.word, []).append(Span(start, at))
        start, current = (line_end(text, at), None) if kind is None else (at, kind)
    return found


def _only(text: str, spans: Iterable[Span]) -> str:
    """`text` with blanks for all but the line ends outside of `spans`."""
    pieces, at = [], 0
    for span in spans:
        pieces += [_blank(text[at : span.start]), text[slice(*span)]]
        at = span.end
    return "".join((*pieces, _blank(text[at:])))


def _blank(text: str) -> str:
    return _IN_LINES.sub(lambda line: " " * len(line[0]), text)
