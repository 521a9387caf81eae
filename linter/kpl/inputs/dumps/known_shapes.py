"""One pattern for all lines of the shapes that are known by now.

lark said where the words of a shape stand, so its lines are its literals with any words in between. What the pattern
does not match is split word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpl.inputs.dumps.ruleset import RuleShape

LONGEST_LINE = 4096
"""In characters; backtracking within a line stays bounded."""

MOST_WORDS = 24
"""Shapes of more words are left out: a rule of kube-proxy has eleven at most."""

DECLARED = 1
"""The group of some lines that each declare a chain."""
CHAIN = 2
"""The group of the chain that a rule is in."""

_ANY_LINE = r".*\n?"
_DECLARATIONS = r"((?::\S+ - \[\d+:\d+\]\n){1,64})"
_APPEND = "-A"
_WORD = r'[^\s"!-]\S*'
"""Those of the grammar's words that no other terminal is like at its start; ``-1`` and ``!x`` are left to the others."""
_COUNTERS = r"(?:\[[0-9]{1,20}:[0-9]{1,20}\] )?"

Leaf = tuple["RuleShape", int]
"""A shape, and the group of its target (an empty one where it has none)."""


class KnownShapes:
    """Matches one line after the other, or some declarations at once; ``match.lastindex`` tells what it is.

    None for a line that is not of a known shape, `DECLARED`, or a key of `leaves`.
    """

    def __init__(self, known: Iterable[tuple[tuple[str, ...], RuleShape]] = ()) -> None:
        from kpl_grammars import parser

        self.leaves: dict[int, Leaf] = {}
        self._any_word = f"(?:{_WORD}|{parser('iptables').get_terminal('QUOTED').pattern.to_regexp()})"
        self._groups = CHAIN
        tree: dict[str, Any] = {}
        for key, shape in known:
            if key[0] == _APPEND and len(key) <= MOST_WORDS:
                _plant(tree, key, shape)
        # where there are no rules yet, the group of their chain is there nevertheless
        rule = f"{_COUNTERS}{_APPEND} ({_WORD}){self._alternatives(tree, 0)}" if tree else "()(?!)"
        self.pattern = re.compile(rf"(?=.{{0,{LONGEST_LINE}}}\n)(?:{_DECLARATIONS}|{rule})|{_ANY_LINE}")

    def _alternatives(self, tree: dict[str, Any], target: int) -> str:
        """The pattern of what follows; `target` is the group of the target, if it has been passed."""
        branches = []
        for step, below in tree.items():
            if step == "end":
                self._groups += 1
                self.leaves[self._groups] = (below, target or self._groups)
                branches.append("\n()")
            elif step == "word":
                branches.append(f" {self._any_word}{self._alternatives(below, target)}")
            elif step == "target":
                self._groups += 1
                branches.append(f" ({_WORD}){self._alternatives(below, self._groups)}")
            else:
                branches.append(re.escape(step[1:]) + self._alternatives(below, target))
        return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _plant(tree: dict[str, Any], key: tuple[str, ...], shape: RuleShape) -> None:
    """Add a shape to the tree of steps: ``word``, ``target``, ``end``, or a literal behind an equals sign."""
    for number, literal in enumerate(key[1:], 1):
        if literal:
            tree = tree.setdefault(f"={literal}", {})
        if number < len(key) - 1:
            tree = tree.setdefault("target" if number == shape.target else "word", {})
    tree["end"] = shape
