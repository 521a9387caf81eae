"""Plain, quoted and block scalars, as go-yaml v2 scans them.

Source: go.yaml.in/yaml/v2 v2.4.4, scannerc.go (yaml_parser_scan_plain_scalar, _flow_scalar, _block_scalar). Each
function starts at the scalar's first character and leaves the scanner behind its last; it returns the scalar's text
and where it ends.
"""

from __future__ import annotations

import re

from kpl.golang.goyaml.characters import BREAKS, END
from kpl.golang.goyaml.cursor import Cursor
from kpl.text import late

_BLANK_Z = f" \t{BREAKS}{END}"
_WORD = f"[^{_BLANK_Z}:]|:(?![{_BLANK_Z}])"
_FLOW_WORD = rf"[^{_BLANK_Z}:,?\[\]{{}}]|:(?![{_BLANK_Z}])"
_PLAIN = late.pattern(f"(?:{_WORD})*(?:[ \t]+(?!#)(?:{_WORD})+)*")
_FLOW_PLAIN = late.pattern(f"(?:{_FLOW_WORD})*(?:[ \t]+(?!#)(?:{_FLOW_WORD})+)*")
_BLANKS = late.pattern("[ \t]*")
_SPACES = late.pattern(" *")
_LINE = late.pattern(f"[^{BREAKS}{END}]*")
_DOCUMENT_MARK = late.pattern(rf"(?:---|\.\.\.)(?=[{_BLANK_Z}])")
_PART = {"'": re.compile(f"[^'{_BLANK_Z}]*"), '"': re.compile(rf'[^"\\{_BLANK_Z}]*')}
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "'": "'", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES = {"x": 2, "u": 4, "U": 8}
_HEX = late.pattern("[0-9A-Fa-f]*")


def _match(pattern: re.Pattern[str], cursor: Cursor) -> str:
    """What `pattern`, which may match nothing, finds at the current place; the scanner goes past it."""
    found = pattern.match(cursor.text, cursor.pos)
    assert found is not None
    cursor.pos = found.end()
    return found.group()


def _take_break(cursor: Cursor) -> str:
    """The line break at the current place as it counts in a scalar."""
    character = cursor.text[cursor.pos]
    cursor.next_line()
    return character if character in "\u2028\u2029" else "\n"


def _folded(first: str, more: str) -> str:
    """What line breaks become in a folded scalar: the first one, and those of the empty lines behind it."""
    if first == "\n":
        return more or " "
    return first + more


def _at_document_mark(cursor: Cursor) -> bool:
    return cursor.pos == cursor.line_start and _DOCUMENT_MARK.match(cursor.text, cursor.pos) is not None


def scan_plain_scalar(cursor: Cursor) -> tuple[str, int]:
    """A scalar without quotes."""
    text = cursor.text
    in_flow = cursor.flow_level > 0
    words = _FLOW_PLAIN if in_flow else _PLAIN
    indent = cursor.indent + 1
    parts: list[str] = []
    end = cursor.pos
    first = more = ""
    while True:
        cursor.need(4)
        if _at_document_mark(cursor) or text[cursor.pos] == "#":
            break
        found = _match(words, cursor)
        if found:
            if first:
                parts.append(_folded(first, more))
                first = more = ""
            parts.append(found)
            end = cursor.pos
            cursor.need(2)
        if text[cursor.pos] not in _BLANK_Z[:-1]:
            break
        while True:
            blanks = _match(_BLANKS, cursor)
            if first and "\t" in blanks and cursor.column - len(blanks) + blanks.index("\t") < indent:
                cursor.pos += blanks.index("\t") - len(blanks)
                cursor.fail("found a tab character that violates indentation")
            if text[cursor.pos] not in BREAKS:
                break
            if first:
                more += _take_break(cursor)
            else:
                first = _take_break(cursor)
            cursor.need(1)
        if not first or (not in_flow and cursor.column < indent):
            break
    if first:
        cursor.simple_key_allowed = True
    return "".join(parts), end


def scan_quoted_scalar(cursor: Cursor) -> tuple[str, int]:
    """A scalar in single or double quotes."""
    text = cursor.text
    quote = text[cursor.pos]
    part = _PART[quote]
    cursor.pos += 1
    parts: list[str] = []
    while True:
        cursor.need(4)
        if _at_document_mark(cursor):
            cursor.fail("found unexpected document indicator")
        if text[cursor.pos] == END:
            cursor.fail("found unexpected end of stream")
        first = more = ""
        joins = False
        while True:
            parts.append(_match(part, cursor))
            cursor.need(2)
            here, next_one = text[cursor.pos], text[cursor.pos + 1]
            if here == quote == next_one == "'":
                parts.append("'")
                cursor.pos += 2
            elif here == "\\" and next_one in BREAKS:
                cursor.pos += 1
                cursor.next_line()
                joins = True
                break
            elif here == "\\":
                parts.append(_escape(cursor))
            else:
                break
        if text[cursor.pos] == quote:
            cursor.pos += 1
            return "".join(parts), cursor.pos
        blanks = _match(_BLANKS, cursor)
        while text[cursor.pos] in BREAKS:
            if joins or first:
                more += _take_break(cursor)
            else:
                first = _take_break(cursor)
            cursor.need(1)
            _match(_BLANKS, cursor)
        if joins or first:
            parts.append(_folded(first, more) if first else more)
        else:
            parts.append(blanks)


def _escape(cursor: Cursor) -> str:
    letter = cursor.text[cursor.pos + 1]
    length = _CODES.get(letter, 0)
    if not length and letter not in _ESCAPES:
        cursor.fail("found unknown escape character")
    cursor.pos += 2
    if not length:
        return _ESCAPES[letter]
    cursor.need(length)
    digits = cursor.text[cursor.pos : cursor.pos + length]
    found = _HEX.fullmatch(digits)
    if found is None:
        cursor.fail("did not find expected hexdecimal number")
    code = int(digits, 16)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        cursor.fail("found invalid Unicode character escape code")
    cursor.pos += length
    return chr(code)


def scan_block_scalar(cursor: Cursor) -> tuple[str, int]:
    """A literal or folded scalar, ``|`` or ``>``."""
    text = cursor.text
    literal = text[cursor.pos] == "|"
    cursor.pos += 1
    chomping, increment = _block_header(cursor)
    if text[cursor.pos] not in BREAKS + END:
        cursor.fail("did not find expected comment or line break")
    if text[cursor.pos] in BREAKS:
        cursor.next_line()
    end = cursor.pos
    indent = max(cursor.indent, 0) + increment if increment else 0
    parts: list[str] = []
    leading, leading_blank = "", False
    indent, trailing, end = _block_breaks(cursor, indent)
    while cursor.column == indent and text[cursor.pos] != END:
        trailing_blank = text[cursor.pos] in " \t"
        if not literal and leading.startswith("\n") and not leading_blank and not trailing_blank:
            if not trailing:
                parts.append(" ")
        else:
            parts.append(leading)
        parts.append(trailing)
        leading_blank = trailing_blank
        parts.append(_match(_LINE, cursor))
        cursor.need(2)
        leading = _take_break(cursor) if text[cursor.pos] in BREAKS else ""
        indent, trailing, end = _block_breaks(cursor, indent)
    if chomping != "-":
        parts.append(leading)
    if chomping == "+":
        parts.append(trailing)
    return "".join(parts), end


_HEADER = late.pattern("([+-]?)([0-9]?)([+-]?)[ \t]*")


def _block_header(cursor: Cursor) -> tuple[str, int]:
    """The chomping and the indentation that the indicators behind ``|`` ask for."""
    cursor.need(1)
    found = _HEADER.match(cursor.text, cursor.pos)
    assert found is not None
    before, digit, after = found.groups()
    if digit == "0":
        cursor.pos += len(before)
        cursor.fail("found an indentation indicator equal to 0")
    if before and after:
        cursor.pos += len(before + digit)
    else:
        cursor.pos = found.end()
        if cursor.text[cursor.pos] == "#":
            _match(_LINE, cursor)
    return before or after, int(digit or 0)


def _block_breaks(cursor: Cursor, indent: int) -> tuple[int, str, int]:
    """Go past indentation and empty lines: the indentation (found here when it is 0), the breaks, where they end."""
    text = cursor.text
    breaks: list[str] = []
    end = cursor.pos
    deepest = 0
    while True:
        cursor.need(1)
        found = _SPACES.match(text, cursor.pos)
        assert found is not None
        cursor.pos = min(found.end(), cursor.line_start + indent) if indent else found.end()
        cursor.pos = max(cursor.pos, found.start())
        deepest = max(deepest, cursor.column)
        if (not indent or cursor.column < indent) and text[cursor.pos] == "\t":
            cursor.fail("found a tab character where an indentation space is expected")
        if text[cursor.pos] not in BREAKS:
            break
        breaks.append(_take_break(cursor))
        end = cursor.pos
    return indent or max(deepest, cursor.indent + 1, 1), "".join(breaks), end
