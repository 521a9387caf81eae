"""Tags and directives, as go-yaml v2 scans them.

Source: go.yaml.in/yaml/v2 v2.4.4, scannerc.go (yaml_parser_scan_directive, _tag, _tag_handle, _tag_uri, _uri_escapes).
"""

from __future__ import annotations

import re

from kpl.golang.goyaml.characters import BREAKS, END
from kpl.golang.goyaml.cursor import Cursor
from kpl.golang.goyaml.tokens import Kind, Token
from kpl.text import late

_NAME = late.pattern("[0-9A-Za-z_-]*")
_BLANKS = late.pattern("[ \t]*")
_COMMENT = late.pattern(f"(?:#[^{BREAKS}{END}]*)?")
_DIGITS = late.pattern("[0-9]*")
_URI = late.pattern(r"[0-9A-Za-z_;/?:@&=+$,.!~*'()\[\]-]*")
_OCTET = late.pattern("%([0-9A-Fa-f]{2})")


def _take(pattern: re.Pattern[str], cursor: Cursor) -> str:
    found = pattern.match(cursor.text, cursor.pos)
    assert found is not None
    cursor.pos = found.end()
    cursor.need(1)
    return found.group()


def _at(cursor: Cursor, characters: str) -> bool:
    return cursor.text[cursor.pos] in characters


def scan_directive(cursor: Cursor) -> Token:
    """``%YAML`` (the token's value is ``major.minor``) or ``%TAG`` (handle and prefix)."""
    start, line = cursor.pos, cursor.line
    cursor.pos += 1
    name = _take(_NAME, cursor)
    if not name:
        cursor.fail("could not find expected directive name")
    if not _at(cursor, " \t" + BREAKS + END):
        cursor.fail("found unexpected non-alphabetical character")
    if name == "YAML":
        _take(_BLANKS, cursor)
        major = _version_number(cursor)
        if not _at(cursor, "."):
            cursor.fail("did not find expected digit or '.' character")
        cursor.pos += 1
        token = Token(Kind.VERSION_DIRECTIVE, start, cursor.pos, line, f"{major}.{_version_number(cursor)}")
    elif name == "TAG":
        handle, prefix = _tag_directive(cursor)
        token = Token(Kind.TAG_DIRECTIVE, start, cursor.pos, line, handle, prefix)
    else:
        cursor.fail("found unknown directive name")
    _take(_BLANKS, cursor)
    _take(_COMMENT, cursor)
    if not _at(cursor, BREAKS + END):
        cursor.fail("did not find expected comment or line break")
    if _at(cursor, BREAKS):
        cursor.next_line()
    return token


def _version_number(cursor: Cursor) -> int:
    start = cursor.pos
    digits = _take(_DIGITS, cursor)
    if len(digits) > 2:
        cursor.pos = start + 2
        cursor.fail("found extremely long version number")
    if not digits:
        cursor.fail("did not find expected version number")
    return int(digits)


def _tag_directive(cursor: Cursor) -> tuple[str, str]:
    _take(_BLANKS, cursor)
    handle = _handle(cursor)
    if handle != "!" and not (len(handle) > 1 and handle.endswith("!")):
        cursor.fail("did not find expected '!'")
    if not _at(cursor, " \t"):
        cursor.fail("did not find expected whitespace")
    _take(_BLANKS, cursor)
    prefix = _uri(cursor, "")
    if not _at(cursor, " \t" + BREAKS + END):
        cursor.fail("did not find expected whitespace or line break")
    return handle, prefix


def scan_tag(cursor: Cursor) -> tuple[str, str]:
    """A tag's handle and suffix; a tag ``!<...>`` and the tag ``!`` have no handle."""
    cursor.need(2)
    if cursor.text[cursor.pos + 1] == "<":
        cursor.pos += 2
        handle, suffix = "", _uri(cursor, "")
        if not _at(cursor, ">"):
            cursor.fail("did not find the expected '>'")
        cursor.pos += 1
    else:
        handle = _handle(cursor)
        if len(handle) > 1 and handle.endswith("!"):
            suffix = _uri(cursor, "")
        else:
            handle, suffix = "!", _uri(cursor, handle)
            if not suffix:
                handle, suffix = "", "!"
    cursor.need(1)
    if not _at(cursor, " \t" + BREAKS + END):
        cursor.fail("did not find expected whitespace or line break")
    return handle, suffix


def _handle(cursor: Cursor) -> str:
    if not _at(cursor, "!"):
        cursor.fail("did not find expected '!'")
    cursor.pos += 1
    name = _take(_NAME, cursor)
    if not _at(cursor, "!"):
        return "!" + name
    cursor.pos += 1
    return f"!{name}!"


def _uri(cursor: Cursor, head: str) -> str:
    parts = [head[1:]]
    found = bool(head)
    while True:
        part = _take(_URI, cursor)
        if part:
            parts.append(part)
        elif _at(cursor, "%"):
            parts.append(_escaped(cursor))
        else:
            break
        found = True
    if not found:
        cursor.fail("did not find expected tag URI")
    return "".join(parts)


def _escaped(cursor: Cursor) -> str:
    """The character that a row of ``%XX`` stands for."""
    octets = bytearray()
    width = 1
    while len(octets) < width:
        cursor.need(3)
        found = _OCTET.match(cursor.text, cursor.pos)
        if found is None:
            cursor.fail("did not find URI escaped octet")
        octet = int(found[1], 16)
        if not octets:
            width = 1 if octet < 0x80 else 2 if octet & 0xE0 == 0xC0 else 3 if octet & 0xF0 == 0xE0 else 4
            if width == 4 and octet & 0xF8 != 0xF0:
                cursor.fail("found an incorrect leading UTF-8 octet")
        elif octet & 0xC0 != 0x80:
            cursor.fail("found an incorrect trailing UTF-8 octet")
        octets.append(octet)
        cursor.pos += 3
    return octets.decode("utf-8", "replace")
