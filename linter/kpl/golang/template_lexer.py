"""The tokens of a text/template, with the lines that its errors name.

Mirrors Go 1.26, src/text/template/parse/lex.go, with the delimiters ``{{`` and ``}}``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from kpl.golang.unicode import code_point, is_letter_or_digit
from kpl.golang.values import go_bytes, quote


class Token(NamedTuple):
    """An item. `kind` is one of the names below, or the keyword itself."""

    kind: str
    text: str
    line: int

    def __str__(self) -> str:
        """As error messages show it."""
        if self.kind == "error":
            return self.text
        if self.kind in KEYWORDS:
            return f"<{self.text}>"
        return quote(self.text[:10]) + "..." if len(go_bytes(self.text)) > 10 else quote(self.text)


KEYWORDS = frozenset(
    (".", "block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with")
)

_SPACE = frozenset(" \t\r\n")
_OPEN, _CLOSE = "{{", "}}"
_SIGNS = {"=": "assign", "|": "pipe"}
_TERMINATORS = _SPACE | frozenset(("", ".", ",", "|", ":", ")", "("))


class _LexicalError(Exception):
    """The error token's text."""


class Lexer:
    """An iterator over the tokens; the last one is of kind EOF or error."""

    def __init__(self, text: str, functions: Collection[str]) -> None:
        self._text = text
        self._at = self._start = 0
        self._line = self._start_line = 1
        self._depth = 0
        # break and continue are words of the language where no function is called so
        self._keywords = KEYWORDS - {word for word in ("break", "continue") if word in functions}

    def __iter__(self) -> Iterator[Token]:
        try:
            yield from self._text_and_actions()
        except _LexicalError as error:
            yield Token("error", str(error), self._start_line)

    # -- the text under the cursor

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        self._at += len(character)
        self._line += character == "\n"
        return character

    def _follows(self, text: str, ahead: int = 0) -> bool:
        return self._text.startswith(text, self._at + ahead)

    def _token(self, kind: str) -> Token:
        """thisItem: what was read since the last token."""
        token = Token(kind, self._text[self._start : self._at], self._start_line)
        self._start, self._start_line = self._at, self._line
        return token

    def _skip(self, count: int) -> None:
        self._at += count
        self._line += self._text.count("\n", self._start, self._at)
        self._start, self._start_line = self._at, self._line

    def _trims_left(self, at: int) -> bool:
        """Whether ``- `` stands there, which follows ``{{``."""
        return self._text[at : at + 1] == "-" and self._text[at + 1 : at + 2] in _SPACE

    def _closes(self, at: int) -> tuple[bool, bool]:
        """atRightDelim: whether the action ends there, and whether with `` -}}``."""
        trims = self._text[at : at + 1] in _SPACE and self._text.startswith("-" + _CLOSE, at + 1)
        return trims or self._text.startswith(_CLOSE, at), trims

    def _spaces(self, at: int) -> int:
        end = at
        while self._text[end : end + 1] in _SPACE:
            end += 1
        return end - at

    # -- states

    def _text_and_actions(self) -> Iterator[Token]:
        """lexText"""
        while (opened := self._text.find(_OPEN, self._at)) >= 0:
            yield from self._text_until(opened, self._trims_left(opened + len(_OPEN)))
            yield from self._action()
        yield from self._text_until(len(self._text), trims=False)
        yield self._token("EOF")

    def _text_until(self, end: int, trims: bool) -> Iterator[Token]:
        kept = end
        if trims:
            kept = self._at + len(self._text[self._at : end].rstrip(" \t\r\n"))
        self._at = kept
        self._line += self._text.count("\n", self._start, kept)
        token = self._token("text")
        self._skip(end - kept)
        if token.text:
            yield token

    def _action(self) -> Iterator[Token]:
        """lexLeftDelim and what follows"""
        self._at += len(_OPEN)
        marker = 2 if self._trims_left(self._at) else 0
        if self._follows("/*", marker):
            self._skip(marker)
            self._comment()
            return
        yield self._token("left delim")
        self._skip(marker)
        self._depth = 0
        while True:
            closes, trims = self._closes(self._at)
            if not closes:
                yield self._inside()
                continue
            if self._depth:
                raise _LexicalError("unclosed left paren")
            if trims:
                self._skip(2)
            self._at += len(_CLOSE)
            yield self._token("right delim")
            if trims:
                self._skip(self._spaces(self._at))
            return

    def _comment(self) -> None:
        end = self._text.find("*/", self._at + 2)
        if end < 0:
            raise _LexicalError("unclosed comment")
        self._at = end + 2
        closes, trims = self._closes(self._at)
        if not closes:
            raise _LexicalError("comment ends before closing delimiter")
        behind = self._at + 2 * trims + len(_CLOSE)
        self._skip(behind - self._at + (self._spaces(behind) if trims else 0))

    def _inside(self) -> Token:
        """lexInsideAction: one token; the action does not end here."""
        character = self._peek()
        if not character:
            raise _LexicalError("unclosed action")
        if character in _SPACE:
            return self._space()
        following = self._text[self._at + 1 : self._at + 2]
        if character in "+-0123456789" or (character == "." and (not following or following in "0123456789")):
            return self._number()
        if _is_word(character):
            return self._word()
        self._next()
        if character in _SIGNS:
            return self._token(_SIGNS[character])
        if character == ":":
            if self._next() != "=":
                raise _LexicalError("expected :=")
            return self._token("declare")
        if character in "\"'`":
            return self._quoted(character)
        if character in "$.":
            return self._field_or_variable(character)
        if character == "(":
            self._depth += 1
            return self._token("left paren")
        if character == ")":
            self._depth -= 1
            if self._depth < 0:
                raise _LexicalError("unexpected right paren")
            return self._token("right paren")
        if " " < character < "\x7f":
            return self._token("character")
        raise _LexicalError(f"unrecognized character in action: {code_point(character)}")

    def _space(self) -> Token:
        """A run of spaces, less the one that belongs to a `` -}}``."""
        count = self._spaces(self._at)
        if self._follows("-" + _CLOSE, count):
            count -= 1
        for _ in range(count):
            self._next()
        return self._token("space")

    def _word_characters(self) -> None:
        while _is_word(self._peek()):
            self._at += 1

    def _check_terminator(self) -> None:
        """atTerminator"""
        character = self._peek()
        if character not in _TERMINATORS and not self._follows(_CLOSE):
            raise _LexicalError(f"bad character {code_point(character)}")

    def _word(self) -> Token:
        self._word_characters()
        word = self._text[self._start : self._at]
        self._check_terminator()
        if word in self._keywords:
            return self._token(word)
        return self._token("bool" if word in ("true", "false") else "identifier")

    def _field_or_variable(self, sign: str) -> Token:
        before = self._at
        if self._peek() not in _TERMINATORS and not self._follows(_CLOSE):
            self._word_characters()
            self._check_terminator()
        if sign == "$":
            return self._token("variable")
        return self._token("field" if self._at > before else ".")

    def _quoted(self, mark: str) -> Token:
        """A string or character constant; what is in it is for the parser."""
        kind, name = {
            '"': ("string", "quoted string"),
            "'": ("character constant", "character constant"),
            "`": ("raw string", "raw quoted string"),
        }[mark]
        while (character := self._next()) != mark:
            if character == "\\" and mark != "`":
                character = self._next()
            if not character or (character == "\n" and mark != "`"):
                raise _LexicalError(f"unterminated {name}")
        return self._token(kind)

    def _number(self) -> Token:
        """lexNumber: digits, and with a second sign a complex number."""
        kind = "number"
        good = self._scan_number()
        if good and self._peek() in ("+", "-"):
            kind = "complex"
            good = self._scan_number() and self._text[self._at - 1] == "i"
        if not good:
            raise _LexicalError(f"bad number syntax: {quote(self._text[self._start : self._at])}")
        return self._token(kind)

    def _accept(self, valid: str) -> bool:
        character = self._peek()
        accepted = character != "" and character in valid
        self._at += accepted
        return accepted

    def _accept_all(self, valid: str) -> None:
        while self._accept(valid):
            pass

    def _scan_number(self) -> bool:
        self._accept("+-")
        digits, exponent = "0123456789_", "eE"
        if self._accept("0"):
            if self._accept("xX"):
                digits, exponent = "0123456789abcdefABCDEF_", "pP"
            elif self._accept("oO"):
                digits, exponent = "01234567_", ""
            elif self._accept("bB"):
                digits, exponent = "01_", ""
        self._accept_all(digits)
        if self._accept("."):
            self._accept_all(digits)
        if self._accept(exponent):
            self._accept("+-")
            self._accept_all("0123456789_")
        self._accept("i")
        if _is_word(self._peek()):
            self._at += 1
            return False
        return True


def _is_word(character: str) -> bool:
    return character == "_" or (character != "" and is_letter_or_digit(character))
