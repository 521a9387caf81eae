"""The tree that Go's regexp/syntax builds of a pattern, as far as its limits and its repetitions depend on it.

Mirrors the parser's stack in Go 1.26, src/regexp/syntax/parse.go.
"""

from __future__ import annotations

from kpl.golang.regexp.factor import alternatives, joined
from kpl.golang.regexp.limits import MAX_REPEAT, Nodes, repeats_within
from kpl.golang.regexp.nodes import FOLD, ONE_LINE, Node, Op, clean_alternative, is_pair_of_cases, merge


class Tree:
    """syntax.parser without the text. Its functions raise LimitError."""

    def __init__(self) -> None:
        self.flags = ONE_LINE
        self.captures = 0
        self._stack: list[Node] = []
        self._nodes = Nodes(self._stack)

    def push(self, node: Node) -> None:
        """Put a node on the stack; a class of one character becomes a literal."""
        self._nodes.count_runes(len(node.runes))
        plain = node.op is Op.CLASS and not node.tables
        if plain and len(node.runes) == 2 and node.runes[0] == node.runes[1]:
            flags = self.flags & ~FOLD
        elif plain and is_pair_of_cases(node.runes):
            flags = self.flags | FOLD
        else:
            self._concat_literals()
            self._stack.append(node)
            self._nodes.check(node)
            return
        if self._concat_literals(node.runes[0], flags):
            return
        node.op, node.flags = Op.LITERAL, flags
        del node.runes[1:]
        self._stack.append(node)
        self._nodes.check(node)

    def _concat_literals(self, rune: int | None = None, flags: int = 0) -> bool:
        """maybeConcat: the literal on top goes into the one below; then it may hold `rune`."""
        if len(self._stack) < 2:
            return False
        below, top = self._stack[-2:]
        if below.op is not Op.LITERAL or top.op is not Op.LITERAL or (below.flags ^ top.flags) & FOLD:
            return False
        below.runes += top.runes
        if rune is not None:
            top.runes, top.flags = [rune], flags
            return True
        self._stack.pop()
        self._nodes.reuse(top)
        return False

    def new_class(self) -> Node:
        """An empty class, not yet on the stack."""
        return self._nodes.new(Op.CLASS, self.flags)

    def drop(self, node: Node) -> None:
        """A class that was not needed."""
        self._nodes.reuse(node)

    def count_runes(self, runes: int) -> None:
        """Count the runes of the named Unicode classes of a class that is to be pushed."""
        self._nodes.count_runes(runes)

    def literal(self, rune: int) -> None:
        """One character."""
        node = self._nodes.new(Op.LITERAL, self.flags)
        if self.flags & FOLD:
            if 0x61 <= rune <= 0x7A:
                rune -= 0x20
            rune = {0x212A: 0x4B, 0x17F: 0x53}.get(rune, rune)
        node.runes.append(rune)
        self.push(node)

    def operator(self, op: Op) -> Node:
        """An operator without operands."""
        node = self._nodes.new(op, self.flags)
        self.push(node)
        return node

    def left_paren(self, captures: bool) -> None:
        """The beginning of a group."""
        self.captures += captures
        self.operator(Op.LEFT_PAREN).capture = captures

    def repeatable(self) -> bool:
        """Whether a repetition has something to repeat."""
        return bool(self._stack) and self._stack[-1].op < Op.LEFT_PAREN

    def repeat(self, op: Op, low: int, high: int, flags: int) -> bool:
        """Repeat what is on top; False where the repetitions in each other make more than 1000."""
        node = self._nodes.new(op, flags)
        node.min, node.max = low, high
        node.subs = [self._stack[-1]]
        self._stack[-1] = node
        self._nodes.check(node)
        return op is not Op.REPEAT or max(low, high) < 2 or repeats_within(node, MAX_REPEAT)

    def _concat(self) -> None:
        """What stands above the topmost bar or parenthesis becomes one node."""
        self._concat_literals()
        subs = self._pop_operands()
        if not subs:
            self.push(self._nodes.new(Op.EMPTY))
        elif len(subs) == 1:
            self.push(subs[0])
        else:
            self.push(joined(self._nodes, subs, Op.CONCAT))

    def _pop_operands(self) -> list[Node]:
        at = len(self._stack)
        while at and self._stack[at - 1].op < Op.LEFT_PAREN:
            at -= 1
        subs = self._stack[at:]
        del self._stack[at:]
        return subs

    def _alternate(self) -> None:
        """What stands above the topmost parenthesis becomes one node."""
        subs = self._pop_operands()
        clean_alternative(subs[-1])
        self.push(alternatives(self._nodes, subs))

    def vertical_bar(self) -> None:
        """A ``|``."""
        self._concat()
        if not self._swap_vertical_bar():
            self.operator(Op.VERTICAL_BAR)

    def _swap_vertical_bar(self) -> bool:
        """A bar below what is on top goes up, so that only alternatives are below it; False where there is none."""
        stack = self._stack
        if len(stack) < 2 or stack[-2].op is not Op.VERTICAL_BAR:
            return False
        simple, other = stack[-1], stack[-3]
        if simple.is_class and other.is_class:
            if simple.op > other.op:
                simple, other = other, simple
            stack[-3] = other
            merge(other, simple)
            self._nodes.reuse(simple)
            stack.pop()
            return True
        clean_alternative(other)
        stack[-2:] = stack[-1], stack[-2]
        return True

    def _close(self) -> None:
        self._concat()
        if self._swap_vertical_bar():
            self._stack.pop()
        self._alternate()

    def right_paren(self) -> bool:
        """A ``)``; False where no group is open."""
        self._close()
        if len(self._stack) < 2 or self._stack[-2].op is not Op.LEFT_PAREN:
            return False
        paren, inner = self._stack[-2:]
        del self._stack[-2:]
        self.flags = paren.flags
        if not paren.capture:
            self.push(inner)
        else:
            paren.op = Op.CAPTURE
            paren.subs = [inner]
            self.push(paren)
        return True

    def finish(self) -> bool:
        """The end of the pattern; False where a group is still open."""
        self._close()
        return len(self._stack) == 1
