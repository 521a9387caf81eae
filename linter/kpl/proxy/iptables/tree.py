"""The rules that the packets of one Service meet, as a tree: chain after chain, down to the endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kpl.inputs.dumps.ruleset import Entry, Table
from kpl.proxy.iptables.chains import SERVICES
from kpl.proxy.iptables.states import IptablesDump
from kpl.text.number import probability

MOST_BRANCHES = 5000
"""A tree for a person to read has some dozens; chains that nobody made by hand could have no end."""

MOST_LEVELS = 30

_ROOTS = (
    ("nat", SERVICES),
    ("nat", "KUBE-NODEPORTS"),
    ("filter", "KUBE-PROXY-FIREWALL"),
    ("filter", SERVICES),
    ("filter", "KUBE-EXTERNAL-SERVICES"),
    ("filter", "KUBE-NODEPORTS"),
)
_LEFT_OUT = frozenset({"-m", "--match", "--comment", "--probability", "--mode"})


@dataclass
class Branch:
    """One rule: what it takes, where that goes, and which share of the traffic to its chain comes here."""

    condition: str
    target: str
    share: float | None = None
    """Of all that enters the Service's chain, 0 to 1; None where chance has no part in it."""
    children: list[Branch] = field(default_factory=list)
    cut: str = ""
    """Why the children are not here, where that is so."""


def service_tree(dump: IptablesDump, service: str) -> Iterator[tuple[str, Branch]]:
    """Where rules start that are about `service` (``namespace/name`` or ``namespace/name:port``), and what follows.

    Yields the table and chain of each such rule with its branch.
    """
    walker = _Walker()
    for table_name, chain in _ROOTS:
        table = dump.tables.get(table_name)
        if table is None:
            continue
        rows = table.rules_of.get(chain, [])
        for row, comment in zip(rows, table.values("--comment", rows), strict=True):
            if comment and is_called(comment.partition(" ")[0].removesuffix(":"), service):
                yield f"{table_name} {chain}", walker.branch(table, row, (chain,), None)


def is_called(port: str, service: str) -> bool:
    """Whether the port of a Service, ``namespace/name:port``, is what `service` asks for, with the port or without."""
    return port == service or port.startswith(f"{service}:")


class _Walker:
    def __init__(self) -> None:
        self.made = 0
        self.shown: set[tuple[str, str]] = set()

    def branch(self, table: Table, row: int, path: tuple[str, ...], share: float | None) -> Branch:
        self.made += 1
        entry = table.entry(row)
        target = table.target[row]
        branch = Branch(_condition(entry), _target(entry), share)
        if target not in table.rules_of:
            return branch
        if target in path:
            branch.cut = "a loop: this chain is being walked already"
        elif len(path) > MOST_LEVELS:
            branch.cut = "too deep to show"
        elif self.made > MOST_BRANCHES:
            branch.cut = "too many rules to show"
        elif (table.name, target) in self.shown:
            branch.cut = "as above"
        elif target != "KUBE-MARK-MASQ":
            self.shown.add((table.name, target))
            branch.children = list(self._chain(table, target, (*path, target)))
        return branch

    def _chain(self, table: Table, chain: str, path: tuple[str, ...]) -> Iterator[Branch]:
        rows = table.rules_of[chain]
        left = 1.0
        for row, written in zip(rows, table.values("--probability", rows), strict=True):
            share = None
            if table.target[row].startswith("KUBE-SEP-") and not any(
                o[0] == "--rcheck" for o in table.shapes[row].options
            ):
                share = left * probability(written)
                left -= share
            yield self.branch(table, row, path, share)


def _condition(entry: Entry) -> str:
    words = []
    for option in entry.options[: entry.matches]:
        if option.name not in _LEFT_OUT:
            words.append(" ".join([*("!" for _ in range(option.negated)), option.name, *option.values]))
    return " ".join(words)


def _target(entry: Entry) -> str:
    own = (" ".join([option.name, *option.values]) for option in entry.options[entry.matches :])
    return " ".join([entry.target or "(counts only)", *own])
