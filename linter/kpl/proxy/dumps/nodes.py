"""Which node a dump is from: no dump says it, only its name and what lies beside it do."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.dumps.saveheaders import LEGACY
from kpl.proxy.node.state import NodeState
from kpl.text import late

_WORD = late.pattern(r"[^._-]+")
_COMMANDS = {
    "iptables": "iptables",
    "iptablessave": "iptables",
    "ip6tables": "ip6tables",
    "ip6tablessave": "ip6tables",
    "nft": "nft",
    "nftables": "nft",
    "ipset": "ipset",
    "ipvs": "ipvs",
    "ipvsadm": "ipvs",
    "conntrack": "conntrack",
}
"""The words in names of files that name a command, and the command; Rancher's collector writes two of them as one word:
https://github.com/rancherlabs/support-tools/tree/master/collection/rancher/v2.x/logs-collector"""
_TABLES = frozenset(("raw", "mangle", "nat", "filter", "security"))
_BACKENDS = frozenset((LEGACY, "nft"))
_OPTIONS = frozenset(("save", "list", "ruleset", "rules", "ln", "lnc", "extended"))
_ENDINGS = frozenset(("txt", "log", "out", "save", "dump", "json", "gz"))
_SOS = "sos_commands"
"""The folder in which sos has a folder for each of its plugins, all of one node:
https://github.com/sosreport/sos/blob/main/sos/report/plugins/firewall_tables.py and ``conntrack.py``."""
_LONGEST_NAME = 255


class DumpName(NamedTuple):
    """What the path of a dump says: the folder that the node's dumps are in, the node, and the command."""

    folder: str
    node: str | None
    """Empty where the name has nothing but the command, so that the folder is the node's; None where it has no command."""
    command: tuple[str, ...] = ()
    """The command, and which of its backends or tables it shows."""


def dump_name(path: str) -> DumpName:
    """Read the names on `path`, which collectors and people give after the same conventions.

    These are ``NODE.COMMAND``, ``NODE-COMMAND.txt``, ``COMMAND-NODE.txt``, and ``COMMAND.txt`` in the node's own folder.
    """
    folder, name = os.path.split(path)
    above, of_plugin = os.path.split(os.path.dirname(folder))
    if of_plugin == _SOS:
        folder = above
    words = list(_WORD.finditer(name)) if len(name) <= _LONGEST_NAME else []
    while len(words) > 1 and words[-1][0].lower() in _ENDINGS:
        words.pop()
    commands = [number for number, each in enumerate(words) if each[0].lower() in _COMMANDS]
    if not commands:
        return DumpName(folder, None)
    first = commands[0]
    if words[first][0].lower() in _BACKENDS and commands[1:2] == [first + 1]:
        first += 1
    shown = {_COMMANDS[words[first][0].lower()]: None}
    before, after = words[:first], words[first + 1 :]
    is_iptables = "tables" in next(iter(shown))
    if is_iptables and len(before) > 1 and before[-1][0].lower() in _BACKENDS:
        shown[before.pop()[0].lower()] = None
    while after and _is_option(name, after[0].start(), after[0][0].lower()):
        word = after.pop(0)[0].lower()
        if word in _TABLES or (is_iptables and word in _BACKENDS):
            shown[word] = None
    if before and after:
        return DumpName(folder, None)
    node = before or after
    return DumpName(folder, name[node[0].start() : node[-1].end()] if node else "", tuple(shown))


def _is_option(name: str, at: int, word: str) -> bool:
    """Whether the word at `at` of a name is one of the command; sos writes its blanks as ``_``."""
    return word in _OPTIONS or word in _TABLES or word in _BACKENDS or name[max(at - 2, 0) : at] == "_-"


class NodesOfDumps:
    """The documents of a cluster by the nodes that they are of.

    `told` is the node that the user names: the dumps of which no name tells another node are of this one.
    """

    def __init__(self, documents: Iterable[Document], told: str | None = None) -> None:
        self._told = told
        self._folders: dict[str, dict[str | None, list[tuple[Document, tuple[str, ...]]]]] = {}
        for each in documents:
            folder, node, command = self._named(each)
            self._folders.setdefault(folder, {}).setdefault(node, []).append((each, command))

    def _named(self, document: Document) -> DumpName:
        found = dump_name(document.source.place)
        return found._replace(folder="", node=self._told) if self._told and not found.node else found

    def of(self, dump: Document) -> list[Document]:
        """The documents of the node of `dump`, itself among them.

        Those with the node's name in the same folder are, and those in a folder that has dumps of no other node; but not
        where the same command was dumped twice, since that is a node at two times, or are two nodes.
        """
        folder, node, own = self._named(dump)
        by_node = self._folders.get(folder, {})
        beside = by_node.get(node, [])
        if sum(map(bool, by_node)) < 2:
            beside = [each for some in by_node.values() for each in some]
        elif node is None:
            beside = [each for each in beside if each[0].source is dump.source]
        if any(each.kind == dump.kind and command == own and each is not dump for each, command in beside):
            beside = [each for each in beside if each[0].source is dump.source]
        return [each for each, _ in beside]


def name_of_node(dump: Document) -> str | None:
    """What the node of `dump` is called, if its file is called after it, or the folder of a file called after its command."""
    folder, node, _ = dump_name(dump.source.place)
    return os.path.basename(folder) if node == "" else node


def are_of_two_backends(one: Document, other: Document) -> bool:
    """Whether two dumps of a node are of the two backends of iptables, for one IP family, as their names say."""
    first, second = (dump_name(each.source.place).command for each in (one, other))
    legacy = [LEGACY in command for command in (first, second)]
    return one.kind == other.kind and first[:1] == second[:1] and any(legacy) and not all(legacy)


def is_the_only_dump(states: Iterable[NodeState], families: Counter[int]) -> bool:
    """Whether no other dump is of the IP families of `states`, so that the node that is told is theirs.

    `families` counts the dumps of the cluster.
    """
    return all(families[state.ip_family] == 1 for state in states)
