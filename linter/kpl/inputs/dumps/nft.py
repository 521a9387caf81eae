"""The output of ``nft list ruleset``, with or without handles: text -> NftRuleset.

A scanner of lines finds tables, sets, maps, counters and chains, and copes with excerpts. What stands in a rule or an
element is the business of the grammar (`kpl.inputs.dumps.nftshape`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kpl.inputs.dumps.nftables import Element, NftChain, NftCounter, NftRuleset, NftSet, NftTable
from kpl.inputs.dumps.nftrule import NftRule, Other
from kpl.inputs.dumps.nftshape import NftShape, NftShapes, bound, splitter
from kpl.inputs.dumps.shapes import open_line
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.lines import line_end
from kpl.text.number import whole_number
from kpl.text.span import Span

_FAMILIES = "ip|ip6|inet|arp|bridge|netdev"
_TABLE = late.pattern(rf"table\s+(?:({_FAMILIES})\s+)?([^\s{{]+)\s*\{{\s*(?:#\s*handle\s+(\d+))?$")
_OBJECT = late.pattern(
    r"(set|map|chain|counter|quota|limit|flowtable|secmark|synproxy|ct\s+(?:helper|timeout|expectation)|meter|tunnel)"
    r"\s+([^\s{]+)\s*\{\s*(?:#\s*handle\s+(\d+))?$"
)
_HANDLE = late.pattern(r"\s*# handle (\d+)$")
CHAIN_PROPERTIES = late.pattern(
    r"type\s+(\w+)\s+hook\s+(\w+)\s+(?:devices?\s+(?:\S+|\{[^}]*\})\s+)?priority\s+([^;]+?)\s*;(?:\s*policy\s+(\w+)\s*;?)?"
)
_POLICY = late.pattern(r"policy\s+(\w+)\s*;?$")
_COMMENT = late.pattern(r'comment\s+"([^"]*)"\s*;?$')
QUOTED_COMMENT = late.pattern(r'comment\s+"([^"]*)"')
_COUNTED = late.pattern(r"packets\s+(\d{1,20})\s+bytes\s+(\d{1,20})\s*;?$")
_ELEMENTS = late.pattern(r"elements\s*=\s*\{")
_QUOTED_OR_END = late.pattern(r'"[^"]*"|\}')
_QUOTED_OR_COMMA = late.pattern(r'"[^"]*"|,')
LONGEST_PROPERTY = 1024
"""The line that says a chain's type, hook, priority and policy."""
_DURATION = late.pattern(r"(\d{1,12})(ms|[smhdw])")
_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "ms": 1}
_LINE = (
    r"^[ \t]*(?:table[ \t]+(?:ip6?|inet|arp|bridge|netdev)[ \t]+[\w./-]+[ \t]*\{"
    r"|(?:chain|map|set)[ \t]+(?:(?:service|external|local|endpoint|firewall|affinity)-[A-Z2-7]{8}-[\w./-]+"
    r"|service-(?:ips|nodeports)|cluster-ips|nodeport-ips|firewall-ips|no-endpoint-(?:services|nodeports))[ \t]*\{)"
)
"""What a line starts with that nothing else prints."""


class NftReader(FileReader):
    """Reads the output of ``nft list ruleset``, and parts of it."""

    kind = FileKind(
        word="nft list ruleset",
        model="NftRuleset",
        as_word="nft",
        is_dump=True,
        names=r"\.nft$|^nft[^.]*$",
        lines=(_LINE,),
        rank=60,
    )
    examples = (
        Takes("table ip kube-proxy {\n\tchain services {\n\t}\n}\n", {"unread": [], "json": False}, "a.nft"),
        Takes("table inet filter {\n}\n", {"unread": []}, "nft_list_ruleset"),
        Takes("\tchain service-ABCDEFGH-shop/web {\n\t}\n", name="excerpt.txt"),
        Leaves("table of contents {\n}\n", "a.txt"),
    )

    def parse(self, text: str) -> NftRuleset:
        """The tables of `text`."""
        return parse_nft(text)


def parse_nft(text: str) -> NftRuleset:
    """Read `text`. Never raises: lines that mean nothing are kept as `unread`."""
    return _Scanner(text).read()


class _Scanner:
    def __init__(self, text: str) -> None:
        # line ends become one kind, and every character stays where it is
        self.text = text.replace("\r\n", " \n").replace("\r", "\n")
        self.ruleset = NftRuleset(self.text)
        self.table: NftTable | None = None
        self.whole = True
        self.chain: NftChain | None = None
        self.set: NftSet | None = None
        self.counter: NftCounter | None = None
        self.skipped = False
        self.open_braces = 0
        self.listing = -1
        self.shapes = NftShapes("rule")

    def read(self) -> NftRuleset:
        at = 0
        last = open_line(self.text)
        if last is not None and self.text[slice(*last)].strip(" \t};"):
            self.ruleset.cut = last
        for line in self.text[: self.ruleset.cut.start if self.ruleset.cut else None].split("\n"):
            start, at = at, at + len(line) + 1
            body = line.strip()
            if not body:
                continue
            start += line.find(body[0])
            if self.listing >= 0:
                if not (body[-1] == "{" and (_OBJECT.match(body) or _TABLE.match(body))):
                    self._list(body, start)
                    continue
                self._end_list(start)
            if body[0] == "}" and body in ("}", "};"):
                self._close()
            elif self.open_braces and self._is_inside_braces(body):
                continue
            elif self.chain is not None and body[-1] != "{":
                self._in_chain(self.chain, body, start)
            else:
                self._other(body, start)
        if self.table is not None:
            self.table.cut = self.listing >= 0 or self._inside()
        if self.listing >= 0:
            self._end_list(len(self.text))
        self.ruleset.shapes_exploded = self.shapes.exploded
        return self.ruleset

    def _in_chain(self, chain: NftChain, body: str, start: int) -> None:
        first = body[0]
        if first == "#":
            return
        if first in "tpc" and len(body) <= LONGEST_PROPERTY and self._is_property(chain, body):
            return
        if "#" in body:
            if (opened := _OBJECT.match(body)) or (opened := _TABLE.match(body)):
                self._open(opened, start)
                return
            if found := _HANDLE.search(body, max(0, len(body) - 40)):
                body = body[: found.start()]
        chain.rows.append((start, self.shapes.of(body.rstrip(" ;") if body[-1] == ";" else body)))

    def _is_property(self, chain: NftChain, body: str) -> bool:
        if hook := CHAIN_PROPERTIES.match(body):
            chain.kind, chain.hook, chain.priority, policy = hook.groups()
            chain.policy = policy or chain.policy
        elif policy := _POLICY.match(body):
            chain.policy = policy[1]
        elif comment := _COMMENT.match(body):
            chain.comment = comment[1]
        else:
            return False
        return True

    def _other(self, body: str, start: int) -> None:
        if body[0] == "#":
            return
        if opened := _TABLE.match(body) or _OBJECT.match(body):
            self._open(opened, start)
        elif body.startswith(("```", "~~~")):
            self.table = None
            self._leave()
        elif self.set is not None:
            self._in_set(self.set, body, start)
        elif self.counter is not None:
            if counted := _COUNTED.match(body):
                self.counter.packets, self.counter.bytes = int(counted[1]), int(counted[2])
            elif comment := _COMMENT.match(body):
                self.counter.comment = comment[1]
        elif self.chain is not None:
            # a set or map that a person wrote over several lines
            self._in_chain(self.chain, body, start)
            self.open_braces += 1
        elif self.table is not None and not self.skipped and (comment := _COMMENT.match(body)):
            self.table.comment = comment[1]
        elif not self.skipped:
            self._unread(start)

    def _in_set(self, found: NftSet, body: str, start: int) -> None:
        word, _, rest = body.rstrip(" ;").partition(" ")
        rest = rest.strip()
        if elements := _ELEMENTS.match(body):
            self.listing = start + elements.end()
            self._list(body[elements.end() :], self.listing)
        elif word in ("type", "typeof"):
            keys, _, found.data_type = (each.strip() for each in rest.partition(" : "))
            found.key_types = tuple(each.strip() for each in keys.split(" . "))
        elif word == "flags":
            found.flags = tuple(each.strip() for each in rest.split(","))
        elif word == "timeout":
            found.timeout = seconds(rest)
        elif word == "size":
            found.size = whole_number(rest)
        elif comment := _COMMENT.match(body):
            found.comment = comment[1]

    def _list(self, body: str, start: int) -> None:
        if "}" not in body:
            return
        end = next((each.start() for each in _QUOTED_OR_END.finditer(body) if each[0] == "}"), -1)
        if end >= 0:
            self._end_list(start + end)
            if body[end + 1 :].strip(" \t;") == "}":
                self._close()

    def _end_list(self, end: int) -> None:
        if self.set is not None:
            self.set.places.append(Span(self.listing, end))
        self.listing = -1

    def _open(self, opened: re.Match[str], start: int) -> None:
        kind, name, handle = opened.groups()
        number = int(handle[:18]) if handle else None
        if self._inside():
            self.whole = False
        self._leave()
        if opened[0].startswith("table"):
            self.table = NftTable(kind or "ip", name, start, handle=number)
            self.whole = True
            self.ruleset.tables.append(self.table)
            return
        table = self.table
        if table is None:
            table = self.table = NftTable("", "", start)
            self.ruleset.tables.append(table)
        if kind == "chain":
            self.chain = table.chains.get(name)
            if self.chain is None:
                self.chain = table.chains[name] = NftChain(name, start, self.text, handle=number, read=chain_rule)
        elif kind in ("set", "map"):
            among = table.sets if kind == "set" else table.maps
            self.set = among.setdefault(name, NftSet(name, start, self.text, handle=number, read=set_elements))
        elif kind == "counter":
            self.counter = table.counters.setdefault(name, NftCounter(name, start, handle=number))
        else:
            self.skipped = True

    def _inside(self) -> bool:
        return self.chain is not None or self.set is not None or self.counter is not None or self.skipped

    def _leave(self) -> None:
        self.chain = self.set = self.counter = None
        self.skipped = False
        self.open_braces = 0

    def _is_inside_braces(self, body: str) -> bool:
        """Whether a line goes on with what was opened in a rule, and does not start something else."""
        if body[-1] == "{" and (_OBJECT.match(body) or _TABLE.match(body)):
            return False
        self.open_braces += body.count("{") - body.count("}")
        self.open_braces = max(self.open_braces, 0)
        return True

    def _close(self) -> None:
        if self.open_braces:
            self.open_braces -= 1
        elif self._inside():
            self._leave()
        elif self.table is not None:
            self.table.closed = True
            self.table.complete = self.whole and bool(self.table.name) and not self.table.unread
            self.table = None

    def _unread(self, start: int) -> None:
        (self.ruleset if self.table is None else self.table).unread.append(start)


def chain_rule(chain: NftChain, start: int, shape: NftShape | None) -> NftRule:
    """Put the rule together that starts at `start`; `shape` is what `Shapes.of` made of it."""
    line = chain.text[start : line_end(chain.text, start)].rstrip(" \t;")
    handle = None
    if "#" in line and (found := _HANDLE.search(line, max(0, len(line) - 40))):
        line, handle = line[: found.start()], int(found[1][:18])
    span = Span(start, start + len(line))
    if shape is None:
        return NftRule((Other((line,)),), None, handle, span)
    words = splitter()(line)[1::2]
    comment = None if shape.comment is None else words[shape.comment][1:-1]
    return NftRule(bound(shape.parts, words), comment, handle, span)


def set_elements(found: NftSet) -> list[Element]:
    """Put together what stands in the `places` of a set or map."""
    shapes = NftShapes("element")
    elements = []
    for start, end in found.places:
        for span in _cut(found.text, start, end):
            body = found.text[slice(*span)]
            shape, words = shapes.read(body)
            if shape is None:
                elements.append(_rough_element(body, span))
                continue
            key, data, _ = bound(shape.parts, words)
            comment = None if shape.comment is None else words[shape.comment][1:-1]
            elements.append(Element(key, _data(data), comment, span))
    return elements


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Where the elements of a list stand: between its commas, but for those in quotes."""
    commas = [each.start() for each in _QUOTED_OR_COMMA.finditer(text, start, end) if each[0] == ","]
    for until in (*commas, end):
        written = text[start:until]
        if body := written.strip():
            at = start + written.find(body[0])
            yield Span(at, at + len(body))
        start = until + 1


def _data(data: Any) -> Any:
    if isinstance(data, str):
        return (data,)
    return data.parts if hasattr(data, "parts") else data


def _rough_element(body: str, span: Span) -> Element:
    """An element that the grammar does not know: its key alone."""
    return Element(tuple(body.partition(" : ")[0].split(" . ")), None, None, span)


def seconds(duration: str) -> int | None:
    """A duration as nft prints it (``2h59m59s684ms``) in whole seconds; None where it is none."""
    parts = _DURATION.findall(duration)
    if not parts or "".join("".join(part) for part in parts) != duration:
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in parts) // 1000
