"""The operands of an expression: names, literals, calls, members. Mirrors parser/parser.go of expr."""

from __future__ import annotations

from abc import ABC, abstractmethod

from kpl.golang.exprlang.cursor import Cursor, Names
from kpl.golang.exprlang.faults import Release
from kpl.golang.exprlang.lexer import Token
from kpl.golang.exprlang.nodes import (
    Array,
    Bool,
    Builtin,
    Bytes,
    Call,
    Chain,
    Float,
    Identifier,
    Index,
    Integer,
    Map,
    Member,
    Nil,
    Node,
    Pair,
    Pointer,
    Predicate,
    Slice,
    String,
)
from kpl.golang.literals import parse_float
from kpl.golang.strconv import parse_int
from kpl.golang.values import GoError


class OperandParser(Cursor, ABC):
    """What stands between operators."""

    def __init__(self, text: str, release: Release, names: Names) -> None:
        super().__init__(text, release, names)
        self._in_predicates = 0

    @abstractmethod
    def _sequence(self) -> Node:
        """Expressions with ``;`` between them."""

    @abstractmethod
    def _expression(self, precedence: int) -> Node:
        """An expression of operators that bind at least as tightly."""

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
