"""The nodes of a pattern's tree, and the classes of characters in them.

What classes hold is kept for ASCII: a Unicode class is known by its name, and letters outside of ASCII do not fold. That changes
the shape of a tree, never the syntax, and so could show in patterns close to a limit alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

# flags
FOLD, DOT_NL, ONE_LINE, NON_GREEDY = 1, 2, 4, 8

_MAX_RUNE = 0x10FFFF


class Op(IntEnum):
    """What a node matches. The order is Go's: it decides which of two nodes takes in the other."""

    EMPTY = 2
    LITERAL = 3
    CLASS = 4
    ANY_NOT_NL = 5
    ANY = 6
    ASSERTION = 7
    CAPTURE = 13
    STAR = 14
    PLUS = 15
    QUEST = 16
    REPEAT = 17
    CONCAT = 18
    ALTERNATE = 19
    # on the stack only
    LEFT_PAREN = 128
    VERTICAL_BAR = 129


class Node:
    """syntax.Regexp. `runes` are those of a literal, or the first and last of each range of a class."""

    __slots__ = ("capture", "flags", "max", "min", "op", "runes", "subs", "tables")

    def __init__(self, op: Op) -> None:
        self.reset(op)

    def reset(self, op: Op) -> None:
        """A node as new."""
        self.op = op
        self.flags = 0
        self.runes: list[int] = []
        self.tables: tuple[str, ...] = ()
        self.subs: list[Node] = []
        self.min = self.max = 0
        self.capture = False

    @property
    def is_class(self) -> bool:
        """isCharClass: whether it matches exactly one character."""
        return self.op in (Op.CLASS, Op.ANY, Op.ANY_NOT_NL) or (self.op is Op.LITERAL and len(self.runes) == 1)

    def equals(self, other: Node) -> bool:
        """Regexp.Equal, for classes and repeated classes."""
        if self.op is not other.op:
            return False
        if self.op in (Op.LITERAL, Op.CLASS):
            same = (self.flags ^ other.flags) & FOLD == 0
            return same and self.runes == other.runes and self.tables == other.tables
        if self.op is Op.REPEAT:
            same = (self.flags ^ other.flags) & NON_GREEDY == 0 and (self.min, self.max) == (other.min, other.max)
            return same and self.subs[0].equals(other.subs[0])
        return True


def append_range(ranges: list[int], low: int, high: int) -> None:
    """appendRange: widen one of the last two ranges, or add one."""
    for at in (-2, -4):
        if len(ranges) >= -at and low <= ranges[at + 1] + 1 and ranges[at] <= high + 1:
            ranges[at] = min(ranges[at], low)
            ranges[at + 1] = max(ranges[at + 1], high)
            return
    ranges += (low, high)


def folded(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The range and the letters that differ in case only from those of ASCII in it."""
    yield low, high
    for first, shift in ((0x41, 0x20), (0x61, -0x20)):
        begin, end = max(low, first), min(high, first + 25)
        if begin <= end:
            yield begin + shift, end + shift
    for upper, sign in ((0x4B, 0x212A), (0x53, 0x17F)):
        if any(low <= each <= high for each in (upper, upper + 0x20)):
            yield sign, sign
        elif low <= sign <= high:
            yield upper, upper
            yield upper + 0x20, upper + 0x20


def clean(ranges: list[int]) -> list[int]:
    """cleanClass: sorted and merged."""
    found: list[int] = []
    for low, high in sorted(pairs(ranges)):
        if found and low <= found[-1] + 1:
            found[-1] = max(found[-1], high)
        else:
            found += (low, high)
    return found


def negated(ranges: list[int]) -> list[int]:
    """negateClass: of clean ranges."""
    found: list[int] = []
    following = 0
    for low, high in pairs(ranges):
        if following < low:
            found += (following, low - 1)
        following = high + 1
    if following <= _MAX_RUNE:
        found += (following, _MAX_RUNE)
    return found


def pairs(ranges: list[int]) -> Iterator[tuple[int, int]]:
    """The first and last rune of each range."""
    return zip(ranges[::2], ranges[1::2], strict=True)


def is_pair_of_cases(ranges: list[int]) -> bool:
    """Whether the class is one letter of ASCII in both cases. (K and S have a third.)"""
    if len(ranges) != 4 or ranges[0] != ranges[1] or ranges[2] != ranges[3]:
        return False
    return 0x41 <= ranges[0] <= 0x5A and ranges[2] == ranges[0] + 0x20 and ranges[0] not in (0x4B, 0x53)


def merge(target: Node, source: Node) -> None:
    """mergeCharClass; the operator of `target` is not below that of `source`."""
    if target.op is Op.ANY_NOT_NL:
        ranges = source.runes * 2 if source.op is Op.LITERAL else source.runes
        if any(low <= 0x0A <= high for low, high in pairs(ranges)):
            target.op = Op.ANY
    elif target.op is Op.CLASS:
        if source.op is Op.LITERAL:
            _append_literal(target.runes, source)
        else:
            for low, high in pairs(source.runes):
                append_range(target.runes, low, high)
            target.tables = tuple(sorted({*target.tables, *source.tables}))
    elif target.op is Op.LITERAL and (source.runes, source.flags) != (target.runes, target.flags):
        runes: list[int] = []
        _append_literal(runes, target)
        _append_literal(runes, source)
        target.op, target.runes = Op.CLASS, runes


def _append_literal(ranges: list[int], literal: Node) -> None:
    rune = literal.runes[0]
    for low, high in folded(rune, rune) if literal.flags & FOLD else [(rune, rune)]:
        append_range(ranges, low, high)


def clean_alternative(node: Node) -> None:
    """cleanAlt"""
    if node.op is not Op.CLASS:
        return
    node.runes = clean(node.runes)
    if node.runes == [0, _MAX_RUNE]:
        node.op, node.runes, node.tables = Op.ANY, [], ()
    elif node.runes == [0, 0x09, 0x0B, _MAX_RUNE] and not node.tables:
        node.op, node.runes = Op.ANY_NOT_NL, []
