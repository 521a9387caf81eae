"""One file: its bytes, its characters, and the way from one to the other and back."""

from __future__ import annotations

import codecs
import os
from bisect import bisect_left
from enum import Enum
from functools import cached_property
from itertools import accumulate

from kpl.text import late
from kpl.text.span import Span

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = late.pattern(r"\r\n|\r|\n")
_LONE_CR = late.pattern(r"\r(?!\n)")

_BLOCK = 16_384
"""In characters: lines are counted by blocks, since of a large dump few have a finding."""


class SourceOrigin(Enum):
    """Where a text was read, whatever it is called."""

    DISK = "disk"
    STANDARD_INPUT = "standard input"
    BUFFER = "buffer of an editor"
    API = "object of an API server"
    ARCHIVE = "member of an archive"


def place_of(path: str, archive: str) -> str:
    """The `path` of a member of `archive` with the archive as a folder; any other path as it is."""
    return os.path.join(archive, *path[len(archive) + 1 :].split("/")) if archive else path


class Source:
    """A file as kpl sees it: `path` for people, `text` without a byte order mark, and the way back to bytes.

    `origin` tells where the text was read, which `path` need not: an editor has a file's name and its own text. The path
    of a member of an `archive` is that of the archive, a colon, and the member's.
    Bytes that are not valid in the file's encoding survive as lone surrogates (PEP 383), so that `encode` gives the
    same bytes again; `valid` tells whether there were none.
    """

    def __init__(
        self,
        path: str,
        text: str,
        bom: bytes = b"",
        encoding: str = "utf-8",
        valid: bool = True,
        origin: SourceOrigin = SourceOrigin.DISK,
        archive: str = "",
    ) -> None:
        self.path = path
        self.origin = origin
        self.archive = archive
        self.text = text
        self.bom = bom
        self.encoding = encoding
        self.valid = valid
        self._remembered: tuple[int, list[int]] = (-1, [])

    @classmethod
    def from_bytes(cls, path: str, data: bytes, origin: SourceOrigin = SourceOrigin.DISK, archive: str = "") -> Source:
        """Read `data`: UTF-8, or UTF-16/32 where a byte order mark says so. Never raises."""
        bom, encoding = next(((b, e) for b, e in _BOMS if data.startswith(b)), (b"", "utf-8"))
        body = data[len(bom) :]
        try:
            return cls(path, body.decode(encoding), bom, encoding, origin=origin, archive=archive)
        except UnicodeDecodeError:
            if encoding != "utf-8":
                bom, encoding, body = b"", "utf-8", data
            return cls(path, body.decode("utf-8", "surrogateescape"), bom, encoding, False, origin, archive)

    def encode(self, text: str) -> bytes:
        """`text` as the bytes of this file: the same encoding and byte order mark."""
        return self.bom + text.encode(self.encoding, "surrogateescape")

    def with_text(self, text: str) -> Source:
        """The same file holding another text."""
        return Source(self.path, text, self.bom, self.encoding, self.valid, self.origin, self.archive)

    @property
    def place(self) -> str:
        """Its path where an archive is a folder of its members."""
        return place_of(self.path, self.archive)

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return os.path.basename(self.place)

    @cached_property
    def _lines(self) -> str:
        """The text, of the same length, with every line ended by LF."""
        return _LONE_CR.sub("\n", self.text) if "\r" in self.text else self.text

    @cached_property
    def _ends_before(self) -> list[int]:
        """How many lines end before each block of `_BLOCK` characters, and before the end of the text."""
        blocks = (self._lines.count("\n", at, at + _BLOCK) for at in range(0, len(self._lines), _BLOCK))
        return list(accumulate(blocks, initial=0))

    @cached_property
    def _starts_before(self) -> list[int]:
        """Where the line starts that goes on at the start of each block."""
        ends = (self._lines.rfind("\n", at, at + _BLOCK) + 1 for at in range(0, len(self._lines), _BLOCK))
        return list(accumulate(ends, max, initial=0))

    def _starts_in(self, block: int) -> list[int]:
        """Where the lines start that start behind a line end of a block; the last block asked for is remembered."""
        if self._remembered[0] != block:
            pieces = self._lines[block * _BLOCK : (block + 1) * _BLOCK].split("\n")
            starts = accumulate((len(piece) + 1 for piece in pieces[:-1]), initial=block * _BLOCK)
            self._remembered = (block, list(starts)[1:])
        return self._remembered[1]

    @property
    def line_count(self) -> int:
        """How many lines there are, the one behind the last line end among them; a line ends with LF, CR LF or CR."""
        return self._ends_before[-1] + 1

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1, the column in code points."""
        block = min(offset // _BLOCK, len(self._ends_before) - 1)
        line = self._ends_before[block] + self._lines.count("\n", block * _BLOCK, offset) + 1
        start = self._lines.rfind("\n", block * _BLOCK, offset) + 1 or self._starts_before[block]
        return line, offset - start + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its line end."""
        return self.text[slice(*self.line_span(number))]

    def line_span(self, number: int) -> Span:
        """Where line `number` (from 1) stands, without its line end."""
        start = self._start(number)
        end = len(self.text) if number >= self.line_count else self._start(number + 1) - 1
        # of CR LF the CR is no part of the line either
        return Span(start, end - 1 if self.text[end - 1 : end] == "\r" and end > start else end)

    def _start(self, number: int) -> int:
        """Where line `number` starts."""
        if number == 1:
            return 0
        block = bisect_left(self._ends_before, number - 1) - 1
        return self._starts_in(block)[number - 2 - self._ends_before[block]]

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses: its first one, or LF when it has none."""
        found = _LINE_END.search(self.text) if "\r" in self.text else None
        return found.group() if found else "\n"
