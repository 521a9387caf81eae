"""The text of a Corefile -> the located model, a directive as soon as its last word was read.

No tree of the file is made: it would take several times the memory of the model. (`kpl_grammars/corefile.lark` says what
is exact in the grammar.)
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from kpl.inputs.corefile.model import Corefile, Directive, Property, ServerBlock
from kpl.text import late
from kpl.text.span import Span, Text

MAX_NESTING = 100
MAX_WORDS = 150_000
"""Comments do not count. 1 MiB, all that Kubernetes keeps in a ConfigMap, holds so many words of six letters."""


class CorefileError(Exception):
    """A Corefile that CoreDNS's parser refuses: why, and where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


_WORD_OR_COMMENT = late.pattern(r"#[^\n]*|[^\s#]\S*")


def has_many_words(text: str) -> bool:
    """Whether `text` has more words than any Corefile: a word takes a thousand times its size to look at."""
    if len(text) <= 2 * MAX_WORDS:
        return False
    words = (found for found in _WORD_OR_COMMENT.finditer(text) if text[found.start()] != "#")
    return next(islice(words, MAX_WORDS, None), None) is not None


def lex(text: str) -> Iterator[Any]:
    """The tokens of the grammar in `text`."""
    tokens: Iterator[Any] = _parser().lex(text)
    return tokens


def word_of(token: Any) -> Text:
    """The word that CoreDNS reads from a token of the grammar."""
    raw = str(token)
    start = token.start_pos
    if raw[0] == '"' and token.type in ("QUOTED", "COMMA_QUOTED", "IMPORT", "LBRACE", "RBRACE"):
        closed = len(raw) > 1 and raw[-1] == '"' and not re.search(r'(?<!\\)(?:\\\\)*\\"$', raw)
        inner = raw[1:-1] if closed else raw[1:]
        if not closed and re.search(r"(?<!\\)(?:\\\\)*\\\Z", inner):
            inner = inner[:-1]  # the file ends before what it escapes
        return Text(inner.replace('\\"', '"'), Span(start, start + len(raw)))
    written = raw.split("#", 1)[0].rstrip("\r")
    return Text(written.replace("\r", ""), Span(start, start + len(written)))


def parse_corefile(text: str, fragment: bool = False) -> Corefile:
    """Parse `text`; `fragment` when it holds plugin lines without a server block around them.

    Raises CorefileError.
    """
    try:
        read = _parser().parse(text, start="fragment" if fragment else "corefile")
    except Exception as error:
        from kpl_grammars import is_refusal

        if not is_refusal(error):
            raise
        raise _corefile_error(error, text) from None
    corefile = Corefile(text, fragment=fragment)
    if fragment:
        whole = Span(0, len(text))
        corefile.servers.append(ServerBlock([], read, whole, whole, corefile))
    else:
        _fill(corefile, read)
    corefile.limit_imports()
    return corefile


def _corefile_error(error: Any, text: str) -> CorefileError:
    token = getattr(error, "token", None)
    if token is None:
        at = error.pos_in_stream
        return CorefileError("this character is not allowed here", Span(at, at + 1))
    if token.type == "$END":
        return CorefileError("the file ends inside a block: a `}` is missing", _last_word(text))
    word = Span(token.start_pos, token.start_pos + len(str(token).rstrip("\r\n")))
    if token.type == "RBRACE":
        return CorefileError("this `}` closes no block: its `{` is missing or is on the same line", word)
    if token.type in ("LBRACE", "NL_LBRACE"):
        return CorefileError("`{` opens a block where none is allowed", Span(token.end_pos - 1, token.end_pos))
    return CorefileError(f"`{token}` is not allowed here", word)


def _last_word(text: str) -> Span:
    end = len(text.rstrip())
    return Span(max(end - 1, 0), end)


# --- what each rule of the grammar becomes ---------------------------------------------------------------------------


class _Braces(NamedTuple):
    """The block of a directive or of a property, from ``{`` to behind ``}``."""

    start: int
    end: int
    lines: list[Property]
    height: int
    """How many blocks are in each other here, this one among them."""
    inmost: int
    """The start of the deepest one."""


class _Block(NamedTuple):
    """The block of a server: from behind ``{`` to ``}``, which may be missing at the end of a file."""

    opened: int
    closed: int | None
    directives: list[Directive]


class _Server(NamedTuple):
    keys: list[Text]
    block: _Block | None
    directives: list[Directive]
    """Those of a server without braces."""


class _Import(NamedTuple):
    arguments: list[Text]


class _StrayBrace(NamedTuple):
    at: int


class _Reductions:
    """What becomes of each word, and of each rule of the grammar with what became of its parts; braces stay tokens."""

    WORD = QUOTED = COMMA = COMMA_QUOTED = IMPORT = staticmethod(word_of)

    def corefile(self, entries: list[Any]) -> list[Any]:
        return entries

    def fragment(self, bodies: list[list[Directive]]) -> list[Directive]:
        return bodies[0]

    def server(self, parts: list[Any]) -> _Server:
        keys, *rest = parts
        if rest and isinstance(rest[0], _Block):
            return _Server(keys, rest[0], [])
        return _Server(keys, None, rest[0] if rest else [])

    def keys(self, words: list[Text]) -> list[Text]:
        return words

    def import_line(self, parts: list[Any]) -> _Import:
        return _Import([part for part in parts[1:] if not isinstance(part, _Block)])

    def stray_brace(self, tokens: list[Any]) -> _StrayBrace:
        return _StrayBrace(_brace(tokens[0]))

    def block(self, parts: list[Any]) -> _Block:
        return _Block(parts[0].end_pos, parts[2].start_pos if len(parts) > 2 else None, parts[1])

    def body(self, directives: list[Directive]) -> list[Directive]:
        return directives

    def directive(self, parts: list[Any]) -> Directive:
        words, blocks = _apart(parts)
        lines = [line for block in blocks for line in block.lines]
        end = max(words[-1].span.end, blocks[-1].end) if blocks else words[-1].span.end
        block = Span(blocks[0].start, blocks[0].end) if blocks else None
        return Directive(words[0], words[1:], lines, end, block)

    def properties(self, parts: list[Any]) -> _Braces:
        opening, *lines, closing = parts
        start, height = _brace(opening), 0
        inmost = start
        found: list[Property] = []
        for line, blocks in lines:
            found += line
            for block in blocks:
                if block.height > height:
                    height, inmost = block.height, block.inmost
        if height == MAX_NESTING:
            message = f"braces are nested deeper than {MAX_NESTING} levels"
            raise CorefileError(message, Span(inmost, inmost + 1))
        return _Braces(start, _brace(closing) + 1, found, height + 1, inmost)

    def property(self, parts: list[Any]) -> tuple[list[Property], list[_Braces]]:
        """The line, or the lines of a block that no word stands before; and the blocks."""
        words, blocks = _apart(parts)
        nested = [line for block in blocks for line in block.lines]
        if not words:
            return nested, blocks
        end = max([words[-1].span.end, *(line.end for line in nested)])
        return [Property(words[0], words[1:], end, nested)], blocks


def _apart(parts: list[Any]) -> tuple[list[Text], list[_Braces]]:
    blocks = [part for part in parts if isinstance(part, _Braces)]
    return [part for part in parts if isinstance(part, Text)] if blocks else parts, blocks


def _brace(token: Any) -> int:
    written = re.search(r'"?[{}][^\s]*$', str(token))
    at: int = token.start_pos + (written.start() if written else 0)
    return at + (str(token)[at - token.start_pos] == '"')


@cache
def _parser() -> Any:
    from kpl_grammars import parser

    return parser("corefile", _Reductions())


# --- the file as a whole ---------------------------------------------------------------------------------------------


def _fill(corefile: Corefile, entries: list[Any]) -> None:
    last_block: _Block | None = None
    for entry in entries:
        last_block = None
        if isinstance(entry, _Server):
            block = _server(entry, corefile)
            (corefile.snippets if block.snippet is not None else corefile.servers).append(block)
            last_block = entry.block
        elif isinstance(entry, _Import):
            corefile.imports.append(entry.arguments)
        elif isinstance(entry, _Block):
            last_block = entry
        else:
            corefile.stray_braces.append(Span(entry.at, entry.at + 1))
    if last_block is not None and last_block.closed is None:
        if not _ends_with_brace(last_block):
            message = "the file ends inside a server block: a `}` is missing"
            raise CorefileError(message, _last_word(corefile.text))
        corefile.unclosed = True


def _ends_with_brace(block: _Block) -> bool:
    """CoreDNS only asks that the last token be a closing brace, a directive's own one will do."""
    return bool(block.directives) and block.directives[-1].head.end < block.directives[-1].end


def _server(entry: _Server, corefile: Corefile) -> ServerBlock:
    if entry.keys[-1].endswith(","):
        raise CorefileError("another key must follow this comma", entry.keys[-1].span)
    keys = [_key(word) for word in entry.keys]
    start, end = keys[0].span.start, keys[-1].span.end
    block, directives = entry.block, entry.block.directives if entry.block else entry.directives
    body = Span(end, directives[-1].end if directives else end)
    if block is not None:
        if block.closed is not None:
            _refuse_one_line(corefile.text, block.closed, directives)
        closed = body.end if block.closed is None else block.closed
        body = Span(block.opened, max(closed, block.opened))
        end = body.end if block.closed is None else closed + 1
    end = max(end, body.end)
    return ServerBlock([key for key in keys if key], directives, Span(start, end), body, corefile)


def _refuse_one_line(text: str, closed: int, directives: list[Directive]) -> None:
    """A directive's line takes in everything up to its end, the closing brace of its server too."""
    if directives and "\n" not in text[directives[-1].end : closed]:
        message = f"`}}` is not allowed on the line of `{directives[-1].name}`: it needs its own line"
        raise CorefileError(message, Span(closed, closed + 1))


def _key(word: Text) -> Text:
    return Text(word[:-1], Span(word.span.start, word.span.end - 1)) if word.endswith(",") else word
