"""One rule of nftables and its parts: what matches, what decides, what is looked up.

The same parts come out of the text of ``nft list ruleset`` and out of its JSON (`dumps.nft`, `dumps.nftjson`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from kpl.text import late
from kpl.text.span import Span


class PacketField(NamedTuple):
    """What of a packet is looked at: ``ip daddr``, ``meta mark``, ``fib daddr type``."""

    words: tuple[str, ...]


class Concat(NamedTuple):
    """Parts that are one key together, written with dots between them."""

    parts: tuple[Expression, ...]


class Several(NamedTuple):
    """Values of which one suffices, written with commas: ``established,related``."""

    values: tuple[str, ...]


class SetName(NamedTuple):
    """A set or map of the table, written ``@name``."""

    name: str


class Braces(NamedTuple):
    """A set that stands in the rule itself."""

    members: tuple[Expression, ...]


class Pair(NamedTuple):
    """A key and what it leads to, in a map that stands in the rule itself."""

    key: Expression
    data: Expression


class Pairs(NamedTuple):
    """A map that stands in the rule itself."""

    pairs: tuple[Pair, ...]


class Numgen(NamedTuple):
    """``numgen random mod N``: a number from `offset` on, below N and `offset` together."""

    mode: str
    modulus: str
    offset: str = "0"


class Bits(NamedTuple):
    """A value that is changed by an operator on bits: ``meta mark & 0x00004000``."""

    left: Expression
    operator: str
    right: str


class Mapped(NamedTuple):
    """What a map gives for a key."""

    key: Expression
    map: Expression


class Match(NamedTuple):
    """A condition; `operator` is empty where none is written."""

    left: Expression
    operator: str
    right: Expression


class NftVerdict(NamedTuple):
    """What happens to the packet; `chain` with ``jump`` and ``goto``, `words` are what follows ``reject with``."""

    kind: str
    chain: str | None = None
    words: tuple[str, ...] = ()


class VerdictMap(NamedTuple):
    """A verdict that is looked up."""

    key: Expression
    map: Expression


class Assign(NamedTuple):
    """A field that gets a value: ``meta mark set meta mark | 0x00004000``."""

    field: Expression
    value: Expression


class Nat(NamedTuple):
    """``dnat``, ``snat``, ``masquerade`` or ``redirect``."""

    kind: str
    family: str | None = None
    target: Expression | None = None
    flags: tuple[str, ...] = ()


class Update(NamedTuple):
    """A set that the packet adds to."""

    kind: str
    set: Expression
    key: Expression


class Counter(NamedTuple):
    """A counter; `words` are what it says: ``packets 1 bytes 60``, or a name."""

    words: tuple[str, ...] = ()


class Other(NamedTuple):
    """A statement whose words are kept as they are."""

    words: tuple[str, ...]


Expression: TypeAlias = (
    str | PacketField | Concat | Several | SetName | Braces | Pair | Pairs | Numgen | Bits | Mapped | NftVerdict
)
Statement: TypeAlias = Match | NftVerdict | VerdictMap | Assign | Nat | Update | Counter | Other

_QUOTED = late.pattern(r'"[^"]*"')
_CHAIN_IN_TEXT = late.pattern(r"(?<![^\s:,{])(jump|goto)\s+([^\s,{};\"]+)")


class NftRule(NamedTuple):
    """One rule of a chain."""

    statements: tuple[Statement, ...]
    comment: str | None = None
    handle: int | None = None
    span: Span = Span(0, 0)
    """Where it stands: the rule's text without its handle, or the object in JSON."""

    @property
    def verdicts(self) -> Iterator[NftVerdict]:
        """Every verdict that the rule may come to, those of a map in it included."""
        for statement in self.statements:
            if isinstance(statement, NftVerdict):
                yield statement
            elif isinstance(statement, VerdictMap) and isinstance(statement.map, Pairs):
                for pair in statement.map.pairs:
                    if isinstance(pair.data, NftVerdict):
                        yield pair.data
            elif isinstance(statement, Other):
                for word in statement.words:
                    for kind, chain in _CHAIN_IN_TEXT.findall(_QUOTED.sub('""', word)):
                        yield NftVerdict(kind, chain)

    @property
    def lookups(self) -> Iterator[tuple[str, str]]:
        """The sets and maps of the table that the rule names: how (``vmap``, ``map``, ``set`` or ``update``), and the name."""
        for statement in self.statements:
            if isinstance(statement, VerdictMap) and isinstance(statement.map, SetName):
                yield "vmap", statement.map.name
            elif isinstance(statement, Match) and isinstance(statement.right, SetName):
                yield "set", statement.right.name
            elif isinstance(statement, Update) and isinstance(statement.set, SetName):
                yield "update", statement.set.name
            elif isinstance(statement, Nat):
                mapped = statement.target
                if isinstance(mapped, Mapped) and isinstance(mapped.map, SetName):
                    yield "map", mapped.map.name

    @property
    def choice(self) -> tuple[Numgen, Pairs] | None:
        """Where the rule chooses by ``numgen``: that, and the map in it."""
        for statement in self.statements:
            chosen: VerdictMap | Mapped | None = None
            if isinstance(statement, VerdictMap):
                chosen = statement
            elif isinstance(statement, Nat) and isinstance(statement.target, Mapped):
                chosen = statement.target
            if chosen and isinstance(chosen.key, Numgen) and isinstance(chosen.map, Pairs):
                return chosen.key, chosen.map
        return None

    @property
    def nat(self) -> Nat | None:
        """Its first statement of address translation."""
        return next((statement for statement in self.statements if isinstance(statement, Nat)), None)

    @property
    def conditions(self) -> list[Match]:
        """What has to hold for the rule to act."""
        return [statement for statement in self.statements if isinstance(statement, Match)]

    def matches(self, *words: str) -> Match | None:
        """The first condition on the field of these words."""
        for statement in self.statements:
            if (
                isinstance(statement, Match)
                and isinstance(statement.left, PacketField)
                and statement.left.words == words
            ):
                return statement
        return None

    def __str__(self) -> str:
        """The rule as ``nft list ruleset`` prints it."""
        words = [printed(statement) for statement in self.statements]
        if self.comment is not None:
            words.append(f'comment "{self.comment}"')
        return " ".join(words)


def printed(part: Expression | Statement | None) -> str:
    """A part of a rule as nft prints it."""
    if isinstance(part, str):
        return part
    if isinstance(part, NftVerdict):
        with_words = " ".join(("with", *part.words)) if part.words else ""
        return " ".join(filter(None, (part.kind, part.chain, with_words)))
    if isinstance(part, PacketField):
        *first, last = part.words
        return f"fib {' . '.join(first[1:])} {last}" if part.words[0] == "fib" else " ".join(part.words)
    if isinstance(part, Match):
        return " ".join(filter(None, (printed(part.left), part.operator, printed(part.right))))
    if isinstance(part, (VerdictMap, Mapped)):
        return f"{printed(part.key)} {'vmap' if isinstance(part, VerdictMap) else 'map'} {printed(part.map)}"
    if isinstance(part, Nat):
        to = ("to", printed(part.target)) if part.target is not None else ()
        flags = (",".join(part.flags),) if part.flags else ()
        return " ".join((part.kind, *((part.family,) if part.family else ()), *to, *flags))
    return _printed_simple(part)


def _printed_simple(part: Expression | Statement | None) -> str:
    if isinstance(part, SetName):
        return f"@{part.name}"
    if isinstance(part, Concat):
        return " . ".join(printed(each) for each in part.parts)
    if isinstance(part, Several):
        return ",".join(part.values)
    if isinstance(part, Braces):
        return f"{{ {', '.join(printed(each) for each in part.members)} }}"
    if isinstance(part, Pairs):
        return f"{{ {', '.join(printed(each) for each in part.pairs)} }}"
    if isinstance(part, Pair):
        return f"{printed(part.key)} : {printed(part.data)}"
    if isinstance(part, Numgen):
        offset = f" offset {part.offset}" if part.offset != "0" else ""
        return f"numgen {part.mode} mod {part.modulus}{offset}"
    if isinstance(part, Bits):
        return f"{printed(part.left)} {part.operator} {part.right}"
    if isinstance(part, Assign):
        return f"{printed(part.field)} set {printed(part.value)}"
    if isinstance(part, Update):
        return f"{part.kind} {printed(part.set)} {{ {printed(part.key)} }}"
    if isinstance(part, Counter):
        return " ".join(("counter", *part.words))
    return " ".join(part.words) if isinstance(part, Other) else ""
