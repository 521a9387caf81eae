"""The members of a tar archive, read in one pass from a stream that may be hostile.

The module tarfile keeps extended headers of any size in memory. Here names and sizes are read, and nothing is followed or
extracted. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html (ustar, pax), and GNU's own long names:
https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kpl.text.number import whole_number

_BLOCK = 512
_MOST_EXTENDED = 1 << 20
"""In bytes, of a header that gives a name of any length."""
_REGULAR = (b"0", b"\0", b"7")
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")
"""Links, devices, folders and pipes."""
_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL, _SPARSE = b"L", b"K", b"x", b"g", b"S"


class DamagedError(Exception):
    """What is read is no archive, or not all of one."""


class Member(NamedTuple):
    """A regular file in an archive; `data` is None if it was not `wanted`, or has holes."""

    name: str
    size: int
    data: bytes | None


class Stream:
    """Reads what an iterator yields, by numbers of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece, self._at = b"", 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        return b"".join(self._some(size))

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes. Raises DamagedError where there are fewer."""
        if sum(map(len, self._some(size))) < size:
            raise DamagedError

    def _some(self, size: int) -> Iterator[bytes]:
        while size > 0:
            if self._at >= len(self._piece):
                self._piece, self._at = next(self._pieces, b""), 0
                if not self._piece:
                    return
            some = self._piece[self._at : self._at + size]
            self._at += len(some)
            size -= len(some)
            yield some


def tar_members(stream: Stream, wanted: Callable[[str, int], bool]) -> Iterator[Member]:
    """The regular files in a tar archive. Raises DamagedError where it is none, or ends too early."""
    name, size, has_holes = "", None, False
    while (header := stream.read(_BLOCK)).strip(b"\0"):
        kind, stored = header[156:157], _number(header[124:136])
        if len(header) < _BLOCK or stored is None or not _is_header(header):
            raise DamagedError
        if kind in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL):
            data = _extended(stream, stored)
            if kind == _LONG_NAME:
                name = _text(data.partition(b"\0")[0])
            elif kind == _PAX:
                said = _records(data)
                name = _text(said.get(b"path", b"")) or name
                size = whole_number(_text(said.get(b"size", b"")))
                has_holes = any(key.startswith(b"GNU.sparse.") for key in said)
            continue
        length = stored if size is None else size
        own_name, is_regular = name or _name(header), kind in _REGULAR and not has_holes
        name, size, has_holes = "", None, False
        if kind in _WITHOUT_DATA or own_name.endswith("/"):
            continue
        more = kind == _SPARSE and header[482] != 0
        while more:
            more = stream.read(_BLOCK)[504:505].strip(b"\0") != b""
        content = stream.read(length) if is_regular and wanted(own_name, length) else None
        if content is None:
            stream.skip(length)
        elif len(content) < length:
            raise DamagedError
        stream.skip(-length % _BLOCK)
        yield Member(own_name, length, content)
    if not header:
        raise DamagedError


def _is_header(header: bytes) -> bool:
    return _number(header[148:156]) == sum(header[:148]) + sum(b" " * 8) + sum(header[156:])


def _number(field: bytes) -> int | None:
    """A number in octal digits, or in binary, which GNU's tar marks with the first bit."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip()
    return int(digits or b"0", 8) if all(digit in b"01234567" for digit in digits) else None


def _name(header: bytes) -> str:
    folder = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    name = header[:100].partition(b"\0")[0]
    return _text(folder + b"/" + name if folder else name)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _extended(stream: Stream, size: int) -> bytes:
    if size > _MOST_EXTENDED:
        raise DamagedError
    data = stream.read(size)
    stream.skip(-size % _BLOCK)
    return data


def _records(data: bytes) -> dict[bytes, bytes]:
    """What the lines ``LENGTH KEY=VALUE`` of an extended header say."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        length = whole_number(_text(data[at : at + 10].partition(b" ")[0]))
        if not length:
            raise DamagedError
        key, _, value = data[at : at + length].partition(b" ")[2].removesuffix(b"\n").partition(b"=")
        found[key] = value
        at += length
    return found
