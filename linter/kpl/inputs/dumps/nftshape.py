"""The lines of nftables by their shape: the first of a shape goes through lark, the words of the others are bound to it.

A shape is what stays of a rule or an element without its values, names and quoted words:
``ip daddr . tcp dport . ip saddr != . jump .``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from kpl.inputs.dumps.nftrule import (
    Assign,
    Bits,
    Braces,
    Concat,
    Counter,
    Mapped,
    Match,
    Nat,
    NftVerdict,
    Numgen,
    Other,
    PacketField,
    Pair,
    Pairs,
    SetName,
    Several,
    Update,
    VerdictMap,
)
from kpl.inputs.dumps.shapes import tree_of

MANY_SHAPES = 1000
MANY_SHAPES_SHARE = 0.05
LONGEST_LINE = 262_144
"""A rule of kube-proxy takes some 90 characters for each endpoint."""

_VARIABLES = ("VALUE", "QUOTED", "SETNAME", "CHAIN")


class NftShape(NamedTuple):
    """The parts of a line, with the numbers of its words where the words belong."""

    parts: tuple[Any, ...]
    """The statements of a rule; of an element the key, the data (None without) and the other words."""
    comment: int | None


class NftShapes:
    """The shapes that one text has, learned as they come."""

    def __init__(self, start: str) -> None:
        """`start` is the rule of the grammar: ``rule`` or ``element``."""
        self.start = start
        self.exploded = False
        self._lines = 0
        self._known: dict[tuple[str, ...], NftShape | None] = {}
        self._split = splitter()

    def of(self, line: str) -> NftShape | None:
        """The shape of `line`; None where the grammar does not know it, or is not asked any more."""
        return self.read(line)[0]

    def read(self, line: str) -> tuple[NftShape | None, list[str]]:
        """The shape of `line` and its variable words."""
        self._lines += 1
        if len(line) > LONGEST_LINE:
            return None, []
        parts = self._split(line)
        key = tuple(parts[::2])
        try:
            return self._known[key], parts[1::2]
        except KeyError:
            return self._learn(key, line, parts), parts[1::2]

    def _learn(self, key: tuple[str, ...], line: str, parts: list[str]) -> NftShape | None:
        if len(self._known) > max(MANY_SHAPES, MANY_SHAPES_SHARE * self._lines):
            self.exploded = True
            return None
        shape = self._known[key] = shape_of(line, self.start, parts[1::2])
        return shape


@cache
def splitter() -> Callable[[str], list[str]]:
    """A function that splits a line at its variable words: the even parts are the shape, the odd ones the words."""
    from kpl_grammars import parser

    value, quoted, name, chain = (parser("nft").get_terminal(each).pattern.to_regexp() for each in _VARIABLES)
    pattern = rf"((?<=jump ){chain}|(?<=goto ){chain}|(?<![^\s,{{]){value}|{quoted}|{name})"
    return re.compile(pattern).split


def shape_of(line: str, start: str, words: list[str]) -> NftShape | None:
    """The shape of `line` by the grammar; None where it does not know the line or sees other variable words."""
    tree = tree_of("nft", start, line)
    if tree is None:
        return None
    numbers = _Numbers()
    comment = None
    parts: list[Any] = []
    for child in tree.children:
        if child.data == "comment":
            numbers.of(child.children[0])
            comment = len(numbers.words) - 1
        else:
            parts.append(_part(child, numbers))
    if numbers.words != words:
        return None
    if start == "element":
        parts = _element_parts(parts, tree)
    return NftShape(tuple(parts), comment)


def bound(template: Any, words: list[str]) -> Any:
    """`template` with the words in place of their numbers."""
    if isinstance(template, int):
        word = words[template]
        return word[1:] if word[0] == "@" else word
    if not isinstance(template, tuple):
        return template
    parts = [bound(each, words) for each in template]
    return tuple(parts) if type(template) is tuple else type(template)(*parts)


class _Numbers:
    def __init__(self) -> None:
        self.words: list[str] = []

    def of(self, token: Any) -> int | str:
        """The number of a variable word, or the word itself where it belongs to the shape."""
        if token.type not in _VARIABLES:
            return str(token)
        self.words.append(str(token))
        return len(self.words) - 1


def _part(tree: Any, numbers: _Numbers) -> Any:
    """The part of a rule that `tree` is."""
    made = [
        numbers.of(child) if hasattr(child, "type") else _part(child, numbers)
        for child in tree.children
        if getattr(child, "type", "") != "COMMA" or tree.data == "other"
    ]
    return _MAKERS[tree.data](made, tree)


def _match(made: list[Any], _: Any) -> Match:
    return Match(made[0], made[1] if len(made) == 3 else "", made[-1])


def _nat(made: list[Any], tree: Any) -> Nat:
    flags = tuple(part.words[0] for part in made if isinstance(part, Other))
    if tree.children[0].type == "MASQUERADE":
        return Nat(made[0], None, made[1] if len(made) > 1 and not isinstance(made[1], Other) else None, flags)
    family = made[1] if getattr(tree.children[1], "type", "") == "WORD" else None
    return Nat(made[0], family, made[2 if family else 1], flags)


def _verdict(made: list[Any], tree: Any) -> NftVerdict:
    kind = getattr(tree.children[0], "type", "") if tree.children else ""
    if kind in ("JUMP", "GOTO"):
        return NftVerdict(made[0], made[1])
    return NftVerdict(made[0]) if kind == "FINAL" else NftVerdict("reject", None, tuple(made))


def _counter(made: list[Any], tree: Any) -> Counter:
    if len(made) == 2:
        return Counter(("packets", made[0], "bytes", made[1]))
    return Counter(("name", *made) if made else ())


def _bits(made: list[Any], _: Any) -> Bits:
    first = Bits(*made[:3])
    return Bits(first, *made[3:]) if made[3:] else first


def _option(made: list[Any], tree: Any) -> Counter:
    return Counter(tuple(made)) if tree.children[0].type == "OPTION" else _counter(made, tree)


_MAKERS: dict[str, Callable[[list[Any], Any], Any]] = {
    "match": _match,
    "vmap": lambda made, _: VerdictMap(*made),
    "assign": lambda made, _: Assign(*made),
    "nat": _nat,
    "update": lambda made, _: Update(*made),
    "counter": _counter,
    "option": _option,
    "verdict": _verdict,
    "other": lambda made, _: Other(tuple(made)),
    "flag": lambda made, _: Other(tuple(made)),
    "field": lambda made, _: PacketField(tuple(made)),
    "source": lambda made, _: PacketField(tuple(made)),
    "concat": lambda made, _: Concat(tuple(made)),
    "concatenated": lambda made, _: Concat(tuple(made)),
    "bits": _bits,
    "changed": _bits,
    "numgen": lambda made, _: Numgen(*made),
    "mapped": lambda made, _: Mapped(*made),
    "remapped": lambda made, _: Mapped(*made),
    "several": lambda made, _: Several(tuple(made)),
    "braces": lambda made, _: Braces(tuple(made)),
    "pairs": lambda made, _: Pairs(tuple(made)),
    "pair": lambda made, _: Pair(*made),
    "value": lambda made, _: made[0],
    "setname": lambda made, _: SetName(made[0]),
}


def _element_parts(parts: list[Any], tree: Any) -> list[Any]:
    key, *rest = parts
    options = tuple(part for part in rest if isinstance(part, Counter))
    data = [part for part in rest if not isinstance(part, Counter)]
    words = key.parts if isinstance(key, Concat) else (key,)
    return [words, data[0] if data else None, options]
