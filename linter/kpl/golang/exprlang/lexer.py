"""The tokens of an expression. Mirrors parser/lexer of expr: lexer.go, state.go and utils.go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kpl.golang.exprlang.faults import FileError, Release
from kpl.golang.unicode import code_point, is_letter_or_digit
from kpl.golang.values import quote


class Token(NamedTuple):
    """A word of the expression; `kind` is lexer.Kind, `at` its place in characters."""

    kind: str
    value: str
    at: int

    def __str__(self) -> str:
        return f"{self.kind}({quote(self.value)})" if self.value else self.kind

    def is_operator(self, value: str) -> bool:
        """Whether the token is this operator."""
        return self.kind == "Operator" and self.value == value

    def is_bracket(self, value: str) -> bool:
        """Whether the token is this bracket."""
        return self.kind == "Bracket" and self.value == value


_SPACES = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
)
_WORD_OPERATORS = frozenset("not in or and matches contains startsWith endsWith".split())
_PREFIXES = {"x": "0-9a-fA-F_", "o": "0-7_", "b": "01_"}
_DIGITS = "0-9_"
_NEGATED_IN = re.compile(r"not *in(?= |\Z)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RAW = re.compile(r"`([^`]*(?:``[^`]*)*)`(?!`)")
_OCTAL = frozenset("01234567")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})|(?P<plain>[^uU])"
    r"|u\{(?P<free>[0-9a-fA-F]+)\}|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))"
)
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _operators(release: Release) -> re.Pattern[str]:
    """What one operator takes, of the characters that begin one."""
    if release < (1, 12):
        return re.compile(r"\?(?:\.[?.]?)?|[#,:%+\-/]|[&|!=*<>][&|=*]?|\.\.?")
    if release < (1, 14):
        return re.compile(r"\?[.?]?|[#,:%+\-^/]|[&|!=*<>][&|=*]?|\.\.?")
    if release < (1, 16):
        return re.compile(r"\?[.?]?|##?|\|\|?|[,:;%+\-^/]|[&!=*<>][&=*]?|\.\.?")
    return re.compile(r"\?[.?]?|##?|\|\|?|::?|[,;%+\-^/]|[&!=*<>][&=*]?|\.\.?")


class Lexer:
    """The state machine of lexer.go over one text."""

    def __init__(self, text: str, release: Release) -> None:
        self._text = text
        self._release = release
        self._operators = _operators(release)
        self._words = _WORD_OPERATORS | ({"let"} if release >= (1, 14) else set())
        if release >= (1, 17):
            self._words |= {"if", "else"}

    def tokens(self) -> Iterator[Token]:
        """One after the other, with EOF at the end. Raises FileError."""
        text, at = self._text, 0
        last = max(len(text) - 1, 0)
        while at < len(text):
            first = text[at]
            if first in _SPACES:
                at += 1
                continue
            if first == "/" and self._release >= (1, 12) and text[at + 1 : at + 2] in ("/", "*"):
                if text[at + 1] == "*":
                    at = self._comment(at)
                    continue
                end = text.find("\n", at)
                if end < 0:
                    # the comment has read the end already
                    last += (1, 16) <= self._release < (1, 17, 6)
                    break
                at = end + 1
                continue
            token, end = self._token(at, first)
            yield token
            # the name of a pointer, which may begin with a digit
            if token.kind == "Operator" and first == "#" and self._release >= (1, 14):
                name_end = self._word(end)
                if name_end > end:
                    yield Token("Identifier", text[end:name_end], end)
                end = name_end
            at = end
        yield Token("EOF", "", last)

    def _token(self, at: int, first: str) -> tuple[Token, int]:
        """The token that begins at `at`, and where it ends."""
        text = self._text
        if first in "'\"":
            end, value = self._string(at, first, False)
            return Token("String", value, at), end
        if first == "`" and self._release >= (1, 16):
            return self._raw(at)
        if first in "bB" and text[at + 1 : at + 2] in ("'", '"') and self._release >= (1, 17, 8):
            end, value = self._string(at + 1, text[at + 1], True)
            return Token("Bytes", value, at), end
        if "0" <= first <= "9" or (first == "." and "0" <= text[at + 1 : at + 2] <= "9"):
            end = self._number(at)
            return Token("Number", text[at:end], at), end
        if first in "([{)]}":
            return Token("Bracket", first, at), at + 1
        operator = self._operators.match(text, at)
        if operator:
            return Token("Operator", operator.group(), at), operator.end()
        end = self._word(at)
        if end == at:
            raise self._fault(f"unrecognized character: {code_point(first)}", at + 1)
        word = text[at:end]
        if word == "not" and self._release < (1, 12):
            negated = _NEGATED_IN.match(text, at)
            if negated:
                return Token("Operator", "not in", at), negated.end()
        return Token("Operator" if word in self._words else "Identifier", word, at), end

    def _fault(self, message: str, end: int) -> FileError:
        """An error where the characters before `end` have been read; one more than there are is the end itself."""
        if self._release < (1, 16):
            return FileError(message, min(end, len(self._text)))
        return FileError(message, end - 1)

    def _word(self, at: int) -> int:
        """Where the letters and digits from `at` on end."""
        text = self._text
        while at < len(text) and (text[at] in "_$" or is_letter_or_digit(text[at])):
            at += 1
        return at

    def _comment(self, at: int) -> int:
        found = _COMMENT.match(self._text, at)
        if found:
            return found.end()
        end = len(self._text) + 1
        if self._release < (1, 16) and self._text.endswith("*") and len(self._text) > at + 2:
            # looking for the slash, these releases go back where they did not move
            end -= 2
        raise self._fault("unclosed comment", end)

    def _number(self, at: int) -> int:
        """scanNumber: where the number ends."""
        text, start = self._text, at
        # a point before the digits was read by another state
        at += text[at] == "."
        digits = _DIGITS
        prefix = re.compile("0([xXoObB])").match(text, at)
        if prefix:
            digits = _PREFIXES[prefix[1].lower()]
            at = prefix.end()
        whole = re.compile(f"[{digits}]*").match(text, at)
        assert whole is not None
        if text.startswith("..", whole.end()):
            return whole.end()
        number = re.compile(rf"[{digits}]*(?:\.[{digits}]*)?(?:[eE][+-]?[{digits}]*)?").match(text, at)
        assert number is not None
        end = number.end()
        if self._word(end) > end:
            raise self._fault(f"bad number syntax: {quote(text[start : end + 1])}", end + 1)
        return end

    def _raw(self, at: int) -> tuple[Token, int]:
        """scanRawString."""
        text = self._text
        if self._release >= (1, 17, 7):
            found = _RAW.match(text, at)
            if found:
                return Token("String", found[1].replace("``", "`"), at), found.end()
        else:
            end = text.find("`", at + 1)
            if end >= 0:
                return Token("String", text[at + 1 : end], at), end + 1
        raise self._fault("literal not terminated", len(text) + 1)

    def _string(self, at: int, mark: str, as_bytes: bool) -> tuple[int, str]:
        """scanString and unescape: where the literal ends, and its value."""
        text, end = self._text, at + 1
        while True:
            character = text[end : end + 1]
            end += 1
            if character == mark:
                break
            if character in ("", "\n"):
                raise self._fault("literal not terminated", end)
            if character == "\\":
                end = self._escape(end, mark)
        try:
            return end, _unescape(text[at + 1 : end - 1], as_bytes)
        except ValueError:
            raise self._fault("unable to unescape string", end) from None

    def _escape(self, at: int, mark: str) -> int:
        """scanEscape: where what follows the backslash before `at` ends."""
        text = self._text
        character = text[at : at + 1]
        if character and character in "abfnrtv\\" + mark:
            return at + 1
        if character and character in _OCTAL:
            return self._digits(at, 3, _OCTAL)
        if character == "x":
            return self._digits(at + 1, 2, _HEXADECIMAL)
        if character == "u" and text[at + 1 : at + 2] == "{" and self._release >= (1, 17, 7):
            end = at + 2
            while text[end : end + 1] != "}" and end < at + 8 and text[end : end + 1] in _HEXADECIMAL:
                end += 1
            if text[end : end + 1] == "}" and end > at + 2:
                return end + 1
            raise self._fault("invalid char escape", end)
        if character in ("u", "U"):
            return self._digits(at + 1, 4 if character == "u" else 8, _HEXADECIMAL)
        raise self._fault("invalid char escape", at + 1)

    def _digits(self, at: int, count: int, digits: frozenset[str]) -> int:
        for position in range(at, at + count):
            if self._text[position : position + 1] not in digits:
                raise self._fault("invalid char escape", position + 1)
        return at + count


def _unescape(inner: str, as_bytes: bool) -> str:
    """The value of a literal whose escapes were scanned. Raises ValueError."""

    def value(found: re.Match[str]) -> str:
        octal, plain = found["octal"], found["plain"]
        if plain:
            return _ESCAPED.get(plain, plain)
        code = found["free"] or found["short"] or found["long"]
        if (octal and octal > "377") or (code and as_bytes):
            raise ValueError
        number = int(octal, 8) if octal else int(code or found["byte"], 16)
        # (as 32 bits with a sign, the highest are negative, which is not too much)
        if 0xD800 <= number <= 0xDFFF or number >= 0x80000000:
            return "\ufffd"
        # ValueError where there is no such character
        return chr(number)

    inner = inner.replace("\r\n", "\n").replace("\r", "\n")
    if not as_bytes:
        return _ESCAPE.sub(value, re.sub("[\ud800-\udfff]", "\ufffd", inner))
    encoded = re.sub("[\ud800-\udfff]", "\ufffd", inner).encode().decode("latin-1")
    return _ESCAPE.sub(value, encoded).encode("latin-1").decode("utf-8", "surrogateescape")
