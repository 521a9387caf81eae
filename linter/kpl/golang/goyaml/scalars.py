"""Plain, quoted and block scalars, as go-yaml v2 scans them.

Source: go.yaml.in/yaml/v2 v2.4.4, scannerc.go (yaml_parser_scan_plain_scalar, _flow_scalar, _block_scalar). Each
function starts at the scalar's first character and leaves the scanner behind its last; it returns the scalar's text
and where it ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kpl.golang.goyaml.characters import END

if TYPE_CHECKING:
    from kpl.golang.goyaml.scanner import Scanner

BREAKS = "\r\n\x85\u2028\u2029"
"""The characters that end a line."""

_BLANK_Z = f" \t{BREAKS}{END}"
_WORD = f"[^{_BLANK_Z}:]|:(?![{_BLANK_Z}])"
_FLOW_WORD = rf"[^{_BLANK_Z}:,?\[\]{{}}]|:(?![{_BLANK_Z}])"
_PLAIN = re.compile(f"(?:{_WORD})*(?:[ \t]+(?!#)(?:{_WORD})+)*")
_FLOW_PLAIN = re.compile(f"(?:{_FLOW_WORD})*(?:[ \t]+(?!#)(?:{_FLOW_WORD})+)*")
_BLANKS = re.compile("[ \t]*")
_SPACES = re.compile(" *")
_LINE = re.compile(f"[^{BREAKS}{END}]*")
_DOCUMENT_MARK = re.compile(rf"(?:---|\.\.\.)(?=[{_BLANK_Z}])")
_PART = {"'": re.compile(f"[^'{_BLANK_Z}]*"), '"': re.compile(rf'[^"\\{_BLANK_Z}]*')}
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "'": "'", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_CODES = {"x": 2, "u": 4, "U": 8}
_HEX = re.compile("[0-9A-Fa-f]*")


def _match(pattern: re.Pattern[str], scanner: Scanner) -> str:
    """What `pattern`, which may match nothing, finds at the current place; the scanner goes past it."""
    found = pattern.match(scanner.text, scanner.pos)
    assert found is not None
    scanner.pos = found.end()
    return found.group()


def _take_break(scanner: Scanner) -> str:
    """The line break at the current place as it counts in a scalar."""
    character = scanner.text[scanner.pos]
    scanner.next_line()
    return character if character in "\u2028\u2029" else "\n"


def _folded(first: str, more: str) -> str:
    """What line breaks become in a folded scalar: the first one, and those of the empty lines behind it."""
    if first == "\n":
        return more or " "
    return first + more


def _at_document_mark(scanner: Scanner) -> bool:
    return scanner.pos == scanner.line_start and _DOCUMENT_MARK.match(scanner.text, scanner.pos) is not None


def scan_plain_scalar(scanner: Scanner) -> tuple[str, int]:
    """A scalar without quotes."""
    text = scanner.text
    in_flow = scanner.flow_level > 0
    words = _FLOW_PLAIN if in_flow else _PLAIN
    indent = scanner.indent + 1
    parts: list[str] = []
    end = scanner.pos
    first = more = ""
    while True:
        scanner.need(4)
        if _at_document_mark(scanner) or text[scanner.pos] == "#":
            break
        found = _match(words, scanner)
        if found:
            if first:
                parts.append(_folded(first, more))
                first = more = ""
            parts.append(found)
            end = scanner.pos
            scanner.need(2)
        if text[scanner.pos] not in _BLANK_Z[:-1]:
            break
        while True:
            blanks = _match(_BLANKS, scanner)
            if first and "\t" in blanks and scanner.column - len(blanks) + blanks.index("\t") < indent:
                scanner.pos += blanks.index("\t") - len(blanks)
                scanner.fail("found a tab character that violates indentation")
            if text[scanner.pos] not in BREAKS:
                break
            if first:
                more += _take_break(scanner)
            else:
                first = _take_break(scanner)
            scanner.need(1)
        if not first or (not in_flow and scanner.column < indent):
            break
    if first:
        scanner.simple_key_allowed = True
    return "".join(parts), end


def scan_quoted_scalar(scanner: Scanner) -> tuple[str, int]:
    """A scalar in single or double quotes."""
    text = scanner.text
    quote = text[scanner.pos]
    part = _PART[quote]
    scanner.pos += 1
    parts: list[str] = []
    while True:
        scanner.need(4)
        if _at_document_mark(scanner):
            scanner.fail("found unexpected document indicator")
        if text[scanner.pos] == END:
            scanner.fail("found unexpected end of stream")
        first = more = ""
        joins = False
        while True:
            parts.append(_match(part, scanner))
            scanner.need(2)
            here, next_one = text[scanner.pos], text[scanner.pos + 1]
            if here == quote == next_one == "'":
                parts.append("'")
                scanner.pos += 2
            elif here == "\\" and next_one in BREAKS:
                scanner.pos += 1
                scanner.next_line()
                joins = True
                break
            elif here == "\\":
                parts.append(_escape(scanner))
            else:
                break
        if text[scanner.pos] == quote:
            scanner.pos += 1
            return "".join(parts), scanner.pos
        blanks = _match(_BLANKS, scanner)
        while text[scanner.pos] in BREAKS:
            if joins or first:
                more += _take_break(scanner)
            else:
                first = _take_break(scanner)
            scanner.need(1)
            _match(_BLANKS, scanner)
        if joins or first:
            parts.append(_folded(first, more) if first else more)
        else:
            parts.append(blanks)


def _escape(scanner: Scanner) -> str:
    letter = scanner.text[scanner.pos + 1]
    length = _CODES.get(letter, 0)
    if not length and letter not in _ESCAPES:
        scanner.fail("found unknown escape character")
    scanner.pos += 2
    if not length:
        return _ESCAPES[letter]
    scanner.need(length)
    digits = scanner.text[scanner.pos : scanner.pos + length]
    found = _HEX.fullmatch(digits)
    if found is None:
        scanner.fail("did not find expected hexdecimal number")
    code = int(digits, 16)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        scanner.fail("found invalid Unicode character escape code")
    scanner.pos += length
    return chr(code)


def scan_block_scalar(scanner: Scanner) -> tuple[str, int]:
    """A literal or folded scalar, ``|`` or ``>``."""
    text = scanner.text
    literal = text[scanner.pos] == "|"
    scanner.pos += 1
    chomping, increment = _block_header(scanner)
    if text[scanner.pos] not in BREAKS + END:
        scanner.fail("did not find expected comment or line break")
    if text[scanner.pos] in BREAKS:
        scanner.next_line()
    end = scanner.pos
    indent = max(scanner.indent, 0) + increment if increment else 0
    parts: list[str] = []
    leading, leading_blank = "", False
    indent, trailing, end = _block_breaks(scanner, indent)
    while scanner.column == indent and text[scanner.pos] != END:
        trailing_blank = text[scanner.pos] in " \t"
        if not literal and leading.startswith("\n") and not leading_blank and not trailing_blank:
            if not trailing:
                parts.append(" ")
        else:
            parts.append(leading)
        parts.append(trailing)
        leading_blank = trailing_blank
        parts.append(_match(_LINE, scanner))
        scanner.need(2)
        leading = _take_break(scanner) if text[scanner.pos] in BREAKS else ""
        indent, trailing, end = _block_breaks(scanner, indent)
    if chomping != "-":
        parts.append(leading)
    if chomping == "+":
        parts.append(trailing)
    return "".join(parts), end


_HEADER = re.compile("([+-]?)([0-9]?)([+-]?)[ \t]*")


def _block_header(scanner: Scanner) -> tuple[str, int]:
    """The chomping and the indentation that the indicators behind ``|`` ask for."""
    scanner.need(1)
    found = _HEADER.match(scanner.text, scanner.pos)
    assert found is not None
    before, digit, after = found.groups()
    if digit == "0":
        scanner.pos += len(before)
        scanner.fail("found an indentation indicator equal to 0")
    if before and after:
        scanner.pos += len(before + digit)
    else:
        scanner.pos = found.end()
        if scanner.text[scanner.pos] == "#":
            _match(_LINE, scanner)
    return before or after, int(digit or 0)


def _block_breaks(scanner: Scanner, indent: int) -> tuple[int, str, int]:
    """Go past indentation and empty lines: the indentation (found here when it is 0), the breaks, where they end."""
    text = scanner.text
    breaks: list[str] = []
    end = scanner.pos
    deepest = 0
    while True:
        scanner.need(1)
        found = _SPACES.match(text, scanner.pos)
        assert found is not None
        scanner.pos = min(found.end(), scanner.line_start + indent) if indent else found.end()
        scanner.pos = max(scanner.pos, found.start())
        deepest = max(deepest, scanner.column)
        if (not indent or scanner.column < indent) and text[scanner.pos] == "\t":
            scanner.fail("found a tab character where an indentation space is expected")
        if text[scanner.pos] not in BREAKS:
            break
        breaks.append(_take_break(scanner))
        end = scanner.pos
    return indent or max(deepest, scanner.indent + 1, 1), "".join(breaks), end
