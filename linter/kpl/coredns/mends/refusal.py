"""A refusal taken apart: what CoreDNS said, of which word, and the words around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kpl.coredns.judge import Circumstances
from kpl.coredns.tokens import Token, tokenize
from kpl.coredns.versions import setup_order
from kpl.text import late
from kpl.text.edit import Edit
from kpl.verdict import Verdict

_BLANKS = late.pattern("[ \t]*")
_PREFIX = late.pattern(
    r"(?:plugin/(?P<plugin>\w+): )?(?:\S*?:\d+ - (?:Error during parsing: )?)?(?P<bare>.*)", re.DOTALL
)


class Mend(NamedTuple):
    """What to write instead, and the edits that write it; none where there are several ways, or none certain."""

    help: str
    edits: tuple[Edit, ...] = ()
    safe: bool = True


@dataclass(eq=False)
class Refusal:
    """`verdict` on the Corefile `text`, with the tools that mends need."""

    text: str
    verdict: Verdict
    circumstances: Circumstances

    @cached_property
    def tokens(self) -> list[Token]:
        """All words of the file."""
        return tokenize(self.text)

    @cached_property
    def _said(self) -> re.Match[str]:
        found = _PREFIX.fullmatch(self.verdict.message or "")
        assert found is not None
        return found

    @property
    def bare(self) -> str:
        """The message without the plugin and the place."""
        return self._said["bare"]

    @property
    def plugin(self) -> str | None:
        """The plugin whose setup refuses."""
        return self._said["plugin"]

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The plugins of the release."""
        return setup_order(self.circumstances.version)

    @cached_property
    def at(self) -> int:
        """The index of the word that CoreDNS had come to; -1 where it names none."""
        span = self.verdict.span
        return next((n for n, token in enumerate(self.tokens) if span is not None and token.span == span), -1)

    @property
    def word(self) -> str:
        """The word that CoreDNS had come to, as it is written."""
        return self.tokens[self.at].text if self.at >= 0 else ""

    def is_first_on_line(self, at: int) -> bool:
        """Whether no other word stands before it on its line."""
        return at == 0 or self.tokens[at - 1].last_line < self.tokens[at].line

    def indent(self, at: int) -> str:
        """The white space that starts the line of a word."""
        start = self.text.rfind("\n", 0, self.tokens[at].span.start) + 1
        found = _BLANKS.match(self.text, start)
        return found.group() if found else ""

    def blanks_before(self, at: int) -> tuple[int, int]:
        """The range of the blanks of the same line before a word."""
        start = end = self.tokens[at].span.start
        while start > 0 and self.text[start - 1] in " \t":
            start -= 1
        return start, end

    def opening_of(self, at: int) -> int | None:
        """The index of the ``{`` that is open at a word; None outside of braces."""
        depth = 0
        for number in range(at - 1, -1, -1):
            if self.tokens[number].text == "}":
                depth += 1
            elif self.tokens[number].text == "{":
                if depth == 0:
                    return number
                depth -= 1
        return None

    @cached_property
    def directive(self) -> range:
        """The indexes of the words of the directive that was being set up: its line, and its block."""
        start = self.at
        while start > 0 and not (self.is_first_on_line(start) and self.tokens[start].text == self.plugin):
            start -= 1
        end, depth = start + 1, 0
        while end < len(self.tokens):
            if depth == 0 and self.is_first_on_line(end) and self.tokens[end].text != "{":
                break
            depth += {"{": 1, "}": -1}.get(self.tokens[end].text, 0)
            if depth < 0:
                break
            end += 1
        return range(start, end)
