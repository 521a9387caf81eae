"""Standard input, output and error as a command needs them: always there, and true about what could not be written."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO

from kpl.errors import UsageError
from kpl.report.workflow import without_commands


class ReaderGoneError(Exception):
    """Whoever read standard output has gone. It is no OSError: for that click would exit with 1, as for findings."""


def prepare() -> None:
    """Open what is closed, so that no file of a run gets its number, and put streams of our own over the descriptors."""
    for descriptor, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            # an input that cannot be read, an output that cannot be written, an error stream that nobody sees
            os.open(os.devnull, flags)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_Input(0, closefd=False)), "utf-8")
    sys.stdout = _Lines(_console(sys.stdout) or _Output(1, "w", closefd=False), sys.stdout)
    sys.stderr = _Lines(_console(sys.stderr) or _Error(2, "w", closefd=False), sys.stderr)


def _console(stream: TextIO | None) -> io.RawIOBase | None:
    """What writes to a console of Windows, whose descriptor takes bytes for those of its code page."""
    kind: type[io.RawIOBase] | None = getattr(io, "_WindowsConsoleIO", None)
    raw: object = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if kind is not None and isinstance(raw, kind) else None


class _Input(io.FileIO):
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            while (count := super().readinto(buffer)) is None:  # a pipe that another program made non-blocking
                import select

                select.select([self.fileno()], [], [])
            return count
        except OSError as error:
            raise UsageError(f"standard input cannot be read: {_reason(error)}") from None


class _Output(io.FileIO):
    def write(self, data: memoryview) -> int:  # type: ignore[override]
        try:
            return _write(super().write, self.fileno(), data)
        except BrokenPipeError:
            raise ReaderGoneError from None
        except OSError as error:
            raise UsageError(f"standard output cannot be written: {_reason(error)}") from None


class _Error(io.FileIO):
    def write(self, data: memoryview) -> int:  # type: ignore[override]
        try:
            return _write(super().write, self.fileno(), data)
        except OSError:
            return len(data)  # there is nobody to tell


def _write(write: Callable[[memoryview], int | None], descriptor: int, data: memoryview) -> int:
    while (written := write(data)) is None:  # a pipe that another program made non-blocking
        import select

        select.select([], [descriptor], [])
    return written


def _reason(error: OSError) -> str | None:
    return "it is closed" if error.errno == errno.EBADF else error.strerror


class _Lines(io.TextIOWrapper):
    """Text for people: no line of it is a command to GitHub's runner."""

    def __init__(self, raw: io.RawIOBase, replaced: TextIO | None) -> None:
        encoding = getattr(replaced, "encoding", None) or "utf-8"
        if codecs.lookup(encoding).name == "ascii":
            encoding = "utf-8"  # as click has it, which would put a stream of its own over this one
        # a character that the encoding of the output does not have is escaped
        # no line end becomes another one: `git apply` takes the diff of a file as it is
        super().__init__(io.BufferedWriter(raw), encoding, "backslashreplace", newline="\n", line_buffering=True)

    def write(self, text: str) -> int:
        return super().write(without_commands(text))
