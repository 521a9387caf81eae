"""The token under the cursor, and the first error. Mirrors parser/parser.go of expr.

The first error decides. Since 1.17.6, tokens are read as the parser goes and it goes on for a while after an error: where it
then comes to what is no token, that is the error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeVar

from kpl.golang.exprlang.faults import FileError, Release
from kpl.golang.exprlang.lexer import Lexer, Token
from kpl.golang.exprlang.nodes import Node

N = TypeVar("N", bound=Node)

MOST_NODES = 10_000
"""conf.DefaultMaxNodes, since 1.17."""


class Names(NamedTuple):
    """What can be called."""

    predicates: Mapping[str, str]
    """Builtins that call a function for each element, and what their arguments are: `kpl.golang.exprlang.builtins.predicates`."""
    builtins: Collection[str]
    """The other builtins."""
    disabled: Collection[str]
    """Builtins that are switched off."""
    environment: Collection[str]
    """The names of the environment."""


class Cursor:
    """The state of parser.go, and how it moves on."""

    def __init__(self, text: str, release: Release, names: Names) -> None:
        self._release = release
        self._names = names
        tokens = Lexer(text, release).tokens()
        self._tokens = tokens if release >= (1, 17, 6) else iter(list(tokens))
        self._fault: FileError | None = None
        self._lexical_fault: FileError | None = None
        self._stashed: Token | None = None
        self._current = Token("EOF", "", 0)
        self._count = 0

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
