"""From a file of a run to its text: opened so that nothing hangs and nothing endless is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import cache
from typing import IO, Any

from kpl import troubles
from kpl.errors import UsageError
from kpl.inputs.coverage import Skipped, SkipReason, failed
from kpl.inputs.detect import GZIP, YAML, is_yaml_name, kind_by_name
from kpl.inputs.discover import Found
from kpl.inputs.document import Reading
from kpl.inputs.read import HEAD, MAX_SIZE, NOTHING, Identified, identify, read_identified
from kpl.inputs.registry import file_kinds

# not blocking: what was a file when the folder was listed may be a pipe by now
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_LARGE = 1 << 20
"""In bytes. Of larger files the start is looked at first: most of them are not for kpl."""


def read_file(
    found: Found, as_kind: str | None = None, seen: Callable[[str, bytes], None] | None = None
) -> Reading | Skipped:
    """The documents of a file, or why it is left out; `seen` is told the path and the bytes of a small file."""
    identified = identify_file(found, as_kind, seen)
    if isinstance(identified, Skipped):
        return identified
    try:
        return read_identified(identified)
    except UsageError:
        raise
    except troubles.FAILURES as error:
        troubles.note_error(error, found.path)
        return failed(found.path)


def identify_file(
    found: Found, as_kind: str | None = None, seen: Callable[[str, bytes], None] | None = None
) -> Identified | Skipped:
    """The text of a file and what it is, or why it is left out."""
    # there may be ten thousand files: a context manager would take as long as reading one
    try:
        return _identify(found, as_kind, seen)
    except _NotRegularError:
        return Skipped(found.path, SkipReason.NOT_A_FILE, "is not a regular file")
    except OSError as error:
        return Skipped(found.path, SkipReason.UNREADABLE, f"is not readable: {error.strerror}")
    except UsageError:
        raise
    except troubles.FAILURES as error:
        troubles.note_error(error, found.path)
        return failed(found.path)


def _identify(found: Found, as_kind: str | None, seen: Callable[[str, bytes], None] | None) -> Identified | Skipped:
    is_pipe = False
    as_kind = as_kind or found.as_kind
    data = _small(found)
    if data is not None and seen is not None:
        seen(found.path, data)
    if data is None:
        with _opened(found) as file:
            is_pipe = not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = _content(file, found, as_kind)
        if isinstance(content, Skipped):
            return content
        data = content
    elif as_kind is None and is_for_others(found.path, data):
        return Skipped(found.path, SkipReason.NOTHING, NOTHING)
    identified = identify(found.path, data, found.named, as_kind)
    if isinstance(identified, Skipped) or identified.not_written:
        return identified
    not_written = "is a pipe" if is_pipe else "is recognized only by its content" if identified.by_content else ""
    return identified._replace(not_written=not_written)


def is_for_others(path: str, data: bytes) -> bool:
    """Whether the bytes of the file at `path` are enough to tell that nothing in it is for kpl."""
    name = path.rpartition(os.sep)[2]
    kind = kind_by_name(name)
    if kind == YAML:
        if not is_yaml_name(name):
            return False
        from kpl.inputs.recognition import holds_nothing

        return holds_nothing(name, data)
    words = _words_of(kind)
    if not words:
        return False
    for word in words:
        if word in data:
            return False
    return not data.startswith(GZIP)


@cache
def _words_of(kind: str | None) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in file_kinds()[kind].words) if kind in file_kinds() else ()


class _NotRegularError(Exception):
    """A folder, a device, or a pipe that nobody named."""


def _small(found: Found) -> bytes | None:
    """The bytes of a small regular file, as most are, with as few calls as it takes; None for any other one."""
    if found.named and stat.S_ISFIFO(os.stat(found.path).st_mode):
        return None
    descriptor = os.open(found.path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size < _LARGE:
            return None
        data = os.read(descriptor, status.st_size + 1)
        return data if len(data) == status.st_size else None
    finally:
        os.close(descriptor)


def _opened(found: Found) -> IO[bytes]:
    if found.named and stat.S_ISFIFO(os.stat(found.path).st_mode):
        return open(found.path, "rb")
    descriptor = os.open(found.path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _NotRegularError
    return os.fdopen(descriptor, "rb")


def _content(file: IO[bytes], found: Found, as_kind: str | None) -> bytes | Skipped:
    start = read_exactly(file, _LARGE)
    if len(start) < _LARGE:
        return start
    head = _unpacked_start(start) if start[:2] == GZIP else start[:HEAD]
    if as_kind is None and head:
        path = found.path.removesuffix(".gz") if start[:2] == GZIP else found.path
        identified = identify(path, head, found.named)
        if isinstance(identified, Skipped):
            return identified._replace(path=found.path)
    size = os.fstat(file.fileno()).st_size
    if size <= MAX_SIZE:
        if file.seekable():
            file.seek(0)
            start = b""
        data = start + read_exactly(file, MAX_SIZE + 1 - len(start))
        size = len(data)
    if size > MAX_SIZE:
        return Skipped(found.path, SkipReason.TOO_LARGE, f"is larger than {MAX_SIZE >> 20} MiB")
    return data


def _unpacked_start(data: bytes) -> bytes:
    import zlib

    try:
        return zlib.decompressobj(31).decompress(data, HEAD)
    except zlib.error:
        return b""  # which reading all of it will tell


def read_exactly(file: IO[bytes], size: int) -> bytes:
    """Up to `size` bytes, fewer only at the end: a pipe gives what it has."""
    pieces: list[Any] = []
    while size > 0 and (piece := file.read(min(size, 16 << 20))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
