"""Constants are folded, where a division by zero is an error. Mirrors optimizer/fold.go of expr.

What the other optimizers do, no error comes of.
"""

from __future__ import annotations

from kpl.golang.exprlang.faults import FileError, PanicError, Release
from kpl.golang.exprlang.gotypes import ARRAY, BOOL, FLOAT, INT, STRING, GoType
from kpl.golang.exprlang.nodes import (
    Array,
    Binary,
    Bool,
    Builtin,
    Call,
    Chain,
    Conditional,
    Constant,
    Float,
    Index,
    Integer,
    Let,
    Map,
    Member,
    Node,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    String,
    Unary,
)
from kpl.golang.values import int64

_MOST_PASSES = 1001
_MOST_VISITS = 200_000


def fold(node: Node, release: Release) -> Node:
    """Optimize: the tree with its constants folded. Raises FileError, and RecursionError where there is too much to fold."""
    visits = 0
    for _ in range(_MOST_PASSES):
        once = _Fold(release, visits)
        node = once.walk(node)
        if once.fault:
            raise once.fault
        visits = once.visits
        if not once.applied:
            break
    return node


def folded_type(node: Node) -> GoType | None:
    """The type of an expression that was folded into another; None for one that keeps its own."""
    match node:
        case Integer():
            return INT
        case Float():
            return FLOAT
        case Bool():
            return BOOL
        case String():
            return STRING
        case Constant():
            return ARRAY
        case Builtin("reduce", [Binary("..", Integer(start), Integer(end)), Predicate(predicate), *initial]):
            # the sum of a range is known (optimizer/sum_range.go)
            sums = isinstance(predicate, Binary) and predicate.operator == "+" and _operands(predicate) == {"", "acc"}
            if sums and start <= end and all(isinstance(each, Integer) for each in initial):
                return INT
    return None


def _operands(node: Binary) -> set[str | None]:
    return {each.name if isinstance(each, Pointer) else None for each in (node.left, node.right)}


class _Fold:
    """One pass over the tree. The last error decides."""

    def __init__(self, release: Release, visits: int) -> None:
        self._release = release
        self.visits = visits
        self.applied = False
        self.fault: FileError | None = None

    def walk(self, node: Node) -> Node:
        """ast.Walk: the children first."""
        self.visits += 1
        if self.visits > _MOST_VISITS:
            raise RecursionError
        match node:
            case Unary():
                node.node = self.walk(node.node)
                return self._unary(node)
            case Binary():
                return self._chain(node)
            case Chain() | Predicate():
                node.node = self.walk(node.node)
            case Member():
                node.node = self.walk(node.node)
                node.property = self.walk(node.property)
            case Index():
                node.node = self.walk(node.node)
                node.index = self.walk(node.index)
            case Slice():
                node.node = self.walk(node.node)
                node.start = node.start and self.walk(node.start)
                node.end = node.end and self.walk(node.end)
            case Call():
                node.callee = self.walk(node.callee)
                node.arguments = [self.walk(argument) for argument in node.arguments]
            case Builtin():
                node.arguments = [self.walk(argument) for argument in node.arguments]
                return self._filter(node)
            case Let():
                node.value = self.walk(node.value)
                node.body = self.walk(node.body)
            case Sequence():
                node.nodes = [self.walk(child) for child in node.nodes]
            case Conditional():
                node.condition = self.walk(node.condition)
                node.yes = self.walk(node.yes)
                node.no = self.walk(node.no)
            case Array():
                node.nodes = [self.walk(child) for child in node.nodes]
                return self._array(node)
            case Map():
                node.pairs = [self.walk(child) for child in node.pairs]
            case Pair():
                node.key = self.walk(node.key)
                node.value = self.walk(node.value)
        return node

    def _patch(self, new: Node, old: Node) -> Node:
        self.applied = True
        new.at = old.at
        return new

    def _unary(self, node: Unary) -> Node:
        operand = node.node
        if node.operator in ("+", "-"):
            if isinstance(operand, Integer):
                return self._patch(Integer(int64(-operand.value if node.operator == "-" else operand.value)), node)
            if isinstance(operand, Float) and self._release >= (1, 12):
                return self._patch(Float(), node)
        elif isinstance(operand, Bool) and self._release >= (1, 12):
            return self._patch(Bool(not operand.value), node)
        return node

    def _chain(self, node: Binary) -> Node:
        """A chain of operators, which is as deep as it is long."""
        chain = [node]
        while isinstance(chain[-1].left, Binary):
            chain.append(chain[-1].left)
        self.visits += len(chain)
        left = self.walk(chain[-1].left)
        for operation in reversed(chain):
            operation.left = left
            operation.right = self.walk(operation.right)
            left = self._binary(operation)
        return left

    def _binary(self, node: Binary) -> Node:
        left, right, operator = node.left, node.right, node.operator
        if isinstance(left, Integer) and isinstance(right, Integer):
            return self._integers(node, left.value, right.value)
        if isinstance(left, String) and isinstance(right, String):
            if operator == "+":
                return self._patch(String(left.value + right.value), node)
            if operator == "==" and self._release >= (1, 12):
                return self._patch(Bool(left.value == right.value), node)
        if self._release < (1, 12):
            return node
        if isinstance(left, Integer | Float) and isinstance(right, Integer | Float):
            return self._patch(Float(), node) if operator in ("+", "-", "*", "/", "**", "^") else node
        return self._booleans(node)

    def _integers(self, node: Binary, left: int, right: int) -> Node:
        operator = node.operator
        whole_division = operator == "/" and self._release < (1, 12)
        if (operator == "%" or whole_division) and right == 0:
            self.fault = FileError("integer divide by zero", node.at)
            return node
        if operator == "%" or whole_division:
            # of the magnitudes, as Go divides towards zero
            quotient, rest = divmod(abs(left), abs(right))
            if operator == "%":
                return self._patch(Integer(-rest if left < 0 else rest), node)
            return self._patch(Integer(int64(-quotient if (left < 0) != (right < 0) else quotient)), node)
        if operator == "+":
            return self._patch(Integer(int64(left + right)), node)
        if operator == "-":
            return self._patch(Integer(int64(left - right)), node)
        if operator == "*":
            return self._patch(Integer(int64(left * right)), node)
        if operator in ("/", "**", "^"):
            return self._patch(Float(), node)
        if operator == "==" and self._release >= (1, 12):
            return self._patch(Bool(left == right), node)
        return node

    def _booleans(self, node: Binary) -> Node:
        left = node.left.value if isinstance(node.left, Bool) else None
        right = node.right.value if isinstance(node.right, Bool) else None
        if node.operator == "==" and left is not None and right is not None:
            return self._patch(Bool(left == right), node)
        if node.operator in ("and", "&&", "or", "||"):
            # what decides, and what leaves it to the other side
            decides = node.operator in ("or", "||")
            if left is not None and left != decides:
                return self._patch(node.right, node)
            if right is not None and right != decides:
                return self._patch(node.left, node)
            if decides in (left, right):
                return self._patch(Bool(decides), node)
        return node

    def _array(self, node: Array) -> Node:
        if self._release < (1, 12):
            folds = all(isinstance(child, Integer) for child in node.nodes)
            folds = folds or all(isinstance(child, String) for child in node.nodes)
        else:
            folds = all(isinstance(child, Integer | Float | String | Bool) for child in node.nodes)
        return self._patch(Constant(), node) if folds and node.nodes else node

    def _filter(self, node: Builtin) -> Node:
        """A filter of a filter is one filter."""
        if node.name != "filter" or self._release < (1, 12):
            return node
        source, predicate = node.arguments
        if not (isinstance(source, Builtin) and source.name == "filter"):
            return node
        first = source.arguments[1]
        if self._release < (1, 17):
            both: Node = Binary("&&", first, predicate)
        else:
            if not (isinstance(first, Predicate) and isinstance(predicate, Predicate)):
                # what 1.17.2 to 1.17.6 made of two filters cannot be filtered again
                raise PanicError("interface conversion: ast.Node is *ast.BinaryNode, not *ast.PredicateNode")
            both = Binary("&&", first.node, predicate.node)
            if self._release >= (1, 17, 7):
                both = Predicate(both)
        return self._patch(Builtin("filter", [source.arguments[0], both]), node)
