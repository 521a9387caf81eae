"""Tags and directives, as go-yaml v2 scans them.

Source: go.yaml.in/yaml/v2 v2.4.4, scannerc.go (yaml_parser_scan_directive, _tag, _tag_handle, _tag_uri, _uri_escapes).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kpl.golang.goyaml.characters import END
from kpl.golang.goyaml.scalars import BREAKS
from kpl.golang.goyaml.tokens import Kind, Token

if TYPE_CHECKING:
    from kpl.golang.goyaml.scanner import Scanner

_NAME = re.compile("[0-9A-Za-z_-]*")
_BLANKS = re.compile("[ \t]*")
_COMMENT = re.compile(f"(?:#[^{BREAKS}{END}]*)?")
_DIGITS = re.compile("[0-9]*")
_URI = re.compile(r"[0-9A-Za-z_;/?:@&=+$,.!~*'()\[\]-]*")
_OCTET = re.compile("%([0-9A-Fa-f]{2})")


def _take(pattern: re.Pattern[str], scanner: Scanner) -> str:
    found = pattern.match(scanner.text, scanner.pos)
    assert found is not None
    scanner.pos = found.end()
    scanner.need(1)
    return found.group()


def _at(scanner: Scanner, characters: str) -> bool:
    return scanner.text[scanner.pos] in characters


def scan_directive(scanner: Scanner) -> Token:
    """``%YAML`` (the token's value is ``major.minor``) or ``%TAG`` (handle and prefix)."""
    start, line = scanner.pos, scanner.line
    scanner.pos += 1
    name = _take(_NAME, scanner)
    if not name:
        scanner.fail("could not find expected directive name")
    if not _at(scanner, " \t" + BREAKS + END):
        scanner.fail("found unexpected non-alphabetical character")
    if name == "YAML":
        _take(_BLANKS, scanner)
        major = _version_number(scanner)
        if not _at(scanner, "."):
            scanner.fail("did not find expected digit or '.' character")
        scanner.pos += 1
        token = Token(Kind.VERSION_DIRECTIVE, start, scanner.pos, line, f"{major}.{_version_number(scanner)}")
    elif name == "TAG":
        handle, prefix = _tag_directive(scanner)
        token = Token(Kind.TAG_DIRECTIVE, start, scanner.pos, line, handle, prefix)
    else:
        scanner.fail("found unknown directive name")
    _take(_BLANKS, scanner)
    _take(_COMMENT, scanner)
    if not _at(scanner, BREAKS + END):
        scanner.fail("did not find expected comment or line break")
    if _at(scanner, BREAKS):
        scanner.next_line()
    return token


def _version_number(scanner: Scanner) -> int:
    start = scanner.pos
    digits = _take(_DIGITS, scanner)
    if len(digits) > 2:
        scanner.pos = start + 2
        scanner.fail("found extremely long version number")
    if not digits:
        scanner.fail("did not find expected version number")
    return int(digits)


def _tag_directive(scanner: Scanner) -> tuple[str, str]:
    _take(_BLANKS, scanner)
    handle = _handle(scanner)
    if handle != "!" and not (len(handle) > 1 and handle.endswith("!")):
        scanner.fail("did not find expected '!'")
    if not _at(scanner, " \t"):
        scanner.fail("did not find expected whitespace")
    _take(_BLANKS, scanner)
    prefix = _uri(scanner, "")
    if not _at(scanner, " \t" + BREAKS + END):
        scanner.fail("did not find expected whitespace or line break")
    return handle, prefix


def scan_tag(scanner: Scanner) -> tuple[str, str]:
    """A tag's handle and suffix; a tag ``!<...>`` and the tag ``!`` have no handle."""
    scanner.need(2)
    if scanner.text[scanner.pos + 1] == "<":
        scanner.pos += 2
        handle, suffix = "", _uri(scanner, "")
        if not _at(scanner, ">"):
            scanner.fail("did not find the expected '>'")
        scanner.pos += 1
    else:
        handle = _handle(scanner)
        if len(handle) > 1 and handle.endswith("!"):
            suffix = _uri(scanner, "")
        else:
            handle, suffix = "!", _uri(scanner, handle)
            if not suffix:
                handle, suffix = "", "!"
    scanner.need(1)
    if not _at(scanner, " \t" + BREAKS + END):
        scanner.fail("did not find expected whitespace or line break")
    return handle, suffix


def _handle(scanner: Scanner) -> str:
    if not _at(scanner, "!"):
        scanner.fail("did not find expected '!'")
    scanner.pos += 1
    name = _take(_NAME, scanner)
    if not _at(scanner, "!"):
        return "!" + name
    scanner.pos += 1
    return f"!{name}!"


def _uri(scanner: Scanner, head: str) -> str:
    parts = [head[1:]]
    found = bool(head)
    while True:
        part = _take(_URI, scanner)
        if part:
            parts.append(part)
        elif _at(scanner, "%"):
            parts.append(_escaped(scanner))
        else:
            break
        found = True
    if not found:
        scanner.fail("did not find expected tag URI")
    return "".join(parts)


def _escaped(scanner: Scanner) -> str:
    """The character that a row of ``%XX`` stands for."""
    octets = bytearray()
    width = 1
    while len(octets) < width:
        scanner.need(3)
        found = _OCTET.match(scanner.text, scanner.pos)
        if found is None:
            scanner.fail("did not find URI escaped octet")
        octet = int(found[1], 16)
        if not octets:
            width = 1 if octet < 0x80 else 2 if octet & 0xE0 == 0xC0 else 3 if octet & 0xF0 == 0xE0 else 4
            if width == 4 and octet & 0xF8 != 0xF0:
                scanner.fail("found an incorrect leading UTF-8 octet")
        elif octet & 0xC0 != 0x80:
            scanner.fail("found an incorrect trailing UTF-8 octet")
        octets.append(octet)
        scanner.pos += 3
    return octets.decode("utf-8", "replace")
