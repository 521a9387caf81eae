"""The tree of an expression. Mirrors parser/parser.go of expr.

The first error decides. Since 1.17.6, tokens are read as the parser goes and it goes on for a while after an error: where it
then comes to what is no token, that is the error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeVar

from kpl.golang.exprlang.faults import FileError, Release
from kpl.golang.exprlang.lexer import Lexer, Token
from kpl.golang.exprlang.nodes import (
    DEEPEST,
    Array,
    Binary,
    Bool,
    Builtin,
    Bytes,
    Call,
    Chain,
    Conditional,
    Float,
    Identifier,
    Index,
    Integer,
    Let,
    Map,
    Member,
    Nil,
    Node,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    String,
    Unary,
)
from kpl.golang.exprlang.operators import COMPARISONS, NEGATABLE, operators
from kpl.golang.literals import parse_float
from kpl.golang.strconv import parse_int
from kpl.golang.values import GoError

N = TypeVar("N", bound=Node)

MOST_NODES = 10_000
"""conf.DefaultMaxNodes, since 1.17."""


class Names(NamedTuple):
    """What can be called."""

    predicates: Mapping[str, str]
    """Builtins that call a function for each element, and what their arguments are: `kpl.golang.exprlang.builtins.PREDICATES`."""
    builtins: Collection[str]
    """The other builtins."""
    disabled: Collection[str]
    """Builtins that are switched off."""
    environment: Collection[str]
    """The names of the environment."""


def parse(text: str, release: Release, names: Names) -> Node:
    """parser.ParseWithConfig. Raises FileError, and RecursionError where too much is nested."""
    return _Parser(text, release, names).tree()


class _Parser:
    """The state of parser.go: the token under the cursor, and the first error."""

    def __init__(self, text: str, release: Release, names: Names) -> None:
        self._release = release
        self._names = names
        self._unary, self._binary, self._right = operators(release)
        tokens = Lexer(text, release).tokens()
        self._tokens = tokens if release >= (1, 17, 6) else iter(list(tokens))
        self._fault: FileError | None = None
        self._lexical_fault: FileError | None = None
        self._stashed: Token | None = None
        self._current = Token("EOF", "", 0)
        self._in_predicates = 0
        self._count = 0
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

    # --- tokens and errors ---------------------------------------------------------------------------------------

    def _error(self, message: str, token: Token | None = None) -> None:
        if self._fault is None:
            self._fault = FileError(message, (token or self._current).at)
        if self._release < (1, 17, 6):
            raise self._fault

    def _unexpected(self) -> None:
        self._error(f"unexpected token {self._current}")

    def _next(self) -> None:
        if self._stashed:
            self._current, self._stashed = self._stashed, None
            return
        if self._lexical_fault is None:
            try:
                token = next(self._tokens, None)
            except FileError as fault:
                self._lexical_fault = fault
            else:
                if token is None:
                    self._error("unexpected end of expression")
                else:
                    self._current = token
                return
        self._fault = self._lexical_fault

    def _expect(self, kind: str, value: str | None = None) -> None:
        if self._current.kind == kind and value in (None, self._current.value):
            self._next()
        else:
            self._unexpected()

    def _create(self, node: N, at: int | None, *below: Node | None) -> N:
        """createNode: the node gets its place; without effect after an error."""
        self._count += 1
        if self._release >= (1, 17) and self._count > MOST_NODES:
            self._error("compilation failed: expression exceeds maximum allowed nodes")
        if self._fault is None:
            node.placed(at, max((child.depth for child in below if child), default=0))
        return node

    # --- expressions ---------------------------------------------------------------------------------------------

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

    # --- operands ------------------------------------------------------------------------------------------------

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

    def _pointer(self, token: Token) -> Node:
        name = ""
        if token.value == "#":
            self._next()
            if self._current.kind == "Identifier" and self._release >= (1, 14):
                name = self._current.value
                self._next()
        node = self._create(Pointer(name), token.at)
        return node if self._fault else self._postfix(node)

    def _secondary(self) -> Node:
        """parseSecondary."""
        token = self._current
        node: Node = Nil()
        if token.kind == "Identifier":
            self._next()
            if token.value in ("true", "false", "nil"):
                return self._create(Nil() if token.value == "nil" else Bool(token.value == "true"), token.at)
            if self._current.is_bracket("("):
                node = self._call(token, [], True)
            else:
                node = self._create(Identifier(token.value, self._current.value == "?."), token.at)
                if self._fault:
                    return node
        elif token.kind == "Number":
            self._next()
            return self._create(self._number(token.value.replace("_", "")), token.at)
        elif token.kind in ("String", "Bytes"):
            self._next()
            node = self._create(String(token.value) if token.kind == "String" else Bytes(), token.at)
            if self._fault or self._release < (1, 16):
                return node
        elif token.is_bracket("["):
            node = self._array(token)
        elif token.is_bracket("{"):
            node = self._map(token)
        else:
            self._unexpected()
        return self._postfix(node)

    def _number(self, value: str) -> Node:
        lower = value.lower()
        try:
            if self._release >= (1, 16):
                for prefix, name in (("0x", "hex"), ("0b", "binary"), ("0o", "octal")):
                    # (what is not hexadecimal and has an e is read as a float)
                    if lower.startswith(prefix) and (prefix == "0x" or not ("." in lower or "e" in lower)):
                        kind = name
                        return Integer(parse_int(value, 0, 64))
                is_float = "." in lower or "e" in lower
            else:
                is_float = "." in lower or "e" in lower
                if "x" in value and not (is_float and self._release < (1, 12)):
                    kind = "hex"
                    return Integer(parse_int(value, 0, 64))
            if is_float:
                kind = "float"
                parse_float(value, 64)
                return Float()
            kind = "integer"
            return Integer(parse_int(value, 10, 64))
        except GoError as error:
            self._error(f"invalid {kind} literal: {error}")
            return Nil()

    def _array(self, token: Token) -> Node:
        """parseArrayExpression."""
        nodes: list[Node] = []
        self._expect("Bracket", "[")
        while not self._current.is_bracket("]") and self._fault is None:
            if nodes:
                self._expect("Operator", ",")
                if self._current.is_bracket("]"):
                    break
            nodes.append(self._expression(0))
        self._expect("Bracket", "]")
        return self._create(Array(nodes), token.at, *nodes)

    def _map(self, token: Token) -> Node:
        """parseMapExpression."""
        pairs: list[Node] = []
        self._expect("Bracket", "{")
        while not self._current.is_bracket("}") and self._fault is None:
            if pairs:
                self._expect("Operator", ",")
                if self._current.is_bracket("}"):
                    break
                if self._current.is_operator(","):
                    self._unexpected()
            key: Node = Nil()
            if self._current.kind in ("Number", "String", "Identifier"):
                key_at = self._current.at if self._release >= (1, 17) else token.at
                key = self._create(String(self._current.value), key_at)
                if self._fault:
                    return key
                self._next()
            elif self._current.is_bracket("("):
                key = self._expression(0)
            else:
                self._error(
                    "a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses"
                    f" (unexpected token {self._current})"
                )
            self._expect("Operator", ":")
            value = self._expression(0)
            pair = self._create(Pair(key, value), token.at, key, value)
            if self._fault:
                return pair
            pairs.append(pair)
        self._expect("Bracket", "}")
        return self._create(Map(pairs), token.at, *pairs)

    # --- calls ---------------------------------------------------------------------------------------------------

    def _call(self, name: Token, arguments: list[Node], may_be_overridden: bool) -> Node:
        """parseCall, and parsePipe of 1.15, where `arguments` has what stands before the ``|``."""
        names = self._names
        overridden = may_be_overridden and name.value in names.environment and self._release >= (1, 16)
        # (a pipe of 1.15 does not ask whether it is)
        disabled = name.value in names.disabled and not (arguments and self._release < (1, 16))
        if not overridden and name.value in names.predicates:
            return self._predicate_call(name, arguments)
        if not overridden and name.value in names.builtins:
            if not disabled:
                arguments = self._arguments(arguments)
                return self._create(Builtin(name.value, arguments), name.at, *arguments)
            if (1, 17, 7) <= self._release < (1, 17, 8):
                self._error(f"unknown name {name.value}")
                return Nil()
        callee = self._create(Identifier(name.value), name.at)
        if self._fault:
            return callee
        arguments = self._arguments(arguments)
        return self._create(Call(callee, arguments), name.at, *arguments)

    def _predicate_call(self, name: Token, arguments: list[Node]) -> Node:
        kinds = self._names.predicates[name.value]
        optional_last = kinds.endswith("?")
        kinds = kinds.rstrip("?")[len(arguments) :]
        arguments = list(arguments)
        self._expect("Bracket", "(")
        for number, kind in enumerate(kinds):
            optional = optional_last and number == len(kinds) - 1
            at_end = self._current.is_bracket(")")
            if optional and (at_end if self._release >= (1, 16) else not self._current.is_operator(",")):
                break
            if at_end and not optional and self._release >= (1, 16):
                self._error(f"expected at least {len(kinds)} arguments")
            if number > 0:
                self._expect("Operator", ",")
            arguments.append(self._expression(0) if kind == "e" else self._predicate())
        if self._current.is_operator(",") and self._release >= (1, 17):
            self._next()
        self._expect("Bracket", ")")
        return self._create(Builtin(name.value, arguments), name.at, *arguments)

    def _arguments(self, first: list[Node]) -> list[Node]:
        """parseArguments, of which the pipe has given the first."""
        arguments = list(first)
        self._expect("Bracket", "(")
        while not self._current.is_bracket(")") and self._fault is None:
            if len(arguments) > len(first):
                self._expect("Operator", ",")
            if self._current.is_bracket(")") and self._release >= (1, 17):
                break
            arguments.append(self._expression(0))
        self._expect("Bracket", ")")
        return arguments

    def _predicate(self) -> Node:
        """parsePredicate."""
        start = self._current
        braced = start.is_bracket("{")
        if braced:
            self._next()
        elif self._release < (1, 12):
            self._unexpected()
        self._in_predicates += 1
        if braced:
            node = self._sequence()
        else:
            node = self._expression(0)
            if self._current.is_operator(";") and self._release >= (1, 17):
                self._error("wrap predicate with brackets { and }")
        self._in_predicates -= 1
        if braced:
            self._expect("Bracket", "}")
        return self._create(Predicate(node), start.at, node)

    # --- members -------------------------------------------------------------------------------------------------

    def _postfix(self, node: Node) -> Node:
        """parsePostfixExpression."""
        safe = False
        while self._current.kind in ("Operator", "Bracket") and self._fault is None:
            token = self._current
            optional = token.value == "?."
            if token.value in (".", "?."):
                self._next()
                if not (optional and self._current.is_bracket("[") and self._release >= (1, 16)):
                    safe |= optional
                    node = self._member(node, safe if self._release < (1, 12) else optional)
                    if self._fault:
                        return node
                    continue
                token = self._current
            elif token.value != "[":
                break
            self._next()
            node = self._indexed(node, token.at, optional)
            if self._fault:
                return node
        return node

    def _member(self, node: Node, optional: bool) -> Node:
        name = self._current
        self._next()
        if name.kind != "Identifier" and not (name.kind == "Operator" and name.value.isalpha()):
            self._error("expected name")
        property_ = self._create(String(name.value), name.at)
        if self._fault:
            return property_
        chained = isinstance(node, Chain)
        if isinstance(node, Chain):
            node = node.node
        member = self._create(Member(node, property_, optional), name.at, node)
        if self._fault:
            return member
        node = member
        if self._current.is_bracket("("):
            member.method = True
            arguments = self._arguments([])
            node = self._create(Call(member, arguments), name.at, member, *arguments)
            if self._fault:
                return node
        if (chained or optional) and self._release >= (1, 12):
            node = self._create(Chain(node), name.at if self._release >= (1, 17) else None, node)
        return node

    def _indexed(self, node: Node, at: int, optional: bool) -> Node:
        """``node[property]``, ``node[start:end]``, from behind the bracket on."""
        start = None if self._current.is_operator(":") else self._expression(0)
        if self._current.is_operator(":"):
            self._next()
            end = None if self._current.is_bracket("]") else self._expression(0)
            node = self._create(Slice(node, start, end), at, node, start, end)
        elif start is not None:
            if self._release < (1, 12):
                node = self._create(Index(node, start), at, node, start)
            else:
                node = self._create(Member(node, start, optional), at, node, start)
            if optional and self._fault is None:
                node = self._create(Chain(node), at if self._release >= (1, 17) else None, node)
        if self._fault is None:
            self._expect("Bracket", "]")
        return node
