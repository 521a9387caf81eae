"""The limits of a pattern: its size when compiled, its height, its runes, its repetitions.

Mirrors newRegexp, reuse, checkLimits and repeatIsValid. Where "expression too large" begins depends on the number of nodes that
were ever made, and on sizes that are remembered too long.
"""

from __future__ import annotations

from collections.abc import Callable

from kpl.golang.regexp.nodes import Node, Op

MAX_HEIGHT = 1000
_MAX_SIZE = (128 << 20) // 40
_MAX_RUNES = (128 << 20) // 4
MAX_REPEAT = 1000
_MAX_WORK = 1_000_000


class LimitError(Exception):
    """The pattern is beyond a limit; the text is Go's."""


class Nodes:
    """The nodes of one tree. `stack` is the list of those that the parser holds, and remains so."""

    def __init__(self, stack: list[Node]) -> None:
        self._stack = stack
        self._free: list[Node] = []
        self._made = 0
        self._runes = 0
        self._repeats = 1
        self._work = 0
        # Not measured before a pattern is big. A size is not measured again when a literal grows or a node is reused.
        self._sizes: dict[Node, int] | None = None
        self._heights: dict[Node, int] | None = None

    def new(self, op: Op, flags: int = 0) -> Node:
        """newRegexp"""
        if self._free:
            node = self._free.pop()
            node.reset(op)
        else:
            node = Node(op)
            self._made += 1
        node.flags = flags
        return node

    def reuse(self, node: Node) -> None:
        """A node that the tree no longer needs."""
        if self._heights is not None:
            self._heights.pop(node, None)
        self._free.append(node)

    def count_runes(self, runes: int) -> None:
        """Runes in the classes and literals of the tree."""
        self._runes += runes

    def spend(self, work: int) -> None:
        """Go looks again at the alternatives of alternatives for each parenthesis around them, and so it takes squares of time."""
        self._work += work
        if self._work > _MAX_WORK:
            raise RecursionError

    def check(self, node: Node) -> None:
        """checkLimits. Raises LimitError."""
        if self._runes > _MAX_RUNES:
            raise LimitError("expression too large")
        self._check_size(node)
        self._check_height(node)

    def _check_size(self, node: Node) -> None:
        if self._sizes is None:
            if node.op is Op.REPEAT:
                copies = max(1, node.min if node.max < 0 else node.max)
                self._repeats = _MAX_SIZE if copies > _MAX_SIZE // self._repeats else self._repeats * copies
            if self._made < _MAX_SIZE // self._repeats:
                return
            self._sizes = {}
            for each in self._stack:
                self._check_size(each)
        if _measured(node, self._sizes, _size) > _MAX_SIZE:
            raise LimitError("expression too large")

    def _check_height(self, node: Node) -> None:
        if self._made < MAX_HEIGHT:
            return
        if self._heights is None:
            self._heights = {}
            for each in self._stack:
                self._check_height(each)
        if _measured(node, self._heights, _height) > MAX_HEIGHT:
            raise LimitError("expression nests too deeply")


def _measured(node: Node, known: dict[Node, int], measure: Callable[[Node, dict[Node, int]], int]) -> int:
    """Measure a node anew, and what is below it where that is not known."""
    pending = [node]
    while pending:
        missing = [sub for sub in pending[-1].subs if sub not in known]
        if missing:
            pending += missing
        else:
            top = pending.pop()
            known[top] = measure(top, known)
    return known[node]


def _size(node: Node, known: dict[Node, int]) -> int:
    """calcSize: the instructions that it compiles to, about."""
    inner = sum(known[sub] for sub in node.subs)
    if node.op is Op.LITERAL:
        inner = len(node.runes)
    elif node.op in (Op.CAPTURE, Op.STAR):
        inner += 2
    elif node.op in (Op.PLUS, Op.QUEST):
        inner += 1
    elif node.op is Op.ALTERNATE:
        inner += len(node.subs) - 1
    elif node.op is Op.REPEAT and node.max >= 0:
        inner = node.max * inner + node.max - node.min
    elif node.op is Op.REPEAT:
        inner = 1 + node.min * inner if node.min else 2 + inner
    return max(1, inner)


def _height(node: Node, known: dict[Node, int]) -> int:
    """calcHeight"""
    return 1 + max((known[sub] for sub in node.subs), default=0)


def repeats_within(node: Node, limit: int) -> bool:
    """repeatIsValid: no path into the tree repeats more than `limit` times."""
    pending = [(node, limit)]
    while pending:
        node, limit = pending.pop()
        if node.op is Op.REPEAT:
            if node.max == 0:
                continue
            times = node.min if node.max < 0 else node.max
            if times > limit:
                return False
            if times:
                limit //= times
        pending += [(sub, limit) for sub in node.subs]
    return True
