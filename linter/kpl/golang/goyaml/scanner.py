"""The tokens of a YAML file, as go-yaml v2 finds them.

Source: go.yaml.in/yaml/v2 v2.4.4, scannerc.go; the same in every release since gopkg.in/yaml.v2 v2.2.8. It is a libyaml
of its own age, with limits and exceptions of its own: ``%YAML 1.2`` is refused, ``{a: b:c}`` is not.
"""

from __future__ import annotations

from collections.abc import Callable

from kpl.golang.goyaml.characters import BREAKS, END
from kpl.golang.goyaml.cursor import Cursor
from kpl.golang.goyaml.scalars import scan_block_scalar, scan_plain_scalar, scan_quoted_scalar
from kpl.golang.goyaml.tags import scan_directive, scan_tag
from kpl.golang.goyaml.tokens import Kind, Token
from kpl.text import late


class _SimpleKey:
    """A token that a ``:`` may turn into a key."""

    __slots__ = ("column", "line", "possible", "required", "start", "token_number")

    def __init__(self, possible: bool, required: bool, token_number: int, start: int, line: int, column: int) -> None:
        self.possible = possible
        self.required = required
        self.token_number = token_number
        self.start = start
        self.line = line
        self.column = column


_MAX_DEPTH = 10_000
_MAX_KEY = 1024
_LOOKAHEAD = 4
_BLANK_Z = frozenset(" \t" + BREAKS + END)
_PLAIN_OR_NOT = frozenset(" \t" + BREAKS + END + "-?:,[]{}#&*!|>'\"%@`.")
_COMMENT = late.pattern(f"[^{BREAKS}{END}]*")
_SPACES = late.pattern(" *")
_BLANKS = late.pattern("[ \t]*")
_NAME = late.pattern("[0-9A-Za-z_-]*")
_AFTER_NAME = _BLANK_Z | frozenset("?:,]}%@`")


class Scanner(Cursor):
    """Makes tokens on demand: `peek` shows the next one, `skip` goes past it. Both raise GoYamlError."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._indents: list[int] = []
        self._simple_keys = [_SimpleKey(False, False, 0, 0, 0, 0)]
        self._key_of_token: dict[int, int] = {}
        self._tokens: list[Token] = []
        self._head = 0
        self._parsed = 0
        self._started = False
        self._available = False

    def peek(self) -> Token:
        """The next token."""
        if not self._available:
            self._fetch_more()
        return self._tokens[self._head]

    def skip(self) -> None:
        """Go past the token that `peek` shows."""
        self._available = False
        self._parsed += 1
        self._head += 1
        if self._head > 1000:
            del self._tokens[: self._head]
            self._head = 0

    def _fetch_more(self) -> None:
        while True:
            if self._head != len(self._tokens):
                index = self._key_of_token.get(self._parsed)
                if index is None or not self._is_valid(self._simple_keys[index]):
                    break
            self._fetch_next()
        self._available = True

    def _insert(self, token: Token, at: int = -1) -> None:
        if at < 0:
            self._tokens.append(token)
        else:
            self._tokens.insert(self._head + at, token)

    def _mark(self, kind: Kind, length: int) -> None:
        """Append a token of the next `length` characters."""
        start = self.pos
        self.pos += length
        self._insert(Token(kind, start, self.pos, self.line))

    def _fetch_next(self) -> None:
        self.need(1)
        if not self._started:
            self._started = True
            self._mark(Kind.STREAM_START, 0)
            return
        self._go_to_next_token()
        self._unroll(self.column)
        self.need(_LOOKAHEAD)
        text, pos = self.text, self.pos
        character = text[pos]
        if character not in _PLAIN_OR_NOT:
            self._fetch_scalar(scan_plain_scalar)
            return
        at_line_start = pos == self.line_start
        if character == END:
            self._fetch_stream_end()
        elif at_line_start and character == "%":
            self._reset()
            self._insert(scan_directive(self))
        elif at_line_start and character in "-." and text.startswith(character * 3, pos) and text[pos + 3] in _BLANK_Z:
            self._reset()
            self._mark(Kind.DOCUMENT_START if character == "-" else Kind.DOCUMENT_END, 3)
        elif character == "[":
            self._fetch_flow_start(Kind.FLOW_SEQUENCE_START)
        elif character == "{":
            self._fetch_flow_start(Kind.FLOW_MAPPING_START)
        elif character == "]":
            self._fetch_flow_end(Kind.FLOW_SEQUENCE_END)
        elif character == "}":
            self._fetch_flow_end(Kind.FLOW_MAPPING_END)
        elif character == ",":
            self._remove_key()
            self.simple_key_allowed = True
            self._mark(Kind.FLOW_ENTRY, 1)
        else:
            self._fetch_indicator(character, text[pos + 1] in _BLANK_Z)

    def _fetch_indicator(self, character: str, blank_follows: bool) -> None:
        in_flow = self.flow_level > 0
        if character == "-" and blank_follows:
            self._fetch_block_entry()
        elif character == "?" and (in_flow or blank_follows):
            self._fetch_key()
        elif character == ":" and (in_flow or blank_follows):
            self._fetch_value()
        elif character in "*&":
            self._fetch_anchor(Kind.ALIAS if character == "*" else Kind.ANCHOR)
        elif character == "!":
            self._save_key()
            self.simple_key_allowed = False
            start, line = self.pos, self.line
            handle, suffix = scan_tag(self)
            self._insert(Token(Kind.TAG, start, self.pos, line, handle, suffix))
        elif character in "|>" and not in_flow:
            self._remove_key()
            self.simple_key_allowed = True
            start, line = self.pos, self.line
            value, end = scan_block_scalar(self)
            self._insert(Token(Kind.SCALAR, start, end, line, value))
        elif character in "'\"":
            self._fetch_scalar(scan_quoted_scalar)
        elif (
            character == "."
            or (character == "-" and self.text[self.pos + 1] not in " \t")
            or (not in_flow and character in "?:" and not blank_follows)
        ):
            self._fetch_scalar(scan_plain_scalar)
        else:
            self.fail("found character that cannot start any token")

    def _fetch_scalar(self, scan: Callable[[Cursor], tuple[str, int]]) -> None:
        self._save_key()
        self.simple_key_allowed = False
        start, line = self.pos, self.line
        value, end = scan(self)
        self._insert(Token(Kind.SCALAR, start, end, line, value, plain=scan is scan_plain_scalar))

    def _go_to_next_token(self) -> None:
        text = self.text
        while True:
            self.need(1)
            blanks = _BLANKS if self.flow_level > 0 or not self.simple_key_allowed else _SPACES
            found = blanks.match(text, self.pos)
            assert found is not None
            self.pos = found.end()
            if text[self.pos] == "#":
                comment = _COMMENT.match(text, self.pos)
                assert comment is not None
                self.pos = comment.end()
            if text[self.pos] not in BREAKS:
                break
            self.next_line()
            if self.flow_level == 0:
                self.simple_key_allowed = True
        self.need(1)

    def _is_valid(self, key: _SimpleKey) -> bool:
        if not key.possible:
            return False
        if key.line < self.line or key.start + _MAX_KEY < self.pos:
            if key.required:
                self.fail("could not find expected ':'")
            key.possible = False
            return False
        return True

    def _save_key(self) -> None:
        if not self.simple_key_allowed:
            return
        required = self.flow_level == 0 and self.indent == self.column
        number = self._parsed + len(self._tokens) - self._head
        self._remove_key()
        self._simple_keys[-1] = _SimpleKey(True, required, number, self.pos, self.line, self.column)
        self._key_of_token[number] = len(self._simple_keys) - 1

    def _remove_key(self) -> None:
        key = self._simple_keys[-1]
        if key.possible:
            if key.required:
                self.fail("could not find expected ':'")
            key.possible = False
            self._key_of_token.pop(key.token_number, None)

    def _reset(self) -> None:
        self._unroll(-1)
        self._remove_key()
        self.simple_key_allowed = False

    def _roll(self, column: int, number: int, kind: Kind, start: int, line: int) -> None:
        """Open a block collection when `column` is further right; its token goes in front of token `number`."""
        if self.flow_level > 0 or self.indent >= column:
            return
        self._indents.append(self.indent)
        self.indent = column
        if len(self._indents) > _MAX_DEPTH:
            self.fail(f"exceeded max depth of {_MAX_DEPTH}")
        self._insert(Token(kind, start, start, line), number - self._parsed if number > -1 else number)

    def _unroll(self, column: int) -> None:
        if self.flow_level > 0:
            return
        while self.indent > column:
            self._insert(Token(Kind.BLOCK_END, self.pos, self.pos, self.line))
            self.indent = self._indents.pop()

    def _fetch_stream_end(self) -> None:
        if self.column != 0:
            self.line += 1
            self.line_start = self.pos
        self._reset()
        self._mark(Kind.STREAM_END, 0)

    def _fetch_flow_start(self, kind: Kind) -> None:
        self._save_key()
        number = self._parsed + len(self._tokens) - self._head
        self._simple_keys.append(_SimpleKey(False, False, number, self.pos, self.line, self.column))
        self.flow_level += 1
        if self.flow_level > _MAX_DEPTH:
            self.fail(f"exceeded max depth of {_MAX_DEPTH}")
        self.simple_key_allowed = True
        self._mark(kind, 1)

    def _fetch_flow_end(self, kind: Kind) -> None:
        self._remove_key()
        if self.flow_level > 0:
            self.flow_level -= 1
            self._key_of_token.pop(self._simple_keys.pop().token_number, None)
        self.simple_key_allowed = False
        self._mark(kind, 1)

    def _fetch_block_entry(self) -> None:
        if self.flow_level == 0:
            if not self.simple_key_allowed:
                self.fail("block sequence entries are not allowed in this context")
            self._roll(self.column, -1, Kind.BLOCK_SEQUENCE_START, self.pos, self.line)
        self._remove_key()
        self.simple_key_allowed = True
        self._mark(Kind.BLOCK_ENTRY, 1)

    def _fetch_key(self) -> None:
        if self.flow_level == 0:
            if not self.simple_key_allowed:
                self.fail("mapping keys are not allowed in this context")
            self._roll(self.column, -1, Kind.BLOCK_MAPPING_START, self.pos, self.line)
        self._remove_key()
        self.simple_key_allowed = self.flow_level == 0
        self._mark(Kind.KEY, 1)

    def _fetch_value(self) -> None:
        key = self._simple_keys[-1]
        if self._is_valid(key):
            self._insert(Token(Kind.KEY, key.start, key.start, key.line), key.token_number - self._parsed)
            self._roll(key.column, key.token_number, Kind.BLOCK_MAPPING_START, key.start, key.line)
            key.possible = False
            self._key_of_token.pop(key.token_number, None)
            self.simple_key_allowed = False
        else:
            if self.flow_level == 0:
                if not self.simple_key_allowed:
                    self.fail("mapping values are not allowed in this context")
                self._roll(self.column, -1, Kind.BLOCK_MAPPING_START, self.pos, self.line)
            self.simple_key_allowed = self.flow_level == 0
        self._mark(Kind.VALUE, 1)

    def _fetch_anchor(self, kind: Kind) -> None:
        self._save_key()
        self.simple_key_allowed = False
        start = self.pos
        found = _NAME.match(self.text, start + 1)
        assert found is not None
        self.pos = found.end()
        self.need(1)
        if not found.group() or self.text[self.pos] not in _AFTER_NAME:
            self.fail("did not find expected alphabetic or numeric character")
        self._insert(Token(kind, start, self.pos, self.line, found.group()))
