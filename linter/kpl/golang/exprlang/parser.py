"""The tree of an expression: what operators and statements make of operands. Mirrors parser/parser.go of expr."""

from __future__ import annotations

from kpl.golang.exprlang.cursor import Names
from kpl.golang.exprlang.faults import Release
from kpl.golang.exprlang.lexer import Token
from kpl.golang.exprlang.nodes import DEEPEST, Binary, Conditional, Let, Nil, Node, Sequence, String, Unary
from kpl.golang.exprlang.operands import OperandParser
from kpl.golang.exprlang.operators import COMPARISONS, NEGATABLE, operators
from kpl.golang.values import GoError


def parse(text: str, release: Release, names: Names) -> Node:
    """parser.ParseWithConfig. Raises FileError, and RecursionError where too much is nested."""
    return _Parser(text, release, names).tree()


class _Parser(OperandParser):
    """Operators, conditions and variables."""

    def __init__(self, text: str, release: Release, names: Names) -> None:
        super().__init__(text, release, names)
        self._unary, self._binary, self._right = operators(release)
        self._nested = 0

    def tree(self) -> Node:
        """The root."""
        self._next()
        node = self._sequence()
        if self._current.kind != "EOF":
            self._unexpected()
        if self._fault:
            raise self._fault
        return node

    def _sequence(self) -> Node:
        """parseSequenceExpression."""
        if self._release < (1, 17):
            return self._expression(0)
        nodes = [self._expression(0)]
        while self._current.is_operator(";") and self._fault is None:
            self._next()
            if self._current.kind == "EOF":
                break
            nodes.append(self._expression(0))
        if len(nodes) == 1:
            return nodes[0]
        return self._create(Sequence(nodes), nodes[0].at, *nodes)

    def _expression(self, precedence: int) -> Node:
        """parseExpression."""
        if self._fault:
            return Nil()
        self._nested += 1
        if self._nested > DEEPEST:
            raise RecursionError
        if precedence == 0 and self._current.is_operator("let"):
            node = self._let()
        elif precedence == 0 and self._current.is_operator("if"):
            node = self._if()
        else:
            node = self._operands(precedence)
        self._nested -= 1
        return node

    def _operands(self, precedence: int) -> Node:
        left = self._primary()
        previous = ""
        operator = self._current
        while operator.kind == "Operator" and self._fault is None:
            negated = self._release >= (1, 12) and operator.value == "not"
            not_token = operator
            if negated:
                found = self._negated(precedence)
                if found is None:
                    break
                operator = not_token = found
            if self._binary.get(operator.value, -1) < precedence:
                break
            self._next()
            if operator.value == "|":
                name = self._current
                self._expect("Identifier")
                left = self._call(name, [left], True)
            elif previous == "??" and operator.value != "??":
                self._error(
                    f"Operator ({operator.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.",
                    operator,
                )
                break
            elif operator.value in COMPARISONS and self._release >= (1, 16):
                left = self._comparison(left, operator)
            else:
                left = self._binary_node(operator, left)
                if self._fault:
                    return left
                if negated:
                    left = self._create(Unary("not", left), not_token.at, left)
                    if self._fault:
                        return left
            previous = operator.value
            operator = self._current
        if precedence == 0:
            left = self._ternary(left)
        return left

    def _negated(self, precedence: int) -> Token | None:
        """The operator after ``not``; None where there is none to go on with."""
        not_token = self._current
        self._next()
        if self._release < (1, 16):
            return self._current
        if self._current.value not in NEGATABLE:
            self._unexpected()
            return None
        if self._binary[self._current.value] < precedence:
            self._stashed, self._current = self._current, not_token
            return None
        return self._current

    def _binary_node(self, operator: Token, left: Node) -> Node:
        precedence = self._binary[operator.value]
        right = self._expression(precedence + (operator.value not in self._right))
        if operator.value == "matches" and self._release < (1, 12) and isinstance(right, String):
            self._check_pattern(right)
        return self._create_binary(operator.value, left, right, operator.at)

    def _check_pattern(self, pattern: String) -> None:
        from kpl.golang.regexp import check_regexp

        try:
            check_regexp(pattern.value)
        except GoError as error:
            self._error(str(error))

    def _create_binary(self, operator: str, left: Node, right: Node, at: int) -> Binary:
        node = self._create(Binary(operator, left, right), at)
        # left sides are walked without recursion
        node.placed(at, max(left.depth - isinstance(left, Binary), right.depth))
        return node

    def _comparison(self, left: Node, token: Token) -> Node:
        """parseComparison."""
        root: Node | None = None
        while True:
            right = self._expression(self._binary[token.value] + 1)
            compared = self._create_binary(token.value, left, right, token.at)
            if self._fault:
                return compared
            root = compared if root is None else self._create_binary("&&", root, compared, token.at)
            if self._fault:
                return root
            left, token = right, self._current
            if token.kind != "Operator" or token.value not in COMPARISONS:
                return root
            self._next()

    def _let(self) -> Node:
        """parseVariableDeclaration."""
        self._expect("Operator", "let")
        name = self._current
        self._expect("Identifier")
        self._expect("Operator", "=")
        value = self._expression(0)
        self._expect("Operator", ";")
        body = self._sequence()
        return self._create(Let(name.value, value, body), name.at, value, body)

    def _if(self) -> Node:
        """parseConditionalIf, whose node has no place."""
        self._next()
        if self._fault:
            return Nil()
        condition = self._expression(0)
        yes = self._block()
        self._expect("Operator", "else")
        no: Node
        if self._current.is_operator("if") and self._release >= (1, 17, 7):
            self._nested += 1
            if self._nested > DEEPEST:
                raise RecursionError
            no = self._if()
            self._nested -= 1
        else:
            no = self._block()
        node = Conditional(condition, yes, no)
        node.placed(None, max(condition.depth, yes.depth, no.depth))
        return node

    def _block(self) -> Node:
        self._expect("Bracket", "{")
        node = self._sequence()
        self._expect("Bracket", "}")
        return node

    def _ternary(self, node: Node) -> Node:
        """parseConditional."""
        while self._current.is_operator("?") and self._fault is None:
            self._next()
            if self._current.is_operator(":"):
                self._next()
                yes = node
            else:
                yes = self._expression(0)
                self._expect("Operator", ":")
            no = self._expression(0)
            at = self._current.at if self._release >= (1, 17) else None
            node = self._create(Conditional(node, yes, no), at, node, yes, no)
        return node

    def _primary(self) -> Node:
        """parsePrimary."""
        token = self._current
        node: Node
        if token.kind == "Operator" and token.value in self._unary:
            self._next()
            operand = self._expression(self._unary[token.value])
            node = self._create(Unary(token.value, operand), token.at, operand)
            return node if self._fault else self._postfix(node)
        if token.is_bracket("("):
            self._next()
            node = self._sequence()
            self._expect("Bracket", ")")
            return self._postfix(node)
        if token.is_operator("#") or token.is_operator("."):
            if self._in_predicates:
                return self._pointer(token)
            if self._release < (1, 17):
                self._error("cannot use pointer accessor outside closure")
        if token.is_operator("::"):
            self._next()
            name = self._current
            self._expect("Identifier")
            return self._postfix(self._call(name, [], False))
        return self._secondary()
