"""The files in an archive that the user named, as those of a folder: read in one pass, and nothing is written to the disk.

Collectors of logs make such archives: sos (``.tar.xz``), EKS and Rancher (``.tar.gz``), Talos (``.zip``); so do people, of what
``oc adm must-gather`` and ``kubectl cluster-info dump`` write. The names in an archive are words in messages and nothing else.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from kpl import troubles
from kpl.errors import UsageError
from kpl.inputs.coverage import Skipped, SkipReason, failed
from kpl.inputs.detect import GZIP, kind_by_name
from kpl.inputs.document import Reading
from kpl.inputs.files import is_for_others
from kpl.inputs.read import FREE_UNPACKED, MAX_RATIO, MAX_SIZE, NOTHING, identify, read_identified
from kpl.inputs.tarball import DamagedError, Member, Stream, tar_members
from kpl.text.source import SourceOrigin, place_of

MAX_UNPACKED = 4 << 30
"""In bytes, of all members, those that kpl does not read included."""
MAX_READ = 1 << 30
"""In bytes, of the members that kpl reads."""
MAX_MEMBERS = 100_000
NOT_WRITTEN = "is in an archive"

_ZIP, _BZIP2, _XZ = b"PK", b"BZh", b"\xfd7zXZ\0"
_PIECE = 1 << 16
_MOST_STREAMS = 100_000
_MEMORY_OF_XZ = 128 << 20
"""In bytes: ``xz -9`` needs 65 MiB to unpack."""

Excludes = Callable[[str], bool]


class _TooLargeError(Exception):
    """The archive holds more than kpl reads; the message says of what."""


def read_archive(path: str, excludes: Excludes) -> list[Reading | Skipped]:
    """What the files in the archive at `path` hold, and last of all what is wrong with it. Never raises for any bytes."""
    members = _Members(path, excludes)
    try:
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return [Skipped(path, SkipReason.NOT_A_FILE, "is not a regular file")]
            members.read(file)
    except _TooLargeError as error:
        members.note(Skipped(path, SkipReason.TOO_LARGE, str(error)))
    except DamagedError:
        members.note(Skipped(path, SkipReason.DAMAGED, "is a damaged or incomplete archive"))
    except OSError as error:
        members.note(Skipped(path, SkipReason.UNREADABLE, f"is not readable: {error.strerror}"))
    return [each for _, each in sorted(members.found.items())]


class _Members:
    """What is found in one archive, by the paths that people see."""

    def __init__(self, path: str, excludes: Excludes) -> None:
        self._path = path
        self._excludes = excludes
        self._left = MAX_READ
        self._count = 0
        self.found: dict[str, Reading | Skipped] = {}

    def note(self, skipped: Skipped) -> None:
        """Add what is not checked."""
        self.found[skipped.path] = skipped

    def read(self, file: IO[bytes]) -> None:
        """Read all members. Raises `DamagedError`, `_TooLargeError`, OSError."""
        start = file.read(8)
        file.seek(0)
        if start.startswith(_ZIP):
            members = _zip_members(file, self._is_wanted)
        else:
            members = tar_members(Stream(_unpacked(file, start)), self._is_wanted)
        for member in members:
            path = self._shown(member.name)
            if path is not None and member.data is not None:
                # of two members with one name, the last one is what unpacking leaves
                self.found[path] = self._read(path, member)

    def _shown(self, name: str) -> str | None:
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", os.curdir, os.pardir)]
        return f"{self._path}:{'/'.join(parts)}" if parts else None

    def _is_wanted(self, name: str, size: int) -> bool:
        self._count += 1
        if self._count > MAX_MEMBERS:
            raise _TooLargeError(f"contains more than {MAX_MEMBERS:,} files")
        path = self._shown(name)
        if path is None:
            return False
        place = place_of(path, self._path)
        if not kind_by_name(os.path.basename(place)):
            self.note(Skipped(path, SkipReason.OTHER_NAME, "has a name that kpl does not read"))
        elif self._excludes(place):
            self.note(Skipped(path, SkipReason.EXCLUDED, "is excluded by the configuration"))
        elif size > MAX_SIZE:
            self.note(Skipped(path, SkipReason.TOO_LARGE, f"is larger than {MAX_SIZE >> 20} MiB"))
        elif size > self._left:
            raise _TooLargeError(f"contains more than {MAX_READ >> 20:,} MiB of files that kpl reads")
        else:
            return True
        return False

    def _read(self, path: str, member: Member) -> Reading | Skipped:
        data = member.data or b""
        place = place_of(path, self._path)
        if is_for_others(place, data):
            return Skipped(path, SkipReason.NOTHING, NOTHING)
        try:
            identified = identify(path, data, named=False, origin=SourceOrigin.ARCHIVE, archive=self._path)
            if isinstance(identified, Skipped):
                return identified
            self._left -= len(data)
            return read_identified(identified._replace(not_written=NOT_WRITTEN))
        except UsageError:
            raise
        except troubles.FAILURES as error:
            troubles.note_error(error, path)
            return failed(path)


def _unpacked(file: IO[bytes], start: bytes) -> Iterator[bytes]:
    """What a compressed or plain file holds, unless that is out of proportion."""
    size = os.fstat(file.fileno()).st_size
    most = min(MAX_UNPACKED, max(FREE_UNPACKED, MAX_RATIO * size))
    for piece in _pieces(file, start):
        most -= len(piece)
        if most < 0:
            raise _TooLargeError("unpacks to more than kpl reads")
        yield piece


def _pieces(file: IO[bytes], start: bytes) -> Iterator[bytes]:
    unpacker = _unpacker_of(start)
    if unpacker is None:
        while piece := file.read(_PIECE):
            yield piece
        return
    errors = _errors()
    one, is_new, streams = unpacker(), True, 1
    waiting = b""
    while True:
        if one.needs_input and not waiting:
            waiting = file.read(_PIECE)
            if not waiting:
                return
        if is_new:
            waiting = waiting.lstrip(b"\0")  # which pads the last block of a tape
            if not waiting:
                continue
        try:
            piece = one.decompress(waiting, _PIECE)
        except errors:
            raise DamagedError from None
        waiting, is_new = b"", False
        if piece:
            yield piece
        if one.eof:
            waiting, is_new, one = one.unused_data, True, unpacker()
            streams += 1
            if streams > _MOST_STREAMS:
                raise DamagedError


class _Gzip:
    """A member of a gzip file, with the methods that the modules bz2 and lzma have for theirs."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    def decompress(self, data: bytes, most: int) -> bytes:
        """At most so many bytes of what `data` and what came before hold."""
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)

    @property
    def needs_input(self) -> bool:
        """Whether all that came has been unpacked."""
        return not self._inner.unconsumed_tail

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""
        return self._inner.unused_data


def _unpacker_of(start: bytes) -> Callable[[], Any] | None:
    if start.startswith(GZIP):
        return _Gzip
    if start.startswith(_BZIP2):
        import bz2

        return bz2.BZ2Decompressor
    if start.startswith(_XZ):
        import lzma

        return lambda: lzma.LZMADecompressor(memlimit=_MEMORY_OF_XZ)
    return None


def _errors() -> tuple[type[Exception], ...]:
    import lzma

    return zlib.error, lzma.LZMAError, OSError, EOFError, ValueError


def _zip_members(file: IO[bytes], wanted: Callable[[str, int], bool]) -> Iterator[Member]:
    import zipfile

    left = min(MAX_UNPACKED, max(FREE_UNPACKED, MAX_RATIO * os.fstat(file.fileno()).st_size))
    errors: tuple[type[Exception], ...] = (zipfile.BadZipFile, *_errors(), RuntimeError, OverflowError)
    try:
        archive = zipfile.ZipFile(file)
    except errors:
        raise DamagedError from None
    for each in archive.infolist():
        if each.is_dir() or stat.S_ISLNK(each.external_attr >> 16) or not wanted(each.filename, each.file_size):
            continue
        if each.file_size > left:
            raise _TooLargeError("unpacks to more than kpl reads")
        try:
            with archive.open(each) as member:
                data = member.read(each.file_size + 1)
        except errors:
            raise DamagedError from None
        left -= len(data)
        yield Member(each.filename, each.file_size, data)
