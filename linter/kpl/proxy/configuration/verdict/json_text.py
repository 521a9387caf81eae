"""A JSON file as encoding/json reads it, with its messages.

Source: Go, src/encoding/json/scanner.go; from Go 1.27 on v2_scanner.go and internal/jsonwire, which take the same texts.
"""

from __future__ import annotations

import re

from kpl.golang.values import go_bytes, quote, quote_rune
from kpl.proxy.configuration.verdict.values import Data, Member, Number, Object, Value
from kpl.text import late
from kpl.text.span import Span

_MAX_DEPTH = 10_000
_SPACE = late.pattern("[ \t\r\n]*")
_PLAIN = late.pattern(r'[^"\\\x00-\x1f]*')
_HEX = late.pattern("[0-9A-Fa-f]{0,4}")
_DIGITS = late.pattern("[0-9]*")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", '"': '"'}
_WORDS: dict[str, tuple[str, Data]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_SHORTER = {
    "in string literal": "in string",
    "after decimal point in numeric literal": "in numeric literal",
    "in exponent of numeric literal": "in numeric literal",
}
"""What an error said before Go 1.27 -> what it says since."""
_GO_SPACES = " \t\n\v\f\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_JSON_FILE = late.pattern(f"[{_GO_SPACES}]*{{")


class JsonSyntaxError(Exception):
    """What encoding/json says of a text that is no JSON, and the offset of the character that it stops at."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def is_json_file(text: str) -> bool:
    """Whether the decoders of Kubernetes take a file for JSON. (apimachinery, yaml.IsJSONBuffer)"""
    return _JSON_FILE.match(text) is not None


def parse_json(text: str, *, go_1_27: bool = False) -> Value:
    """The value of a JSON text. Raises JsonSyntaxError, with the messages of Go 1.27 and later or of older ones."""
    return (_NewerParser if go_1_27 else _Parser)(text).parse()


class _Frame:
    """An array or an object that is still open."""

    __slots__ = ("container", "key", "start")

    def __init__(self, container: list[Value] | Object, start: int) -> None:
        self.container = container
        self.start = start
        self.key = ("", Span(0, 0))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self._frames: list[_Frame] = []

    def _fail(self, context: str) -> JsonSyntaxError:
        """The error at the current place; the end of the text counts as a space that must not be there."""
        if self._pos >= len(self._text):
            return JsonSyntaxError(f"invalid character ' ' {context}", len(self._text))
        byte = chr(go_bytes(self._text[self._pos])[0])
        shown = {"'": "'\\''", '"': "'\"'"}.get(byte) or f"'{quote(byte)[1:-1]}'"
        return JsonSyntaxError(f"invalid character {shown} {context}", self._pos)

    def _needed(self) -> str:
        """The next character that is no space."""
        self._match(_SPACE)
        if self._pos >= len(self._text):
            raise JsonSyntaxError("unexpected end of JSON input", len(self._text))
        return self._text[self._pos]

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._pos)
        assert found is not None
        self._pos = found.end()
        return found.group()

    def parse(self) -> Value:
        while True:
            value = self._open_or_literal(self._needed())
            while value is not None:
                if not self._frames:
                    self._match(_SPACE)
                    if self._pos < len(self._text):
                        raise self._fail("after top-level value")
                    return value
                value = self._add(value)

    def _open_or_literal(self, character: str) -> Value | None:
        """A value that ends here, or None where one more begins inside of it."""
        start = self._pos
        if character not in "{[":
            data = self._literal(character)
            return self._value(data, start)
        if len(self._frames) == _MAX_DEPTH:
            raise JsonSyntaxError("exceeded max depth", start)
        frame = _Frame(Object() if character == "{" else [], start)
        self._frames.append(frame)
        self._pos += 1
        character = self._needed()
        if character == ("}" if isinstance(frame.container, Object) else "]"):
            return self._close()
        if isinstance(frame.container, Object):
            frame.key = self._key(character)
        return None

    def _close(self) -> Value:
        self._pos += 1
        frame = self._frames.pop()
        return self._value(frame.container, frame.start)

    def _value(self, data: Data, start: int) -> Value:
        return Value(data, Span(start, self._pos), self._text)

    def _add(self, value: Value) -> Value | None:
        """Put a value into the innermost container; the container when that ends it."""
        frame = self._frames[-1]
        container = frame.container
        if isinstance(container, Object):
            container.append(Member(*frame.key, value))
        else:
            container.append(value)
        character = self._needed()
        if isinstance(container, Object):
            if character == "}":
                return self._close()
            if character != ",":
                raise self._fail("after object key:value pair")
            self._pos += 1
            frame.key = self._key(self._needed())
            return None
        if character == "]":
            return self._close()
        if character != ",":
            raise self._fail("after array element")
        self._pos += 1
        return None

    def _key(self, character: str) -> tuple[str, Span]:
        if character != '"':
            raise self._fail("looking for beginning of object key string")
        start = self._pos
        key = self._string(), Span(start, self._pos)
        if self._needed() != ":":
            raise self._fail("after object key")
        self._pos += 1
        return key

    def _literal(self, character: str) -> Data:
        if character == '"':
            return self._string()
        if character in _WORDS:
            word, data = _WORDS[character]
            for expected in word:
                if self._text[self._pos : self._pos + 1] != expected:
                    raise self._fail(f"in literal {word} (expecting '{expected}')")
                self._pos += 1
            return data
        if character == "-" or "0" <= character <= "9":
            return self._number(character)
        raise self._fail("looking for beginning of value")

    def _number(self, character: str) -> Number:
        start = self._pos
        self._pos += character == "-"
        if self._text[self._pos : self._pos + 1] == "0":
            self._pos += 1
        elif not self._match(_DIGITS):
            raise self._fail("in numeric literal")
        if self._text[self._pos : self._pos + 1] == ".":
            self._pos += 1
            if not self._match(_DIGITS):
                raise self._fail("after decimal point in numeric literal")
        if self._text[self._pos : self._pos + 1] in ("e", "E"):
            self._pos += 1
            self._pos += self._text[self._pos : self._pos + 1] in ("+", "-")
            if not self._match(_DIGITS):
                raise self._fail("in exponent of numeric literal")
        return Number(self._text[start : self._pos])

    def _string(self) -> str:
        self._pos += 1
        parts: list[str] = []
        while True:
            parts.append(self._match(_PLAIN))
            character = self._text[self._pos : self._pos + 1]
            if character == '"':
                self._pos += 1
                return _joined(parts)
            if not character:
                raise JsonSyntaxError("unexpected end of JSON input", len(self._text))
            if character != "\\":
                raise self._fail("in string literal")
            self._pos += 1
            parts.append(self._escape())

    def _escape(self) -> str:
        letter = self._text[self._pos : self._pos + 1]
        if letter in _ESCAPES:
            self._pos += 1
            return _ESCAPES[letter]
        if letter != "u":
            raise self._fail("in string escape code")
        self._pos += 1
        digits = self._match(_HEX)
        if len(digits) < 4:
            raise self._fail("in \\u hexadecimal character escape")
        return chr(int(digits, 16))


class _NewerParser(_Parser):
    """With the messages of Go 1.27: they quote whole characters and escapes, and tell where the text ends."""

    def _fail(self, context: str) -> JsonSyntaxError:
        if self._pos >= len(self._text):
            return JsonSyntaxError("unexpected end of JSON input", len(self._text))
        if context in ("in string escape code", "in \\u hexadecimal character escape"):
            return self._wrong_escape()
        character = self._text[self._pos]
        shown = f"'{quote(character)[1:-1]}'" if "\ud800" <= character <= "\udfff" else quote_rune(character)
        return JsonSyntaxError(f"invalid character {shown} {_SHORTER.get(context, context)}", self._pos)

    def _wrong_escape(self) -> JsonSyntaxError:
        start = self._text.rindex("\\", 0, self._pos)
        length = 6 if self._text[start + 1] == "u" else 2
        what = go_bytes(self._text[start : start + length])[:length].decode("utf-8", "surrogateescape")
        plain = "`" not in what and "\ufffd" not in what and not any(map(str.isspace, what))
        quoted = quote(what)
        if plain and quoted[1:-1] == what.replace("\\", "\\\\").replace('"', '\\"'):
            quoted = f"`{what}`"
        return JsonSyntaxError(f"invalid escape sequence {quoted} in string", start)


def _joined(parts: list[str]) -> str:
    """The parts of a string; two surrogates make a character, a lone one and what is no UTF-8 counts as U+FFFD."""
    joined = "".join(parts)
    if joined.isascii():
        return joined
    return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
