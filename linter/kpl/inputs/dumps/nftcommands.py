"""The commands that kube-proxy hands to ``nft -f -``, as its log shows them: text -> NftRuleset.

They may be a part of what is on the node (kube-proxy writes what changed), so that no table is complete.
"""

from __future__ import annotations

import re

from kpl.inputs.dumps.nft import CHAIN_PROPERTIES, LONGEST_PROPERTY, QUOTED_COMMENT, chain_rule, seconds, set_elements
from kpl.inputs.dumps.nftables import NftChain, NftCounter, NftRuleset, NftSet, NftTable
from kpl.inputs.dumps.nftshape import NftShapes
from kpl.inputs.dumps.shapes import open_line
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.span import Span

_COMMAND = late.pattern(
    r"[ \t]*(add|create|insert|flush|delete|destroy)[ \t]+(table|chain|set|map|counter|rule|element)[ \t]+"
    r"(ip6?|inet|arp|bridge|netdev)[ \t]+([^\s{}]+)(?:[ \t]+([^\s{}]+))?[ \t]*(.*)"
)
_TYPE = late.pattern(r"type[ \t]+([^;]+);")
_TIMEOUT = late.pattern(r"[{;][ \t]*timeout[ \t]+(\w+)")


class NftCommandsReader(FileReader):
    """Reads the commands that kube-proxy gives to ``nft -f``."""

    kind = FileKind(
        word="nft -f", model="NftRuleset", is_dump=True, lines=(r"^[ \t]*add table ip6? kube-proxy\b",), rank=50
    )
    examples = (
        Takes("add table ip kube-proxy\nadd chain ip kube-proxy services\n", {"unread": [], "json": False}, "sync.nft"),
        Leaves("add table ip filter\n", "sync.nft"),
    )

    def parse(self, text: str) -> NftRuleset:
        """The tables that the commands of `text` make."""
        return parse_nft_commands(text)


def parse_nft_commands(text: str) -> NftRuleset:
    """Read `text`. Never raises: lines that mean nothing are kept as `unread`."""
    return _Reader(text.replace("\r\n", " \n").replace("\r", "\n")).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        found = open_line(text)
        self.end = found.start if found else len(text)
        self.ruleset = NftRuleset(text, cut=found)
        self.tables: dict[tuple[str, str], NftTable] = {}
        self.shapes = NftShapes("rule")

    def read(self) -> NftRuleset:
        at = 0
        for line in self.text[: self.end].split("\n"):
            start, at = at, at + len(line) + 1
            if command := _COMMAND.fullmatch(line):
                self._command(command, start)
            elif line.strip() and line.lstrip()[0] != "#":
                self.ruleset.unread.append(start)
        self.ruleset.shapes_exploded = self.shapes.exploded
        return self.ruleset

    def _command(self, command: re.Match[str], start: int) -> None:
        verb, kind, family, table_name, name, rest = command.groups()
        table = self.tables.get((family, table_name))
        if table is None:
            table = self.tables[family, table_name] = NftTable(family, table_name, start)
            self.ruleset.tables.append(table)
        if kind == "table":
            if comment := QUOTED_COMMENT.search(rest):
                table.comment = comment[1]
        elif name is not None and verb in ("add", "create", "insert"):
            self._add(table, kind, name, start, rest.rstrip(), start + command.start(6))
        elif name is not None:
            self._take_away(table, verb, kind, name)

    def _add(self, table: NftTable, kind: str, name: str, start: int, rest: str, at: int) -> None:
        if kind in ("chain", "rule"):
            chain = table.chains.setdefault(name, NftChain(name, start, self.text, read=chain_rule))
            if kind == "rule":
                chain.rows.append((at, self.shapes.of(rest)))
            elif found := CHAIN_PROPERTIES.search(rest, 0, LONGEST_PROPERTY):
                chain.kind, chain.hook, chain.priority, chain.policy = found.groups()
        elif kind in ("set", "map"):
            among = table.sets if kind == "set" else table.maps
            made = among.setdefault(name, NftSet(name, start, self.text, read=set_elements))
            if found := _TYPE.search(rest, 0, rest.rfind(";") + 1):
                keys, _, made.data_type = (each.strip() for each in found[1].partition(":"))
                made.key_types = tuple(each.strip() for each in keys.split(" . "))
            if found := _TIMEOUT.search(rest):
                made.timeout = seconds(found[1])
            if comment := QUOTED_COMMENT.search(rest):
                made.comment = comment[1]
        elif kind == "element":
            of = table.sets.get(name) or table.maps.get(name)
            if of is not None and rest[:1] == "{" and rest[-1] == "}":
                of.places.append(Span(at + 1, at + len(rest) - 1))
        else:
            table.counters.setdefault(name, NftCounter(name, start))

    def _take_away(self, table: NftTable, verb: str, kind: str, name: str) -> None:
        if kind == "chain" and name in table.chains:
            if verb == "flush":
                table.chains[name].rows.clear()
            else:
                del table.chains[name]
        elif kind in ("set", "map"):
            among = table.sets if kind == "set" else table.maps
            if name in among:
                if verb == "flush":
                    among[name].places.clear()
                else:
                    del among[name]
