"""Alternatives are joined: what they begin with is taken out of them. Mirrors collapse and factor."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from kpl.golang.calls import Call, TooDeepError, run
from kpl.golang.regexp.limits import MAX_HEIGHT, LimitError, Nodes
from kpl.golang.regexp.nodes import FOLD, Node, Op, clean_alternative, merge


def joined(nodes: Nodes, subs: Iterable[Node], op: Op) -> Node:
    """collapse, less the factoring: no concatenation in a concatenation, no alternatives in alternatives."""
    node = nodes.new(op)
    for sub in subs:
        if sub.op is op:
            node.subs += sub.subs
            nodes.reuse(sub)
        else:
            node.subs.append(sub)
    nodes.spend(len(node.subs))
    return node


def alternatives(nodes: Nodes, subs: list[Node]) -> Node:
    """collapse of alternatives. Raises LimitError."""
    try:
        return run(_factored(nodes, subs), deepest=MAX_HEIGHT)
    except TooDeepError:
        # each call makes a node that holds those of the calls in it
        raise LimitError("expression nests too deeply") from None


def _factored(nodes: Nodes, subs: list[Node]) -> Call[Node]:
    if len(subs) == 1:
        return subs[0]
    node = joined(nodes, subs, Op.ALTERNATE)
    found = yield from _factor_strings(nodes, node.subs)
    found = yield from _factor_classes(nodes, found)
    node.subs = _without_repeated_empty(_merge_classes(nodes, found))
    if len(node.subs) == 1:
        nodes.reuse(node)
        return node.subs[0]
    return node


def _prefixed(nodes: Nodes, prefix: Node, suffix: Node) -> Node:
    node = nodes.new(Op.CONCAT)
    node.subs = [prefix, suffix]
    return node


def _factor_strings(nodes: Nodes, subs: list[Node]) -> Generator[Call[Node], Node, list[Node]]:
    """Round 1: common beginnings of literals."""
    found: list[Node] = []
    start = 0
    common: list[int] = []
    common_flags = 0
    for at in range(len(subs) + 1):
        leading: list[int] = []
        flags = 0
        if at < len(subs):
            leading, flags = _leading_string(subs[at])
            if flags == common_flags:
                same = _same(common, leading)
                if same:
                    common = common[:same]
                    continue
        if at == start + 1:
            found.append(subs[start])
        elif at > start:
            prefix = nodes.new(Op.LITERAL, common_flags)
            prefix.runes = common
            for each in range(start, at):
                subs[each] = _without_string(nodes, subs[each], len(common))
                nodes.check(subs[each])
            found.append(_prefixed(nodes, prefix, (yield _factored(nodes, subs[start:at]))))
        start, common, common_flags = at, leading, flags
    return found


def _without_string(nodes: Nodes, node: Node, count: int) -> Node:
    """removeLeadingString"""
    if node.op is not Op.CONCAT:
        return _shortened(node, count)
    first = _shortened(node.subs[0], count)
    if first.op is Op.EMPTY:
        nodes.reuse(first)
        if len(node.subs) == 2:
            nodes.reuse(node)
            return node.subs[1]
        del node.subs[0]
    return node


def _shortened(node: Node, count: int) -> Node:
    node.runes = node.runes[count:]
    if not node.runes:
        node.op = Op.EMPTY
    return node


def _factor_classes(nodes: Nodes, subs: list[Node]) -> Generator[Call[Node], Node, list[Node]]:
    """Round 2: common first pieces, where these are classes."""
    found: list[Node] = []
    start = 0
    first: Node | None = None
    for at in range(len(subs) + 1):
        leading: Node | None = None
        if at < len(subs):
            leading = _leading_class(subs[at])
            if first and leading and first.equals(leading):
                continue
        if at == start + 1:
            found.append(subs[start])
        elif at > start:
            assert first is not None
            for each in range(start, at):
                subs[each] = _without_node(nodes, subs[each], each != start)
                nodes.check(subs[each])
            found.append(_prefixed(nodes, first, (yield _factored(nodes, subs[start:at]))))
        start, first = at, leading
    return found


def _without_node(nodes: Nodes, node: Node, reuse: bool) -> Node:
    """removeLeadingRegexp"""
    if node.op is Op.CONCAT:
        if reuse:
            nodes.reuse(node.subs[0])
        del node.subs[0]
        if len(node.subs) == 1:
            nodes.reuse(node)
            return node.subs[0]
        return node
    if reuse:
        nodes.reuse(node)
    return nodes.new(Op.EMPTY)


def _merge_classes(nodes: Nodes, subs: list[Node]) -> list[Node]:
    """Round 3: neighbours that match one character become one class."""
    found: list[Node] = []
    start = 0
    for at in range(len(subs) + 1):
        if at < len(subs) and subs[at].is_class:
            continue
        if at == start + 1:
            found.append(subs[start])
        elif at > start:
            biggest = max(range(start, at), key=lambda each: (subs[each].op, len(subs[each].runes)))
            subs[start], subs[biggest] = subs[biggest], subs[start]
            for each in range(start + 1, at):
                merge(subs[start], subs[each])
                nodes.reuse(subs[each])
            clean_alternative(subs[start])
            found.append(subs[start])
        if at < len(subs):
            found.append(subs[at])
        start = at + 1
    return found


def _without_repeated_empty(subs: list[Node]) -> list[Node]:
    """Round 4: one empty alternative is enough."""
    following = [*subs[1:], None]
    return [
        each
        for each, after in zip(subs, following, strict=True)
        if not (each.op is Op.EMPTY and after is not None and after.op is Op.EMPTY)
    ]


def _same(one: list[int], other: list[int]) -> int:
    count = 0
    for left, right in zip(one, other):  # noqa: B905
        if left != right:
            break
        count += 1
    return count


def _leading_string(node: Node) -> tuple[list[int], int]:
    if node.op is Op.CONCAT:
        node = node.subs[0]
    return (node.runes, node.flags & FOLD) if node.op is Op.LITERAL else ([], 0)


def _leading_class(node: Node) -> Node | None:
    """leadingRegexp, where it is a class or a class that is repeated a certain number of times."""
    if node.op is Op.CONCAT:
        node = node.subs[0]
    if node.op is Op.REPEAT and node.min == node.max:
        return node if node.subs[0].is_class else None
    return node if node.is_class else None
