"""The Dispenser: how CoreDNS's parser and its plugins walk over tokens. (coredns/caddy, caddyfile/dispenser.go)"""

from __future__ import annotations

from kpl.coredns.tokens import Token


class RefusedError(Exception):
    """CoreDNS does not start: its own message, and the token that it had come to."""

    prefixed = True
    """Whether a plugin's refusal is told with the plugin's name before it."""

    def __init__(self, message: str, token: Token | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.token = token


class EndlessBlockError(Exception):
    """A plugin of CoreDNS before 1.13.0 reads the last token of an open block again and again, and never starts."""

    def __init__(self, token: Token | None) -> None:
        super().__init__()
        self.token = token


_MOST_REPEATS = 1000
"""A plugin that minds reading a token again has said so long before."""


class Dispenser:
    """A cursor over tokens; every method is the Go method of that name.

    `lenient` is a release before 1.13.0, which takes the end of the tokens for one more line of a block; `nests` one from
    1.15.0 on, where a block in a block is gone into.
    """

    def __init__(
        self, tokens: list[Token], filename: str = "Corefile", lenient: bool = False, nests: bool = False
    ) -> None:
        self.tokens = tokens
        self.filename = filename
        self.lenient = lenient
        self.nests = nests
        self.cursor = -1
        self.nesting = 0
        self.repeats = 0

    @property
    def token(self) -> Token | None:
        """The token under the cursor."""
        return self.tokens[self.cursor] if 0 <= self.cursor < len(self.tokens) else None

    def next(self) -> bool:
        """Go on by one token."""
        if self.cursor < len(self.tokens) - 1:
            self.cursor += 1
            return True
        return False

    def next_arg(self) -> bool:
        """Go on by one token if it is on the same line."""
        if self.cursor < 0:
            self.cursor += 1
            return True
        if self.cursor < len(self.tokens) - 1:
            here, there = self.tokens[self.cursor], self.tokens[self.cursor + 1]
            if here.file == there.file and here.last_line == there.line:
                self.cursor += 1
                return True
        return False

    def next_block(self) -> bool:
        """Go into the block that opens on this line, or on to the next token in it; False at its end.

        Raises EndlessBlockError where CoreDNS hangs: a variable brought the ``{``, and nothing closes it.
        """
        if self.nesting > 0:
            if not self.next():
                if not self.lenient:
                    return False
                self.repeats += 1
                if self.repeats > _MOST_REPEATS:
                    raise EndlessBlockError(self.token)
            if self.val() == "}":
                self.nesting -= 1
                return False
            if self.val() != "{" or not self.nests:
                return True
            self.cursor -= 1
        if not self.next_arg():
            return False
        if self.val() != "{":
            self.cursor -= 1
            return False
        if not self.next() and not self.lenient:
            return False
        if self.val() == "}":
            return False
        self.nesting += 1
        return True

    def val(self) -> str:
        """The text under the cursor."""
        token = self.token
        return token.text if token else ""

    def is_new_line(self) -> bool:
        """Whether the token stands on another line than the one before it."""
        if self.cursor < 1:
            return True
        if self.cursor > len(self.tokens) - 1:
            return False
        before, here = self.tokens[self.cursor - 1], self.tokens[self.cursor]
        return before.file != here.file or before.last_line < here.line

    def _place(self) -> str:
        token = self.token
        return f"{(token.file if token else '') or self.filename}:{token.line if token else 0}"

    def err(self, message: str) -> RefusedError:
        """`message` with the place."""
        return RefusedError(f"{self._place()} - Error during parsing: {message}", self.token)

    def arg_err(self) -> RefusedError:
        """Too few or too many arguments."""
        if self.val() == "{":
            return self.err("Unexpected token '{', expecting argument")
        return self.err(f"Wrong argument count or unexpected line ending after '{self.val()}'")

    def syntax_err(self, expected: str) -> RefusedError:
        """Another token was expected."""
        message = f"Syntax error: Unexpected token '{self.val()}', expecting '{expected}'"
        return RefusedError(f"{self._place()} - {message}", self.token)
