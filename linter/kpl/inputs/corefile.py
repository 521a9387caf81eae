"""The Corefile: text -> lark tree -> located model.

The model groups a file as its author sees it: server blocks with keys, directives with arguments, and the properties
of a directive line by line. (CoreDNS's plugins read their block token by token, whatever the lines; see
`kpl_grammars/corefile.lark` for what is exact here.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

from kpl.text.edit import Edit
from kpl.text.span import Span, Text

MAX_NESTING = 100
MAX_IMPORTED = 50
"""How many times as many directives as it has itself a file may bring in by its imports."""
MAX_WORDS = 150_000
"""Comments do not count. 1 MiB, all that Kubernetes keeps in a ConfigMap, holds so many words of six letters."""


class CorefileError(Exception):
    """A Corefile that CoreDNS's parser refuses: why, and where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


Named = TypeVar("Named", "Property", "Directive")


@dataclass(eq=False)
class Property:
    """One line inside of a directive's block: `name` and `args`; `nested` holds the lines of its own block."""

    name: Text
    args: list[Text]
    span: Span
    nested: list[Property] = field(default_factory=list)


@dataclass(eq=False)
class Directive:
    """A plugin's line in a server block, with its block; `span` ends behind the last argument or closing brace."""

    name: Text
    args: list[Text]
    properties: list[Property]
    span: Span
    block: Span | None = None
    """From ``{`` to ``}``."""

    # a rule may ask for each of many properties
    @cached_property
    def _by_name(self) -> dict[str, list[Property]]:
        return _by_name(self.properties)

    def all(self, name: str) -> Sequence[Property]:
        """The properties `name`."""
        return self._by_name.get(name, ())

    def find(self, name: str) -> Property | None:
        """The first property `name`."""
        return next(iter(self.all(name)), None)

    @property
    def head(self) -> Span:
        """From the name to the last argument, without the block."""
        return Span(self.name.span.start, (self.args or [self.name])[-1].span.end)


@dataclass(eq=False)
class ServerBlock:
    """Keys and the directives under them; a snippet is a block whose only key is ``(name)``."""

    keys: list[Text]
    directives: list[Directive]
    span: Span
    body: Span
    """From behind ``{`` to ``}``, or to the end of a block that has no braces."""
    corefile: Corefile = field(repr=False)

    @property
    def snippet(self) -> str | None:
        """The name of the snippet that this block defines."""
        key = self.keys[0] if len(self.keys) == 1 else ""
        return key[1:-1] if len(key) > 2 and key[0] == "(" and key[-1] == ")" else None

    @property
    def key_span(self) -> Span:
        """From the first key to the last one."""
        if not self.keys:
            return Span(self.span.start, self.span.start + 1)
        return Span(self.keys[0].span.start, self.keys[-1].span.end)

    def expanded(self) -> Iterator[Directive]:
        """The directives, those of imported snippets of the same file in place of their ``import``.

        A snippet that is imported again adds nothing: snippets that import each other twice would never come to an end.
        An ``import`` of a snippet that is being expanded stays one, and so does every ``import`` once the blocks of the
        file have brought in more than `MAX_IMPORTED` allows.
        """
        return iter(self._expanded)

    # rules ask again for each directive of the block
    @cached_property
    def _expanded(self) -> list[Directive]:
        return list(self._expand())

    def _expand(self) -> Iterator[Directive]:
        done: set[str] = set()
        path: dict[str, Iterator[Directive]] = {"": iter(self.directives)}
        while path:
            inmost = next(reversed(path))
            directive = next(path[inmost], None)
            if directive is None:
                del path[inmost]
                continue
            name = directive.args[0] if _is_import(directive) else ""
            snippet = self.corefile.snippet(name) if name else None
            if snippet is None or name in path or len(snippet.directives) > self.corefile.may_import:
                yield directive
            elif name not in done:
                done.add(name)
                path[name] = iter(snippet.directives)
                self.corefile.may_import -= len(snippet.directives)

    @cached_property
    def _by_name(self) -> dict[str, list[Directive]]:
        return _by_name(self._expanded)

    @property
    def names(self) -> Set[str]:
        """The names of the directives, those out of imported snippets too."""
        return self._by_name.keys()

    def all(self, name: str) -> Sequence[Directive]:
        """The directives `name`, also out of imported snippets."""
        return self._by_name.get(name, ())

    def get(self, name: str) -> Directive | None:
        """The first directive `name`, also out of an imported snippet."""
        return next(iter(self.all(name)), None)

    def has(self, name: str) -> bool:
        """Whether the block has the directive `name`, written or imported from a snippet."""
        return self.get(name) is not None

    @cached_property
    def complete(self) -> bool:
        """Whether everything in the block is known: no import of other files, no template that is not rendered.

        A rule that reports something as missing must ask this first.
        """
        return not any(name == "import" or is_placeholder(name) for name in self.names)


@dataclass(eq=False)
class Corefile:
    """A parsed Corefile: `text`, its blocks in order, and the imports between them."""

    text: str
    servers: list[ServerBlock] = field(default_factory=list)
    snippets: list[ServerBlock] = field(default_factory=list)
    imports: list[list[Text]] = field(default_factory=list)
    """The arguments of each ``import`` outside of blocks."""
    fragment: bool = False
    """Whether these are the plugin lines of a block that stands elsewhere (``*.override``)."""
    stray_braces: list[Span] = field(default_factory=list)
    """Closing braces that close nothing."""
    unclosed: bool = False
    """Whether the last closing brace is missing, which CoreDNS accepts where a directive's own one comes last."""
    may_import: int = field(default=0, repr=False)
    """How many more directives of snippets are looked at in the place of their imports."""

    def snippet(self, name: str) -> ServerBlock | None:
        """The snippet `name` of this file."""
        return self._snippets.get(name)

    @cached_property
    def _snippets(self) -> dict[str | None, ServerBlock]:
        return {each.snippet: each for each in reversed(self.snippets)}

    # --- edits ---------------------------------------------------------------------------------------------------

    def indent_at(self, offset: int) -> str:
        """The white space that starts the line of `offset`."""
        start = self.text.rfind("\n", 0, offset) + 1
        found = re.compile(r"[ \t]*").match(self.text, start)
        return found.group() if found else ""

    def _line_end(self, offset: int) -> int:
        end = self.text.find("\n", offset)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[end - 1 : end] == "\r" and end > offset else end

    def insert_after(self, directive: Directive, *lines: str) -> Edit:
        """New directive lines below `directive`, indented as it is."""
        indent = self.indent_at(directive.span.start)
        at = self._line_end(directive.span.end)
        return Edit(at, at, "".join(f"\n{indent}{line}" if line else "\n" for line in lines))

    def insert_block_after(self, directive: Directive, head: str, *lines: str) -> Edit:
        """A new directive with a block below `directive`."""
        return self.insert_after(directive, f"{head} {{", *(self._unit(directive) + line for line in lines), "}")

    def append(self, server: ServerBlock, *lines: str) -> Edit | None:
        """New directive lines at the end of `server`; None where it has no directive to follow."""
        return self.insert_after(server.directives[-1], *lines) if server.directives else None

    def add_property(self, directive: Directive, line: str) -> Edit:
        """A new last line in the block of `directive`, which gets a block if it has none."""
        indent = self.indent_at(directive.span.start)
        inner = indent + self._unit(directive)
        if directive.properties and not directive.properties[-1].nested:
            last = directive.properties[-1]
            at = self._line_end(last.span.end)
            if directive.block and at >= directive.block.end:
                # `}` closes on the same line
                return Edit(last.span.end, directive.block.end - 1, f"\n{inner}{line}\n{indent}")
            return Edit(at, at, f"\n{self.indent_at(last.span.start)}{line}")
        if directive.block and "\n" in self.text[slice(*directive.block)]:
            at = self._line_end(self.text.rfind("\n", 0, directive.block.end))  # behind comments that stand alone
            return Edit(at, at, f"\n{inner}{line}")
        if directive.block:
            return Edit(directive.block.start, directive.block.end, f"{{\n{inner}{line}\n{indent}}}")
        at = self._word_end(directive.head.end)
        return Edit(at, at, f" {{\n{inner}{line}\n{indent}}}")

    def _word_end(self, at: int) -> int:
        found = re.compile(r"[^\s]*").match(self.text, at)
        return found.end() if found else at

    def _unit(self, directive: Directive) -> str:
        indent = self.indent_at(directive.span.start)
        return "\t" if indent.startswith("\t") else indent if 0 < len(indent) < 4 else "    "

    def remove_lines(self, span: Span) -> Edit | None:
        """`span` with the lines that it stands on; None when something else, a comment say, stands there too."""
        start = self.text.rfind("\n", 0, span.start) + 1
        end = self.text.find("\n", span.end)
        end = len(self.text) if end < 0 else end + 1
        if self.text[start : span.start].strip() or self.text[span.end : end].strip():
            return None
        if end == len(self.text) and not self.text.endswith("\n") and start:
            start -= 1  # the last line, without a line end: it takes the one before it along
        return Edit(start, end, "")


_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\$\{|\$\(|%\{|__[A-Z][A-Z0-9_]*__|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^%[a-z]$|^<[\w .-]+>$"
)


_WORD_OR_COMMENT = re.compile(r"#[^\n]*|[^\s#]\S*")


def has_many_words(text: str) -> bool:
    """Whether `text` has more words than any Corefile: a word takes a thousand times its size to look at."""
    if len(text) <= 2 * MAX_WORDS:
        return False
    words = (found for found in _WORD_OR_COMMENT.finditer(text) if text[found.start()] != "#")
    return next(islice(words, MAX_WORDS, None), None) is not None


def _by_name(named: Iterable[Named]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for each in named:
        found.setdefault(each.name, []).append(each)
    return found


def is_placeholder(word: str) -> bool:
    """Whether something else fills this word in later: Helm, Jinja, envsubst, `__PILLAR__`, CoreDNS's own `{$VAR}`."""
    variable = word.find("{$")
    return (variable >= 0 and word.find("}", variable) >= 0) or _PLACEHOLDER.search(word) is not None


def _is_import(directive: Directive) -> bool:
    return directive.name == "import" and len(directive.args) == 1


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
    from kpl_grammars import parser

    try:
        tree = parser("corefile").parse(text, start="fragment" if fragment else "corefile")
    except Exception as error:
        raise _corefile_error(error, text) from None
    corefile = _Builder(text, fragment).build(tree)
    directives = sum(len(block.directives) for block in (*corefile.servers, *corefile.snippets))
    corefile.may_import = MAX_IMPORTED * (directives + MAX_IMPORTED)
    return corefile


def _corefile_error(error: Any, text: str) -> CorefileError:
    token = getattr(error, "token", None)
    if token is None:
        at = getattr(error, "pos_in_stream", None)
        if at is None:
            raise error
        return CorefileError("this character cannot stand here", Span(at, at + 1))
    if token.type == "$END":
        return CorefileError("the file ends inside of a block: `}` is missing", _last_word(text))
    word = Span(token.start_pos, token.start_pos + len(str(token).rstrip("\r\n")))
    if token.type == "RBRACE":
        return CorefileError("`}` closes nothing here: its `{` is missing, or stands on the same line", word)
    if token.type in ("LBRACE", "NL_LBRACE"):
        return CorefileError("`{` opens a block where none can be", Span(token.end_pos - 1, token.end_pos))
    return CorefileError(f"`{token}` cannot stand here", word)


def _last_word(text: str) -> Span:
    end = len(text.rstrip())
    return Span(max(end - 1, 0), end)


class _Builder:
    def __init__(self, text: str, fragment: bool) -> None:
        self.corefile = Corefile(text, fragment=fragment)
        self.text = text

    def build(self, tree: Any) -> Corefile:
        if self.corefile.fragment:
            body = next(iter(tree.children), None)
            directives = self._directives(body) if body is not None else []
            whole = Span(0, len(self.text))
            self.corefile.servers.append(ServerBlock([], directives, whole, whole, self.corefile))
            return self.corefile
        last_block: Any = None
        for entry in tree.children:
            last_block = None
            if entry.data == "server":
                self._server(entry)
                last_block = (
                    entry.children[1] if len(entry.children) > 1 and entry.children[1].data == "block" else None
                )
            elif entry.data == "import_line":
                self.corefile.imports.append([word_of(token) for token in entry.children[1:] if hasattr(token, "type")])
            elif entry.data == "block":
                last_block = entry
            elif entry.data == "stray_brace":
                at = self._brace(entry.children[0])
                self.corefile.stray_braces.append(Span(at, at + 1))
        if last_block is not None and not self._closed(last_block):
            raise CorefileError("the file ends inside of a server block: `}` is missing", _last_word(self.text))
        if last_block is not None:
            self.corefile.unclosed = getattr(last_block.children[-1], "type", "") != "RBRACE"
        return self.corefile

    def _closed(self, block: Any) -> bool:
        """CoreDNS only asks that the last token be a closing brace, a directive's own one will do."""
        last = block.children[-1]
        if not hasattr(last, "type"):
            while getattr(last, "children", None):
                last = last.children[-1]
        return getattr(last, "type", "") == "RBRACE"

    def _server(self, entry: Any) -> None:
        last_key = entry.children[0].children[-1]
        if last_key.type in ("COMMA", "COMMA_QUOTED"):
            raise CorefileError(
                "another key must follow this comma", Span(last_key.start_pos, word_of(last_key).span.end)
            )
        keys = [self._key(token) for token in entry.children[0].children]
        directives: list[Directive] = []
        start, end = keys[0].span.start, keys[-1].span.end
        body = Span(end, end)
        if len(entry.children) > 1:
            rest = entry.children[1]
            inner = rest if rest.data == "body" else next(c for c in rest.children if getattr(c, "data", "") == "body")
            directives = self._directives(inner)
            if directives:
                body = Span(end, directives[-1].span.end)
            if rest.data == "block":
                self._refuse_one_line(rest, directives)
                opened = rest.children[0].end_pos
                last = rest.children[-1]
                closed = last.start_pos if getattr(last, "type", "") == "RBRACE" else body.end
                body = Span(opened, max(closed, opened))
                end = last.start_pos + 1 if getattr(last, "type", "") == "RBRACE" else body.end
            end = max(end, body.end)
        server = ServerBlock([key for key in keys if key], directives, Span(start, end), body, self.corefile)
        (self.corefile.snippets if server.snippet is not None else self.corefile.servers).append(server)

    def _refuse_one_line(self, block: Any, directives: list[Directive]) -> None:
        """A directive's line takes in everything up to its end, the closing brace of its server too."""
        last = block.children[-1]
        if not directives or getattr(last, "type", "") != "RBRACE":
            return
        if "\n" not in self.text[directives[-1].span.end : last.start_pos]:
            message = f"`}}` cannot stand on the line of `{directives[-1].name}`: it needs a line of its own"
            raise CorefileError(message, Span(last.start_pos, last.start_pos + 1))

    @staticmethod
    def _key(token: Any) -> Text:
        word = word_of(token)
        return Text(word[:-1], Span(word.span.start, word.span.end - 1)) if word.endswith(",") else word

    def _directives(self, body: Any) -> list[Directive]:
        return [self._directive(each) for each in body.children]

    def _directive(self, tree: Any) -> Directive:
        words = [word_of(token) for token in tree.children if hasattr(token, "type")]
        blocks = [each for each in tree.children if not hasattr(each, "type")]
        properties = [line for block in blocks for line in self._properties(block, 1)]
        span = Span(words[0].span.start, words[-1].span.end)
        block = None
        if blocks:
            block = Span(self._brace(blocks[0].children[0]), self._brace(blocks[0].children[-1]) + 1)
            span = Span(span.start, max(span.end, self._brace(blocks[-1].children[-1]) + 1))
        return Directive(words[0], words[1:], properties, span, block)

    @staticmethod
    def _brace(token: Any) -> int:
        written = re.search(r'"?[{}][^\s]*$', str(token))
        at: int = token.start_pos + (written.start() if written else 0)
        return at + (str(token)[at - token.start_pos] == '"')

    def _properties(self, tree: Any, depth: int) -> list[Property]:
        if depth > MAX_NESTING:
            at = tree.children[0].start_pos
            raise CorefileError(f"braces are nested deeper than {MAX_NESTING} levels", Span(at, at + 1))
        found: list[Property] = []
        for each in tree.children[1:-1]:
            words = [word_of(token) for token in each.children if hasattr(token, "type")]
            nested = [p for c in each.children if not hasattr(c, "type") for p in self._properties(c, depth + 1)]
            if not words:
                found += nested
                continue
            end = max([words[-1].span.end, *(p.span.end for p in nested)])
            found.append(Property(words[0], words[1:], Span(words[0].span.start, end), nested))
        return found
