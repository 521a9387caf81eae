"""CoreDNS's parser: tokens -> server blocks, with its messages. (coredns/caddy, caddyfile/parse.go)"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from kpl.coredns.dispenser import Dispenser
from kpl.coredns.environment import replace_variables
from kpl.coredns.tokens import Token

MAX_SNIPPET_EXPANSIONS = 10_000
MAX_TOKENS = 500_000

Importer = Callable[["CorefileParser", str], list[Token]]
"""What an import of files, not of a snippet, puts in its place."""


class EndlessImportError(Exception):
    """Snippets or files that import each other for ever: a CoreDNS without a limit never starts."""


class TooLargeError(Exception):
    """Snippets that import each other made more tokens than are looked at."""


@dataclass(eq=False, repr=False)
class Block:
    """A server block: its keys with the tokens that wrote them, and the tokens of each directive in file order."""

    keys: list[str] = field(default_factory=list)
    key_tokens: list[Token] = field(default_factory=list)
    tokens: dict[str, list[Token]] = field(default_factory=dict)
    starts: list[Token] = field(default_factory=list)
    """The word of each directive, in file order."""


class CorefileParser(Dispenser):
    """One run over one Corefile."""

    def __init__(
        self,
        tokens: list[Token],
        directives: Collection[str],
        environment: Mapping[str, str],
        imported: Importer,
        guarded: bool,
        filename: str = "Corefile",
    ) -> None:
        """`tokens` are taken over and changed; `guarded` is a release that counts the expansions of imports."""
        super().__init__(tokens, filename)
        self.directives = directives
        self.environment = environment
        self.imported = imported
        self.guarded = guarded
        self.snippets: dict[str, list[Token]] = {}
        self.expansions = 0
        self.block = Block()
        self.eof = False

    def parse(self) -> list[Block]:
        """The server blocks. Raises RefusedError, EndlessReplacementError, EndlessImportError, TooLargeError."""
        blocks = []
        while self.next():
            self.block = Block()
            self._begin()
            if self.block.keys:
                blocks.append(self.block)
        return blocks

    def _replaced(self) -> str:
        return replace_variables(self.val(), self.environment)

    def _begin(self) -> None:
        self._addresses()
        if self.eof:
            return
        keys = self.block.keys
        if len(keys) == 1 and keys[0].startswith("(") and keys[0].endswith(")"):
            self._snippet(keys[0][1:].removesuffix(")"))
            self.block.keys = []
            return
        self._contents()

    def _addresses(self) -> None:
        another = False
        while True:
            word = self._replaced()
            if word == "import" and self.is_new_line():
                self._import()
                continue
            if word == "{":
                if another:
                    raise self.err("Expected another address but had '{' - check for extra comma")
                return
            if word:
                another = word.endswith(",")
                self.block.keys.append(word[:-1] if another else word)
                self.block.key_tokens.append(self.tokens[self.cursor])
            has_next = self.next()
            if another and not has_next:
                raise self.err("Unexpected EOF")
            if not has_next:
                self.eof = True
                return
            if not another and self.is_new_line():
                return

    def _snippet(self, name: str) -> None:
        if name in self.snippets:
            raise self.err(f"redeclaration of previously declared snippet {name}")
        if self.val() != "{":
            raise self.syntax_err("{")
        depth, body = 1, list[Token]()
        while self.next():
            if self.val() == "}":
                depth -= 1
                if depth == 0:
                    break
            if self.val() == "{":
                depth += 1
            body.append(self.tokens[self.cursor])
        if depth:
            raise self.syntax_err("}")
        if self.guarded:
            self._refuse_self_import(name, body)
        self.snippets[name] = body

    def _refuse_self_import(self, name: str, body: list[Token]) -> None:
        for at, (token, argument) in enumerate(pairwise(body)):
            if token.text != "import":
                continue
            starts = at == 0 or (body[at - 1].file, body[at - 1].line) != (token.file, token.line)
            if starts and replace_variables(argument.text, self.environment) == name:
                raise self.err(f"maximum snippet import depth ({MAX_SNIPPET_EXPANSIONS}) exceeded")

    def _contents(self) -> None:
        braced = self.val() == "{"
        if not braced:
            self.cursor -= 1
        self._directives()
        if braced and self.val() != "}":
            raise self.syntax_err("}")

    def _directives(self) -> None:
        while self.next():
            if self.val() == "}":
                return
            if self.val() == "import":
                self._import()
                self.cursor -= 1
                continue
            self._directive()

    def _directive(self) -> None:
        name = self._replaced()
        if name not in self.directives:
            raise self.err(f"Unknown directive '{name}'")
        collected = self.block.tokens.setdefault(name, [])
        collected.append(self.tokens[self.cursor])
        self.block.starts.append(self.tokens[self.cursor])
        nesting = 0
        while self.next():
            word = self.val()
            if word == "{":
                nesting += 1
            elif nesting == 0 and self.is_new_line():
                self.cursor -= 1
                break
            elif word == "}":
                if nesting == 0:
                    raise self.err("Unexpected '}' because no matching opening brace")
                nesting -= 1
            elif word == "import" and self.is_new_line():
                self._import()
                self.cursor -= 1
                continue
            token = self.tokens[self.cursor]
            if "{" in token.text:
                token = token._replace(text=replace_variables(token.text, self.environment))
                self.tokens[self.cursor] = token
            collected.append(token)
        if nesting > 0:
            raise self.err("Unexpected EOF")

    def _import(self) -> None:
        """Put what is imported in the place of the two tokens of the import."""
        if not self.next_arg():
            raise self.arg_err()
        pattern = self._replaced()
        if not pattern:
            raise self.err("Import requires a non-empty filepath")
        if self.next_arg():
            raise self.err("Import takes only one argument (glob pattern or file)")
        body = self.snippets.get(pattern)
        # an empty snippet is one, as Go's map holds an empty slice for it and not nil
        if body is not None:
            if self.expansions >= MAX_SNIPPET_EXPANSIONS:
                if not self.guarded:
                    raise EndlessImportError
                raise self.err(f"maximum snippet import depth ({MAX_SNIPPET_EXPANSIONS}) exceeded")
            self.expansions += 1
        else:
            body = self.imported(self, pattern)
        self.tokens[self.cursor - 1 : self.cursor + 1] = body
        if len(self.tokens) > MAX_TOKENS:
            raise TooLargeError
        self.cursor -= 1
