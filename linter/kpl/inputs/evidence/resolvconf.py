"""resolv.conf(5): text -> ResolvConf.

- https://man7.org/linux/man-pages/man5/resolv.conf.5.html
- https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.dumps.shapes import LONGEST_LINE, lines_of, tokens_of, tree_of
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text.span import Span, Text

KEYWORDS = ("nameserver", "domain", "search", "sortlist", "options")
MAX_LINES = 10_000
"""More are no resolv.conf; what follows is kept as `unread`."""


class ConfLine(NamedTuple):
    """One line: its keyword, and the words behind it."""

    keyword: Text
    values: tuple[Text, ...]
    indented: bool
    """Whether blanks stand before the keyword, so that neither glibc nor musl reads the line."""

    @property
    def span(self) -> Span:
        """From the keyword to the last word."""
        return Span(self.keyword.span.start, self.values[-1].span.end if self.values else self.keyword.span.end)


@dataclass
class ResolvConf:
    """The lines of a resolv.conf without its comments, in order."""

    text: str = field(repr=False)
    lines: list[ConfLine] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """Where the lines start that were too long or too many."""

    def of(self, keyword: str) -> Iterator[ConfLine]:
        """The lines with this keyword that resolvers read."""
        return (each for each in self.lines if each.keyword == keyword and not each.indented)

    @property
    def nameservers(self) -> list[Text]:
        """The addresses of the nameserver lines, also those that resolvers do not reach."""
        return [line.values[0] for line in self.of("nameserver") if line.values]

    @property
    def search(self) -> ConfLine | None:
        """The line that tells the search list: the last one of ``search`` and ``domain``."""
        return next(
            (each for each in reversed(self.lines) if each.keyword in ("search", "domain") and not each.indented), None
        )

    def options(self) -> Iterator[Text]:
        """The words of all options lines."""
        return (word for line in self.of("options") for word in line.values)


class ResolvConfReader(FileReader):
    """Reads the configuration of a resolver."""

    kind = FileKind(
        word="resolv.conf",
        model="ResolvConf",
        as_word="resolv.conf",
        names=r"(?:^|[._-])resolv\.conf$",
        shares_names=False,
        lines=(r"^[ \t]*(?:nameserver[ \t]+[0-9a-fA-F.:]+|search[ \t]+\S)",),
        nameless_lines=(r"^nameserver[ \t]+[0-9a-fA-F.:]+[ \t]*\r?$",),
        rank=120,
    )
    examples = (
        Takes("search shop.svc.cluster.local\n", {"nameservers": [], "unread": []}, "resolv.conf"),
        Takes("# of the node\nnameserver 10.96.0.10\n", {"nameservers": ["10.96.0.10"]}, "dns"),
        Leaves("search shop.svc.cluster.local\n", "dns"),
        Leaves("address=/example.org/192.0.2.1\n", "resolv.conf"),
    )

    def parse(self, text: str) -> ResolvConf:
        """The lines of `text`."""
        return parse_resolv_conf(text)


def parse_resolv_conf(text: str) -> ResolvConf:
    """Read `text`. Never raises."""
    found = ResolvConf(text)
    for line, start in lines_of(text):
        written = line.strip()
        if not written or line[0] in "#;" or written[0] in "#;":
            continue
        tree = (
            tree_of("resolvconf", "line", line) if len(line) <= LONGEST_LINE and len(found.lines) < MAX_LINES else None
        )
        if tree is None:
            found.unread.append(start)
            continue
        words = [
            Text(str(token), Span(start + token.start_pos, start + token.start_pos + len(token)))
            for token in tokens_of(tree)
        ]
        found.lines.append(ConfLine(words[0], tuple(words[1:]), line[0] in " \t"))
    return found
