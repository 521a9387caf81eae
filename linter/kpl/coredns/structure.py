"""What CoreDNS's parser makes of a Corefile, whatever plugins the image holds and whatever they would say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kpl.coredns.dispenser import RefusedError
from kpl.coredns.environment import EndlessReplacementError
from kpl.coredns.parser import Block, CorefileParser, EndlessImportError, TooLargeError
from kpl.coredns.releases import DIRECTIVES
from kpl.coredns.tokens import Token, tokenize, tokens_of_fragment
from kpl.text.span import Span

_TAB = 8


class _EveryName(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


class _AnyValue(dict[str, str]):
    def get(self, name: str, default: Any = None) -> Any:
        """A word, so that a variable stays one."""
        return "x"


class Parsed(NamedTuple):
    """The server blocks of a Corefile, without what it imports from files, and where the words of its snippets stand."""

    blocks: list[Block]
    snippets: frozenset[Span]

    def occurrences(self) -> Iterator[tuple[Token, list[Token]]]:
        """The first key of a block, and the words of one of its plugin lines with those of its braces."""
        for block in self.blocks:
            starts = {id(token) for token in block.starts}
            for tokens in block.tokens.values():
                line: list[Token] = []
                for token in tokens:
                    if id(token) in starts and line:
                        yield block.key_tokens[0], line
                        line = []
                    if token.span not in self.snippets:
                        line.append(token)
                if line:
                    yield block.key_tokens[0], line


def parsed(text: str, fragment: bool = False) -> Parsed | None:
    """`text` as CoreDNS's parser groups it; None where it refuses it."""
    tokens = tokens_of_fragment(text) if fragment else tokenize(text)
    parser = CorefileParser(tokens, _EveryName(), _AnyValue(), lambda parser, pattern: [], guarded=True)
    try:
        blocks = parser.parse()
    except (RefusedError, EndlessReplacementError, EndlessImportError, TooLargeError):
        return None
    return Parsed(blocks, frozenset(token.span for body in parser.snippets.values() for token in body))


def flaw(text: str, fragment: bool = False) -> str | None:
    """Why braces may not pair in `text` as its author meant them to; None where nothing speaks for that.

    A mend that puts braces right makes CoreDNS accept more than one text. The wrong ones show: a brace is left over, or a
    plugin stands outside of all server blocks.
    """
    tokens = tokenize(text)
    glued = next(glued_braces(text, tokens), None)
    if glued is not None:
        return f"`{{` is not separated from `{tokens[glued].text[:-1]}`"
    found = parsed(text, fragment)
    if found is None:
        return "CoreDNS's parser refuses the result"
    base: int | None = None
    for block in found.blocks:
        for token in block.key_tokens:
            if token.text.rstrip(",") in DIRECTIVES or token.text[:1] == "}" or token.text[-1:] == "{":
                return f"`{token.text}` is outside of all server blocks"
        first = block.key_tokens[0]
        column = _column(text, first.span.start)
        base = column if base is None else base
        if not fragment and column > base:
            return f"`{first.text}` starts a server block, but is indented like a line inside another one"
    return None


def _column(text: str, offset: int) -> int:
    """How far the line of `offset` is indented."""
    start = text.rfind("\n", 0, offset) + 1
    found = re.compile(r"[ \t]*").match(text, start)
    return len(found.group().expandtabs(_TAB)) if found else 0


def has_glued_brace(text: str) -> bool:
    """Whether `glued_braces` finds any."""
    return next(glued_braces(text, tokenize(text)), None) is not None


def glued_braces(text: str, tokens: Sequence[Token]) -> Iterator[int]:
    """The indexes of the words that end their line, but for a brace, with a ``{`` that is not a word of its own."""
    for at, token in enumerate(tokens):
        if len(token.text) < 2 or token.text[-1] != "{" or text[token.span.end - 1] != "{" or token.text[-2] in "{$%":
            continue
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following is None or following.text == "{" or following.line > token.last_line:
            yield at
