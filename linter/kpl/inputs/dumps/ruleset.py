"""What a node's packet filter holds, in columns.

A dump has a hundred thousand rules of some twenty shapes, so a table keeps its rules as columns, and puts a rule
together only for those who ask for one.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from typing import NamedTuple

from kpl.text import late
from kpl.text.lines import line_end
from kpl.text.span import Span, Text

BEFORE_RULE = late.pattern(r"\s*(?:\[([0-9]{1,20}):([0-9]{1,20})\]\s+)?(?=-A\s)")
"""What may stand on a rule's line before the rule: blanks and counters."""

_SOMEWHERE, _FIRST, _LAST, _BEFORE_TARGET = range(4)
"""Where the value of an option stands in a rule: behind the chain, at the end, or in front of the last option, ``-j``."""

_OTHER_BLANKS = "\t\v\f\x1c\x1d\x1e\x1f"

_ESCAPED = late.pattern(r"\\(.)")


class RuleShape(NamedTuple):
    """Where the words of a rule belong. Word 0 is the chain that the rule is in."""

    target: int
    """The number of the word that is the target; 0 where there is none."""
    goto: bool
    options: tuple[tuple[str, bool, tuple[int, ...]], ...]
    """Name, whether ``!`` negates it, and the numbers of its words; nothing where the shapes exploded."""
    matches: int = 0
    """How many of the options stand before the jump; the others are the target's, ``--to-destination`` say."""


class Option(NamedTuple):
    """An option of a rule, of the match or of the target."""

    name: str
    """As it is written: ``-d``, ``--dport``."""
    negated: bool
    values: tuple[Text, ...]


@dataclass(frozen=True)
class Entry:
    """One rule of a table with all of its words in place."""

    chain: Text
    target: Text | None
    goto: bool
    options: tuple[Option, ...]
    counters: tuple[int, int] | None = None
    """Packets and bytes, where the dump has them (``iptables-save -c``)."""
    matches: int = 0
    """How many of the options stand before the jump; the others are the target's."""

    def get(self, name: str) -> Option | None:
        """The first option `name`."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(eq=False)
class Table:
    """One table: declared chains, and its rules as columns of equal length. Hashed by identity, for caches."""

    text: str = field(repr=False)
    """The text of the ruleset, every line ended by LF."""
    name: str
    """Empty for rules that no ``*table`` line precedes."""
    start: int = 0
    """Where its ``*table`` line starts."""
    complete: bool = False
    """Whether it has both its ``*table`` line and its ``COMMIT``."""
    chains: dict[str, int] = field(default_factory=dict)
    """The declared chains, and where the line of the declaration starts."""
    policies: dict[str, str] = field(default_factory=dict)
    """The policies of the built-in chains."""
    unread: list[int] = field(default_factory=list)
    """Where the lines start that are no part of what iptables-save prints."""

    chain: list[str] = field(default_factory=list, repr=False)
    target: list[str] = field(default_factory=list, repr=False)
    """The chain or extension that a rule hands packets to; empty where it only counts."""
    offsets: array[int] = field(default_factory=partial(array, "q"), repr=False)
    """Where the line of a rule starts."""
    shapes: list[RuleShape] = field(default_factory=list, repr=False)
    _layouts: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict, repr=False)
    """By the identity of a shape: how many tokens its rules have, and which of them are words."""

    @cached_property
    def rules_of(self) -> dict[str, list[int]]:
        """The numbers of the rules in each chain that has any."""
        found: dict[str, list[int]] = {}
        rows, last = [], None
        for row, chain in enumerate(self.chain):
            if chain is not last:  # the rules of a chain stand together
                last = chain
                rows = found.setdefault(chain, [])
            rows.append(row)
        return found

    @cached_property
    def jumps_to(self) -> dict[str, list[int]]:
        """The numbers of the rules that hand packets to each chain or extension."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for row, target in enumerate(self.target):
            found[target].append(row)
        return dict(found)

    @property
    def is_whole(self) -> bool:
        """Whether this is all that the kernel had: no excerpt, and not what `iptables-restore --noflush` adds."""
        return self.complete and bool(self.policies) and not self.unread

    def chain_span(self, row: int) -> Span:
        """Where the chain that rule number `row` is in stands."""
        return self.entry(row).chain.span

    def option_span(self, row: int, *names: str) -> Span:
        """Where the value of the first of the options `names` stands; the target, where there is none of them."""
        entry = self.entry(row)
        for name in names:
            option = entry.get(name)
            if option is not None and option.values:
                return option.values[0].span
        return (entry.target or entry.chain).span

    def rule(self, row: int) -> str:
        """The text of rule number `row`, without counters."""
        line, start = self._line(row)
        return line[start:].rstrip()

    def declaration(self, chain: str) -> Span:
        """Where `chain` is declared, with the colon; its name in its first rule where it is not."""
        if chain not in self.chains:
            return self.chain_span(self.rules_of[chain][0])
        start = self.text.index(":", self.chains[chain])
        return Span(start, start + 1 + len(chain))

    def entry(self, row: int) -> Entry:
        """Rule number `row` with everything in it."""
        line, start = self._line(row)
        base = self.offsets[row]
        found = word_pattern().finditer(line, start)
        words = [_word(each.group(1), base + each.start(1)) for each in found]
        shape = self.shapes[row]
        options = (Option(name, negated, tuple(words[n] for n in numbers)) for name, negated, numbers in shape.options)
        target = words[shape.target] if shape.target else None
        return Entry(words[0], target, shape.goto, tuple(options), _counters(line), shape.matches)

    def target_span(self, row: int) -> Span:
        """Where the target of rule number `row` stands."""
        target = self.entry(row).target
        return target.span if target is not None else Span(self.offsets[row], self.offsets[row])

    def values(self, option: str, rows: Iterable[int]) -> Iterator[str | None]:
        """The first value of `option` in each of `rows`; None where a rule does not have it."""
        # by identity: a shape is hashed more slowly than a line is read
        places: dict[int, tuple[int, int]] = {}
        text, key, plain = self.text, f" {option} ", _is_plain(self.text)
        for row in rows:
            shape = self.shapes[row]
            place = places.get(id(shape))
            if place is None:
                place = places[id(shape)] = _place(shape, option)
            number, where = place
            if not number:
                yield None
                continue
            if not plain:
                where = _SOMEWHERE
            start = self.offsets[row]
            end = text.find("\n", start)
            if end < 0:
                end = len(text)
            if where == _FIRST:
                at = text.find(key, start, end) + len(key)
                stop = text.find(" ", at, end)
                value = text[at : stop if stop >= 0 else end]
            elif where == _LAST:
                value = text[text.rfind(" ", start, end) + 1 : end]
            elif where == _BEFORE_TARGET:
                value = text[start:end].rsplit(" ", 3)[-3]
            else:
                value = ""
            if not value or value[0] in '"!-' or value[-1] == '"':
                value = self._words(row, start, end)[number]
            yield _unquoted(value)

    def columns(self, options: Sequence[str], rows: Iterable[int]) -> Iterator[tuple[str | None, ...]]:
        """The first values of `options` in each of `rows`; None where a rule does not have one."""
        places: dict[int, tuple[int, ...]] = {}
        text = self.text
        for row in rows:
            shape = self.shapes[row]
            wanted = places.get(id(shape))
            if wanted is None:
                wanted = places[id(shape)] = tuple(_place(shape, option)[0] for option in options)
            start = self.offsets[row]
            end = text.find("\n", start)
            words = self._words(row, start, end if end >= 0 else len(text)) if any(wanted) else ()
            yield tuple([_unquoted(words[number]) if number else None for number in wanted])

    def _words(self, row: int, start: int, end: int) -> Sequence[str]:
        """The words of a rule, in the line from `start` to `end`; those that need it are quoted still."""
        shape, line = self.shapes[row], self.text[start:end]
        tokens = _tokens(line)
        if id(shape) not in self._layouts:
            self._layouts[id(shape)] = _layout(line, tokens)
        length, places = self._layouts[id(shape)]
        if len(tokens) == length:
            return [tokens[place] for place in places]
        return word_pattern().findall(line, self._line(row)[1])

    def _line(self, row: int) -> tuple[str, int]:
        """The line of a rule, and where the rule starts in it."""
        line = self.text[self.offsets[row] : line_end(self.text, self.offsets[row])]
        before = BEFORE_RULE.match(line)
        return line, before.end() if before else 0


@dataclass
class Ruleset:
    """What one file of iptables-save output holds; several dumps may follow each other."""

    text: str = field(repr=False)
    tables: list[Table] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """Where the lines outside of tables start that are no part of what iptables-save prints."""
    cut: Span | None = None
    """The last line where it is not all there, as no line end follows it: it is not read. Only in what has a header."""
    shapes_exploded: bool = False
    """Whether there were so many shapes that the later rules were read for chain and target alone."""

    def named(self, table: str) -> Iterator[Table]:
        """The tables `table`: several where the file holds several dumps."""
        return (each for each in self.tables if each.name == table)

    def whole_dumps(self) -> list[dict[str, Table]]:
        """The whole tables by name, one dict for each dump: a table that comes a second time begins another dump.

        None where the shapes of the rules exploded: no options are known then.
        """
        if self.shapes_exploded:
            return []
        dumps: list[dict[str, Table]] = [{}]
        for table in self.tables:
            if table.name in dumps[-1]:
                dumps.append({})
            if table.is_whole:
                dumps[-1][table.name] = table
        return [dump for dump in dumps if dump]

    def whole(self, table: str) -> Iterator[Table]:
        """The tables `table` of the dumps that have all of it."""
        return (dump[table] for dump in self.whole_dumps() if table in dump)


@cache
def word_pattern() -> re.Pattern[str]:
    """A word of a rule with the blank before it, as the grammar has it."""
    from kpl_grammars import parser

    either = (parser("iptables").get_terminal(name).pattern.to_regexp() for name in ("QUOTED", "WORD"))
    return re.compile(rf"\s({'|'.join(either)})")


@lru_cache(maxsize=2)
def _is_plain(text: str) -> bool:
    """Whether words stand between blanks alone, as iptables-save writes them; told once for all tables of a text."""
    return text.isascii() and not any(each in text for each in _OTHER_BLANKS)


def _tokens(line: str) -> list[str]:
    """What stands between single blanks, a quoted text as one; none where there are more quotes, or unusual ones."""
    before, *quoted = line.split('"')
    tokens = before.split(" ")
    if quoted:
        if len(quoted) != 2 or tokens[-1] or not quoted[0] or "\\" in quoted[0] or quoted[1][:1] not in ("", " "):
            return []
        tokens[-1] = quoted[0]
        tokens += quoted[1].split(" ")[1:]
    return tokens


def _layout(line: str, tokens: list[str]) -> tuple[int, tuple[int, ...]]:
    """How many tokens the rules of the shape of `line` have, and which are words: nothing else is equal to a word."""
    places, place = [], -1
    for word in word_pattern().findall(line):
        try:
            place = tokens.index(_unquoted(word), place + 1)
        except ValueError:  # other blanks than single ones
            return -1, ()
        places.append(place)
    return len(tokens), tuple(places)


def _place(shape: RuleShape, option: str) -> tuple[int, int]:
    """The number of the first word of `option`, 0 where there is none, and whether it is easily found in a line."""
    place = next(((position, words) for position, (name, _, words) in enumerate(shape.options) if name == option), None)
    if place is None or not place[1]:
        return 0, _SOMEWHERE
    position, words = place
    number = words[0]
    if number == 1:
        return number, _FIRST
    if position == len(shape.options) - 1 and len(words) == 1:
        if number > shape.target:
            return number, _LAST
        if number == shape.target - 1:
            return number, _BEFORE_TARGET
    return number, _SOMEWHERE


def _unquoted(word: str) -> str:
    return _ESCAPED.sub(r"\1", word[1:-1]) if word[0] == '"' else word


def _word(written: str, at: int) -> Text:
    return Text(_unquoted(written), Span(at, at + len(written)))


def _counters(line: str) -> tuple[int, int] | None:
    before = BEFORE_RULE.match(line)
    return (int(before[1]), int(before[2])) if before and before[1] else None
