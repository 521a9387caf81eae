"""The words of a Corefile as CoreDNS's lexer counts them: text, line, file. (coredns/caddy, caddyfile/lexer.go)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.inputs.corefileparser import lex, word_of
from kpl.text.span import Span


class Token(NamedTuple):
    """One word: `line` counts from 1 in `file` (empty for the Corefile itself), `span` lies in that file's text."""

    text: str
    line: int
    span: Span
    file: str = ""

    @property
    def last_line(self) -> int:
        """The line that the word ends on, as CoreDNS works it out: it may hold line ends of a variable's value too."""
        return self.line + self.text.count("\n")


def tokenize(text: str, file: str = "") -> list[Token]:
    """The tokens of `text`. Every text has some: CoreDNS's lexer refuses nothing."""
    return list(_tokens(text, file))


def _tokens(text: str, file: str) -> Iterator[Token]:
    start = 1 if text.startswith("\ufeff") else 0
    for lexed in lex(text[start:]):
        if lexed.type == "_NL":
            continue
        raw = str(lexed)
        line = lexed.line
        begin = lexed.start_pos + start
        if lexed.type == "NL_LBRACE":
            line += raw.count("\n")
            begin += max(raw.rfind("\n"), raw.rfind('"{"')) + 1
            at = text.find("{", begin)
            yield Token("{", line, Span(at, at + 1), file)
            continue
        if lexed.type in ("WORD", "LBRACE", "RBRACE") and "#" not in raw and "\r" not in raw and raw[0] != '"':
            yield Token(raw, line, Span(begin, begin + len(raw)), file)
            continue
        word = word_of(lexed)
        if raw in ('"', '"\\'):  # an opening quote that the file ends behind makes no word
            continue
        yield Token(str(word), line, word.span.shifted(start), file)
