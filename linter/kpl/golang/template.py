"""text/template's Parse, as far as it can fail: Go's own error.

Mirrors Go 1.26, src/text/template/parse/parse.go and node.go. Other releases of Go differ a little and are not told apart: newlines
in actions are new in 1.16, ``break`` and ``continue`` in 1.18, ``else with`` in 1.23. What text/template does with the trees
afterwards cannot fail. A byte that was not UTF-8 is a lone surrogate (surrogateescape).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from kpl.golang.calls import Call, run
from kpl.golang.literals import unquote
from kpl.golang.template_lexer import Lexer, Token
from kpl.golang.template_numbers import check_number
from kpl.golang.values import GoError, quote

BUILTINS = frozenset("and call html index slice js len not or print printf println urlquery eq ge gt le lt ne".split())
"""The functions that every template has."""

_MAX_DEPTH = 10_000
_LITERALS = frozenset(("bool", ".", "nil", "number", "string"))
_OPERANDS = frozenset(
    (
        "bool",
        "character constant",
        "complex",
        ".",
        "field",
        "identifier",
        "number",
        "nil",
        "raw string",
        "string",
        "variable",
        "left paren",
    )
)
# unicode.IsSpace
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def check_template(name: str, text: str, functions: Collection[str]) -> None:
    """template.New(name).Funcs(functions).Parse(text). Raises GoError with the text of its error."""
    known = BUILTINS.union(functions)
    run(_Tree(_Source(name, Lexer(text, known), known), name).parse())


class _Node(NamedTuple):
    """What a part of the grammar leaves behind: its kind and, where an error may show it, its text.

    `blank` tells of a text that it is nothing but space, of an ``end`` that there is nothing else before it.
    """

    kind: str
    text: str = ""
    blank: bool = False


_NOTHING = _Node("nothing")
_END, _ELSE = _Node("end", "{{end}}"), _Node("else", "{{else}}")


class _Source:
    """What the trees of one text share."""

    def __init__(self, name: str, lexer: Lexer, functions: Collection[str]) -> None:
        self.name = name
        self.tokens = iter(lexer)
        self.functions = functions
        self.is_blank: dict[str, bool] = {}


class _Tree:
    """parse.Tree: the template itself, or one that it defines. Its functions mirror those of the same name."""

    def __init__(self, source: _Source, name: str) -> None:
        self._source = source
        self._name = name
        # what was pushed back, the next one last; the first one is the last that was read
        self._tokens = [Token("EOF", "", 0)] * 3
        self._peeked = 0
        self._variables = ["$"]
        self._visible = Counter(self._variables)
        self._action_line = 0
        self._ranges = 0
        self._depth = 0

    # -- tokens

    def _next(self) -> Token:
        if self._peeked:
            self._peeked -= 1
        else:
            self._tokens[0] = next(self._source.tokens)
        return self._tokens[self._peeked]

    def _peek(self) -> Token:
        if not self._peeked:
            self._tokens[0] = next(self._source.tokens)
            self._peeked = 1
        return self._tokens[self._peeked - 1]

    def _backup(self) -> None:
        self._peeked += 1

    def _next_non_space(self) -> Token:
        token = self._next()
        while token.kind == "space":
            token = self._next()
        return token

    def _peek_non_space(self) -> Token:
        token = self._next_non_space()
        self._backup()
        return token

    def _error(self, why: object) -> GoError:
        """errorf"""
        return GoError(f"template: {self._source.name}:{self._tokens[0].line}: {why}")

    def _unexpected(self, token: Token, context: str) -> GoError:
        if token.kind != "error":
            return self._error(f"unexpected {token} in {context}")
        extra = ""
        if self._action_line not in (0, token.line):
            extra = f" in action started at {self._source.name}:{self._action_line}"
            if token.text.endswith(" action"):
                extra = extra.removeprefix(" in action")
        return self._error(f"{token}{extra}")

    def _expect(self, kinds: Collection[str], context: str) -> Token:
        token = self._next_non_space()
        if token.kind not in kinds:
            raise self._unexpected(token, context)
        return token

    # -- templates

    def _add(self, blank: bool) -> None:
        known = self._source.is_blank
        if known.get(self._name, True):
            known[self._name] = blank
        elif not blank:
            raise self._error(f"template: multiple definition of template {quote(self._name)}")

    def parse(self) -> Call[_Node]:
        """The template itself, to its end."""
        blank = True
        while self._peek().kind != "EOF":
            if self._peek().kind == "left delim":
                delimiter = self._next()
                if self._next_non_space().kind == "define":
                    yield _Tree(self._source, "").definition()
                    continue
                self._tokens[1] = delimiter
                self._peeked = 2
            node = yield self._text_or_action()
            if node.kind in ("end", "else"):
                raise self._error(f"unexpected {node.text}")
            blank = blank and node.blank
        self._add(blank)
        return _NOTHING

    def definition(self) -> Call[_Node]:
        """parseDefinition: behind the word ``define``."""
        context = "define clause"
        self._name = self._unquoted(self._expect(("string", "raw string"), context))
        self._expect(("right delim",), context)
        end = yield self.items()
        if end.kind != "end":
            raise self._error(f"unexpected {end.text} in {context}")
        self._add(end.blank)
        return _NOTHING

    def items(self) -> Call[_Node]:
        """itemList: up to an ``end`` or ``else``, which is returned."""
        blank = True
        while self._peek_non_space().kind != "EOF":
            node = yield self._text_or_action()
            if node.kind in ("end", "else"):
                return node._replace(blank=blank)
            blank = blank and node.blank
        raise self._error("unexpected EOF")

    def _text_or_action(self) -> Call[_Node]:
        token = self._next_non_space()
        if token.kind == "text":
            return _Node("text", blank=not token.text.strip(_SPACE))
        if token.kind != "left delim":
            raise self._unexpected(token, "input")
        self._action_line = token.line
        node = yield self._action()
        self._action_line = 0
        return node

    # -- actions

    def _action(self) -> Call[_Node]:
        word = self._next_non_space().kind
        if word in ("if", "range", "with"):
            return (yield self._control(word))
        if word in ("break", "continue"):
            self._expect(("right delim",), f"{{{{{word}}}}}")
            if not self._ranges:
                raise self._error(f"{{{{{word}}}}} outside {{{{range}}}}")
            return _Node(word)
        if word == "else":
            if self._peek_non_space().kind not in ("if", "with"):
                self._expect(("right delim",), "else")
            return _ELSE
        if word == "end":
            self._expect(("right delim",), "end")
            return _END
        if word == "block":
            return (yield self._block())
        if word == "template":
            context = "template clause"
            self._template_name(context)
            if self._next_non_space().kind == "right delim":
                return _Node("template")
            self._backup()
            return (yield self._pipeline(context, "right delim"))
        self._backup()
        return (yield self._pipeline("command", "right delim"))

    def _control(self, context: str) -> Call[_Node]:
        """parseControl: ``if``, ``range`` or ``with``, to its ``end``."""
        variables = len(self._variables)
        yield self._pipeline(context, "right delim")
        self._ranges += context == "range"
        following = yield self.items()
        self._ranges -= context == "range"
        if following.kind == "else":
            if context != "range" and self._peek().kind == context:
                self._next()
                yield self._control(context)
            else:
                following = yield self.items()
                if following.kind != "end":
                    raise self._error(f"expected end; found {following.text}")
        while len(self._variables) > variables:
            self._visible[self._variables.pop()] -= 1
        return _Node(context)

    def _block(self) -> Call[_Node]:
        context = "block clause"
        name = self._template_name(context)
        yield self._pipeline(context, "right delim")
        tree = _Tree(self._source, name)
        end = yield tree.items()
        if end.kind != "end":
            raise self._error(f"unexpected {end.text} in {context}")
        tree._add(end.blank)
        return _Node("template")

    def _template_name(self, context: str) -> str:
        return self._unquoted(self._expect(("string", "raw string"), context))

    def _unquoted(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except GoError as error:
            raise self._error(error) from None

    # -- pipelines

    def _pipeline(self, context: str, end: str) -> Call[_Node]:
        self._declarations(context)
        first_operands: list[str] = []
        while (token := self._next_non_space()).kind != end:
            if token.kind not in _OPERANDS:
                raise self._unexpected(token, context)
            self._backup()
            command = yield self._command()
            first_operands.append(command.kind)
        if not first_operands:
            raise self._error(f"missing value for {context}")
        for number, kind in enumerate(first_operands[1:], 2):
            if kind in _LITERALS:
                raise self._error(f"non executable command in pipeline stage {number}")
        return _Node("pipe")

    def _declarations(self, context: str) -> None:
        """``$x :=``, ``$x =``, and in a range ``$x, $y :=``."""
        declared = 0
        while (variable := self._peek_non_space()).kind == "variable":
            self._next()
            behind = self._peek()
            following = self._peek_non_space()
            comma = following.kind == "character" and following.text == ","
            if not comma and following.kind not in ("assign", "declare"):
                if behind.kind == "space":
                    self._tokens[1:] = behind, variable
                    self._peeked = 3
                else:
                    self._tokens[1] = variable
                    self._peeked = 2
                return
            self._next_non_space()
            self._variables.append(variable.text)
            self._visible[variable.text] += 1
            declared += 1
            if not comma:
                return
            if context != "range" or declared == 2:
                raise self._error(f"too many declarations in {context}")
            if self._peek_non_space().kind not in ("variable", "right delim", "right paren"):
                raise self._error("range can only initialize variables")

    def _command(self) -> Call[_Node]:
        """Operands between bars; the node is the first one."""
        first = yield self._operand()
        while (token := self._next()).kind == "space":
            self._peek_non_space()
            yield self._operand()
        if token.kind in ("right delim", "right paren"):
            self._backup()
        elif token.kind != "pipe":
            raise self._unexpected(token, "operand")
        return first

    def _operand(self) -> Call[_Node]:
        node = yield self._term()
        if node is _NOTHING or self._peek().kind != "field":
            return node
        while self._peek().kind == "field":
            self._next()
        if node.kind in _LITERALS:
            raise self._error(f"unexpected . after term {quote(node.text)}")
        return node if node.kind in ("field", "variable") else _Node("chain")

    def _term(self) -> Call[_Node]:
        token = self._next_non_space()
        kind = token.kind
        if kind == "identifier" and token.text not in self._source.functions:
            raise self._error(f"function {quote(token.text)} not defined")
        if kind == "variable" and not self._visible[token.text]:
            raise self._error(f"undefined variable {quote(token.text)}")
        if kind in ("character constant", "complex", "number"):
            try:
                check_number(token)
            except GoError as error:
                raise self._error(error) from None
            return _Node("number", token.text)
        if kind in ("string", "raw string"):
            self._unquoted(token)
            return _Node("string", token.text)
        if kind == "left paren":
            if self._depth >= _MAX_DEPTH:
                raise self._error("max expression depth exceeded")
            self._depth += 1
            node = yield self._pipeline("parenthesized pipeline", "right paren")
            self._depth -= 1
            return node
        if kind in _OPERANDS:
            return _Node(kind, token.text)
        self._backup()
        return _NOTHING
