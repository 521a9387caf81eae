"""What nftables hold: tables with their sets, maps, counters and chains.

A large dump has tens of thousands of rules and elements, so a chain and a set put theirs together only for those who ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from kpl.inputs.dumps.nftrule import NftRule, NftVerdict
from kpl.text.lines import line_end
from kpl.text.span import Span


class Element(NamedTuple):
    """One element of a set or map."""

    key: tuple[str, ...]
    """The parts of the key, as they are written."""
    data: NftVerdict | tuple[str, ...] | None = None
    """What a map gives: a verdict, or the parts of a value."""
    comment: str | None = None
    span: Span = Span(0, 0)
    """Where it stands, without the comma."""


@dataclass
class NftSet:
    """A set, or a map where `data_type` is not empty."""

    name: str
    start: int
    """Where its first line, or its object in JSON, starts."""
    text: str = field(repr=False, default="")
    key_types: tuple[str, ...] = ()
    """``ipv4_addr``, ``inet_proto``, ``inet_service`` and so on; empty where they are not known."""
    data_type: str = ""
    """``verdict``, or the types of a value with dots between them."""
    flags: tuple[str, ...] = ()
    timeout: int | None = None
    """In seconds, rounded down."""
    size: int | None = None
    comment: str | None = None
    handle: int | None = None
    places: list[Span] = field(default_factory=list, repr=False)
    """Where lists of elements stand in the text."""
    read: Callable[[NftSet], list[Element]] | None = field(default=None, repr=False)
    """Puts the elements together; a function of a module, since a ruleset goes from one process to another."""

    @cached_property
    def elements(self) -> list[Element]:
        """Its elements, in their order."""
        return self.read(self) if self.read else []


@dataclass
class NftCounter:
    """A counter that has a name."""

    name: str
    start: int
    comment: str | None = None
    handle: int | None = None
    packets: int | None = None
    bytes: int | None = None


@dataclass
class NftChain:
    """A chain; `kind`, `hook` and `priority` are there for a base chain."""

    name: str
    start: int
    """Where its first line, or its object in JSON, starts."""
    text: str = field(repr=False, default="")
    kind: str | None = None
    """``filter``, ``nat`` or ``route``."""
    hook: str | None = None
    priority: str | None = None
    """As it is written: a number, or a name as ``dstnat - 10``."""
    policy: str | None = None
    comment: str | None = None
    handle: int | None = None
    rows: list[tuple[int, Any]] = field(default_factory=list, repr=False)
    """For each rule where it starts, and what else `read` needs to put it together."""
    read: Callable[[NftChain, int, Any], NftRule] | None = field(default=None, repr=False)

    @cached_property
    def rules(self) -> list[NftRule]:
        """Its rules, in their order."""
        return [self.read(self, *row) for row in self.rows] if self.read else []


@dataclass
class NftTable:
    """One table."""

    family: str
    """``ip``, ``ip6``, ``inet`` and so on; empty for chains and sets that no table is written around."""
    name: str
    start: int = 0
    """Where its first line, or its object in JSON, starts."""
    comment: str | None = None
    handle: int | None = None
    complete: bool = False
    """Whether it and all that is in it have their end, and every line of it could be read."""
    cut: bool = False
    """Whether the text ends inside of a chain, set or map of it."""
    closed: bool = False
    """Whether its last brace is there."""
    sets: dict[str, NftSet] = field(default_factory=dict)
    maps: dict[str, NftSet] = field(default_factory=dict)
    counters: dict[str, NftCounter] = field(default_factory=dict)
    chains: dict[str, NftChain] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    """Where the lines start that mean nothing here."""


@dataclass
class NftRuleset:
    """What one file of nftables holds; several dumps may follow each other."""

    text: str = field(repr=False)
    tables: list[NftTable] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """Where the lines outside of tables start that mean nothing."""
    json: bool = False
    """Whether the text is JSON."""
    cut: Span | None = None
    """Where the text is cut, outside of a table or in a table's commands; None where nothing shows it."""
    shapes_exploded: bool = False
    """Whether there were so many shapes that later lines were read for jumps alone."""

    def named(self, family: str, name: str) -> Iterator[NftTable]:
        """The tables of a family that are called `name`: several where the file holds several dumps."""
        return (table for table in self.tables if (table.family, table.name) == (family, name))

    def span_of(self, word: str, within: Span) -> Span:
        """Where `word` stands as a whole word in a part of the text; `within` where it does not."""
        start = self.text.find(word, *within) if word else -1
        while start >= 0:
            end = start + len(word)
            if not (_goes_on(self.text[start - 1 : start]) or _goes_on(self.text[end : end + 1])):
                return Span(start, end)
            start = self.text.find(word, end, within.end)
        return within

    def declaration(self, declared: NftTable | NftSet | NftChain | NftCounter) -> Span:
        """Where the name of something is declared."""
        return self.span_of(declared.name, Span(declared.start, line_end(self.text, declared.start)))


def _goes_on(character: str) -> bool:
    """Whether a word of nft goes on with `character`."""
    return character.isalnum() or character in ("_", ".", "/", "-") and bool(character)
