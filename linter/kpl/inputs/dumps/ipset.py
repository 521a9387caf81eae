"""IP sets, as ``ipset list`` and ``ipset save`` print them: text -> IpsetDump.

https://ipset.netfilter.org/ipset.man.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kpl.inputs.dumps.shapes import LONGEST_LINE, Shapes, bare, closed_lines_of, line_at, open_line, tokens_of, tree_of
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.span import Span, Text

_PROPERTY = late.pattern(r"(?:Name|Type|Revision|Header|Size in memory|References|Number of entries|Members):(?=\s|$)")
_WORD = late.pattern(r'"[^"]*"|\S+')
_VARIABLE = late.pattern(r'"[^"]*"|(?<=\s)[^\s"]*\d\S*')
_FIRST = late.pattern(r"\S+")


class Member(NamedTuple):
    """One member of a set with all that the dump says of it."""

    element: Text
    options: tuple[str, ...] = ()
    """The words behind the element, without quotes: ``timeout``, ``120``."""

    def option(self, name: str) -> str | None:
        """The word behind the option `name`; None without it."""
        return next((value for each, value in zip(self.options, self.options[1:], strict=False) if each == name), None)

    @property
    def timeout(self) -> int | None:
        """The seconds until the member goes; None where it stays."""
        written = self.option("timeout")
        return whole_number(written) if written is not None and len(written) <= 10 else None

    @property
    def comment(self) -> str | None:
        """The comment; None without one."""
        return self.option("comment")


@dataclass
class IpSet:
    """One set; its members are columns of equal length."""

    name: str
    type: str
    """``hash:ip,port``; empty where the dump does not say."""
    start: int
    """Where its first line starts."""
    header: tuple[str, ...] = ()
    """The words of the header, or behind the type: ``family``, ``inet``, ..."""
    entries: int | None = None
    """The number of entries that ``ipset list`` prints; None where it does not."""
    has_members: bool = False
    """Whether the members are in the dump; ``ipset list -t`` leaves them out."""
    elements: list[str] = field(default_factory=list, repr=False)
    offsets: list[int] = field(default_factory=list, repr=False)
    """Where the line of a member starts."""

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if "inet6" in self.header else 4


@dataclass
class IpsetDump:
    """The sets of one file."""

    text: str = field(repr=False)
    sets: list[IpSet] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """Where the lines start that are no part of what ipset prints."""

    def named(self, name: str) -> Iterator[IpSet]:
        """The sets called `name`: several where the file holds several dumps."""
        return (each for each in self.sets if each.name == name)

    def member(self, of: IpSet, row: int) -> Member:
        """Member number `row` with everything that the dump says of it."""
        start = of.offsets[row]
        line = line_at(self.text, start)
        words = _WORD.findall(bare(line))
        if words[0] == "add" and words[2:3] == [of.elements[row]]:
            words = words[2:]
        at = start + line.index(words[0])
        return Member(Text(words[0], Span(at, at + len(words[0]))), tuple(each.strip('"') for each in words[1:]))


class IpsetReader(FileReader):
    """Reads what ipset prints of its sets."""

    kind = FileKind(
        word="ipset",
        model="IpsetDump",
        as_word="ipset",
        names=r"\.ipset$|^ipset[^.]*$",
        lines=(
            r"^[ \t]*(?:Name: \S+[ \t]*\r?\n[ \t]*Type: (?:bitmap|hash|list):|create \S+ (?:bitmap|hash|list):[a-z])",
        ),
        rank=90,
    )
    examples = (
        Takes(
            "create KUBE-CLUSTER-IP hash:ip,port family inet\nadd KUBE-CLUSTER-IP 10.96.0.1,tcp:443\n",
            {"unread": []},
            "ipset",
        ),
        Takes("Name: A\nType: hash:ip\n", name="sets.txt"),
        Leaves("Name: A\nKind: hash:ip\n", "ipset"),
    )

    def parse(self, text: str) -> IpsetDump:
        """The sets of `text`."""
        return parse_ipset(text)


def parse_ipset(text: str) -> IpsetDump:
    """Read `text`. Never raises: lines that mean nothing are kept as `unread`."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.dump = IpsetDump(text)
        self.set: IpSet | None = None
        self.by_name: dict[str, IpSet] = {}
        self.members = Shapes("ipset", "member", _exists)
        self.added = Shapes("ipset", "add", _exists)

    def read(self) -> IpsetDump:
        for line, start in closed_lines_of(self.dump.text):
            written = bare(line)
            if not written:
                continue
            if _PROPERTY.match(written):
                known = self._property(written, start)
            elif written.startswith("create "):
                known = self._create(written, start)
            elif written.startswith("add "):
                known = self._add(written, start)
            else:
                known = self._member(written, start)
            if not known:
                self.dump.unread.append(start)
        if cut := open_line(self.dump.text):
            self.dump.unread.append(cut.start)
        return self.dump

    def _property(self, written: str, start: int) -> bool:
        tree = tree_of("ipset", "property", written) if len(written) <= LONGEST_LINE else None
        if tree is None:
            return False
        name, *values = (str(token) for token in tokens_of(tree))
        if name == "Name":
            if len(values) != 1:
                return False
            self.set = self._open(values[0], "", start)
        elif self.set is None:
            return False
        elif name == "Type":
            self.set.type = " ".join(values)
        elif name == "Header":
            self.set.header = tuple(values)
        elif name == "Number of entries" and values and len(values[0]) <= 10:
            self.set.entries = whole_number(values[0])
        elif name == "Members":
            self.set.has_members = True
        return True

    def _open(self, name: str, kind: str, start: int) -> IpSet:
        self.dump.sets.append(IpSet(name, kind, start))
        return self.dump.sets[-1]

    def _create(self, written: str, start: int) -> bool:
        tree = tree_of("ipset", "create", written) if len(written) <= LONGEST_LINE else None
        if tree is None:
            return False
        name, kind, *header = (str(token) for token in tokens_of(tree))
        self.by_name[name] = self._open(name, kind, start)
        self.by_name[name].header = tuple(header)
        self.by_name[name].has_members = True
        self.set = None
        return True

    def _add(self, written: str, start: int) -> bool:
        words = written.split(maxsplit=3)
        target = self.by_name.get(words[1]) if len(words) > 2 else None
        rest = f" {words[3]}" if len(words) > 3 else ""
        if target is None or self.added.of(f"add . .{_VARIABLE.sub('.', rest)}", written) is None:
            return False
        target.elements.append(words[2])
        target.offsets.append(start)
        return True

    def _member(self, written: str, start: int) -> bool:
        if self.set is None or not self.set.has_members:
            return False
        element = _FIRST.match(written)
        if element is None or self.members.of(f".{_VARIABLE.sub('.', written[element.end() :])}", written) is None:
            return False
        self.set.elements.append(element.group())
        self.set.offsets.append(start)
        return True


def _exists(tree: Any, line: str) -> bool:
    return True
