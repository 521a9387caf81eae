"""The Corefile as a located model; `kpl.inputs.corefile.parser` makes it.

It groups a file as its author sees it: server blocks with keys, directives with arguments, and the properties
of a directive line by line. (CoreDNS's plugins read their block token by token, whatever the lines.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from kpl.text import late
from kpl.text.edit import Edit
from kpl.text.lines import line_end
from kpl.text.span import Span, Text

MAX_IMPORTED = 50
"""How many times as many directives as it has itself a file may bring in by its imports."""

Named = TypeVar("Named", "Property", "Directive")


@dataclass(eq=False, repr=False, slots=True)
class Property:
    """One line in a directive's block: `name` and `args`; `nested` holds the lines of the property's block."""

    name: Text
    args: list[Text]
    end: int
    """Behind its last word, or that of the last nested line."""
    nested: list[Property] = field(default_factory=list)

    @property
    def span(self) -> Span:
        """From the name to `end`."""
        return Span(self.name.span.start, self.end)


@dataclass(eq=False, repr=False, slots=True)
class Directive:
    """A plugin's line in a server block, with its block."""

    name: Text
    args: list[Text]
    properties: list[Property]
    end: int
    """Behind the last argument or closing brace."""
    block: Span | None = None
    """From ``{`` to ``}``."""
    _by_name: dict[str, list[Property]] | None = field(default=None, init=False, repr=False)

    def all(self, name: str) -> Sequence[Property]:
        """The properties `name`."""
        if self._by_name is None:  # a rule may ask for each of many properties
            self._by_name = _by_name(self.properties)
        return self._by_name.get(name, ())

    def get(self, name: str) -> Property | None:
        """The first property `name`."""
        return next(iter(self.all(name)), None)

    @property
    def span(self) -> Span:
        """From the name to `end`."""
        return Span(self.name.span.start, self.end)

    @property
    def head(self) -> Span:
        """From the name to the last argument, without the block."""
        return Span(self.name.span.start, (self.args or [self.name])[-1].span.end)


@dataclass(eq=False, repr=False)
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


@dataclass(eq=False, repr=False)
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

    def limit_imports(self) -> None:
        """Allow as many imports as the directives of the file are worth."""
        directives = sum(len(block.directives) for block in (*self.servers, *self.snippets))
        self.may_import = MAX_IMPORTED * (directives + MAX_IMPORTED)

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
        end = line_end(self.text, offset)
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
        end = min(line_end(self.text, span.end) + 1, len(self.text))
        if self.text[start : span.start].strip() or self.text[span.end : end].strip():
            return None
        if end == len(self.text) and not self.text.endswith("\n") and start:
            start -= 1  # the last line, without a line end: it takes the one before it along
        return Edit(start, end, "")


_PLACEHOLDER = late.pattern(
    r"\{\{|\}\}|\{%|%\}|\$\{|\$\(|%\{|__[A-Z][A-Z0-9_]*__|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$"
    # a shell's variable: CoreDNS fills in nothing without braces
    r"|^\$[A-Z][A-Z0-9_]+(?=$|[:./])|^%[a-z]$|^<(?:[\w .-]+>|[A-Za-z])"
)


def _by_name(named: Iterable[Named]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for each in named:
        found.setdefault(each.name, []).append(each)
    return found


def is_placeholder(word: str) -> bool:
    """Whether something else fills this word in later: Helm, Jinja, envsubst, `__PILLAR__`, `sed`, CoreDNS's own `{$VAR}`."""
    variable = word.find("{$")
    return (variable >= 0 and word.find("}", variable) >= 0) or _PLACEHOLDER.search(word) is not None


def _is_import(directive: Directive) -> bool:
    return directive.name == "import" and len(directive.args) == 1
