"""The words of a Corefile as CoreDNS's lexer counts them: text, line, file. (coredns/caddy, caddyfile/lexer.go)"""

from collections.abc import Iterator
from typing import NamedTuple

from kpl.inputs.corefile.parser import lex, word_of
from kpl.text.span import Span


class Token(NamedTuple):
    """One word: `line` counts from 1 in `file` (empty for the Corefile itself), where it is `length` characters long."""

    text: str
    line: int
    start: int
    length: int
    file: str = ""

    @property
    def span(self) -> Span:
        """The range of its characters in the text of `file`."""
        return Span(self.start, self.start + self.length)

    @property
    def last_line(self) -> int:
        """The line that the word ends on, as CoreDNS works it out: it may hold line ends of a variable's value too."""
        return self.line + self.text.count("\n")


def tokenize(text: str, file: str = "") -> list[Token]:
    """The tokens of `text`. Every text has some: CoreDNS's lexer refuses nothing."""
    return list(_tokens(text, file))


def tokens_of_fragment(text: str) -> list[Token]:
    """The tokens of plugin lines, in a server block for the whole of DNS."""
    end = Token("}", text.count("\n") + 2, len(text), 0)
    return [Token(".", 0, 0, 0), Token("{", 0, 0, 0), *tokenize(text), end]


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
            yield Token("{", line, at, 1, file)
            continue
        if lexed.type in ("WORD", "LBRACE", "RBRACE") and "#" not in raw and "\r" not in raw and raw[0] != '"':
            yield Token(raw, line, begin, len(raw), file)
            continue
        word = word_of(lexed)
        if raw in ('"', '"\\'):  # an opening quote that the file ends behind makes no word
            continue
        begin, end = word.span
        yield Token(str(word), line, begin + start, end - begin, file)
