"""Reads the files of a run, in two processes where that pays."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kpl.errors import UsageError
from kpl.inputs.discover import Found, discover
from kpl.inputs.document import STDIN_NAME

if TYPE_CHECKING:
    from kpl.inputs.document import Reading
    from kpl.lint.settings import Settings

PARALLEL_BYTES = 3_000_000
"""From this size on a second process is no slower and soon quicker: what it reads has to be sent back."""


def stdin_bytes(paths: Sequence[str]) -> bytes | None:
    """What comes from standard input, when ``-`` is among `paths`."""
    return sys.stdin.buffer.read() if "-" in paths else None


def load(paths: Sequence[str], settings: Settings, stdin: bytes | None, stdin_name: str | None) -> list[Reading]:
    """The readings of standard input and of all files under `paths`. Raises UsageError."""
    paths = paths or ["."]
    readings: list[Reading] = []
    if stdin is not None:
        from kpl.inputs.read import read

        reading = read(stdin_name or STDIN_NAME, stdin)
        if reading is not None:
            readings.append(reading)
    found = [each for each in discover([path for path in paths if path != "-"]) if not settings.excludes(each.path)]
    if not found and "-" not in paths:
        click.echo("kpl: warning: no files to check were found", err=True)
    return readings + read_files(found)


def read_files(found: Sequence[Found]) -> list[Reading]:
    """The readings of `found`, in its order."""
    sizes = [os.path.getsize(each.path) for each in found]
    if len(found) > 1 and sum(sizes) > PARALLEL_BYTES and hasattr(os, "fork") and (os.cpu_count() or 1) > 1:
        half, total = 0, 0
        while total < sum(sizes) / 2:
            total += sizes[half]
            half += 1
        return _in_two_processes(found[:half], found[half:])
    return _read_all(found)


def _read_all(found: Sequence[Found]) -> list[Reading]:
    from kpl.inputs.read import read

    readings = []
    for each in found:
        try:
            with open(each.path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise UsageError(f"{each.path}: {error.strerror}") from None
        reading = read(each.path, data, each.named)
        if reading is not None:
            readings.append(reading)
    return readings


def _in_two_processes(mine: Sequence[Found], others: Sequence[Found]) -> list[Reading]:
    """A forked child reads `others` and sends its readings through a pipe; an error in it is raised here."""
    import pickle

    reading_end, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading_end)
            try:
                answer: tuple[str, object] = ("", _read_all(others))
            except UsageError as error:
                answer = (str(error), None)
            with os.fdopen(writing_end, "wb") as pipe:
                pickle.dump(answer, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            status = 0
        finally:
            os._exit(status)
    os.close(writing_end)
    readings = _read_all(mine)
    with os.fdopen(reading_end, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        return readings + _read_all(others)
    problem, rest = pickle.loads(data)  # from our own child
    if problem:
        raise UsageError(problem)
    others_read: list[Reading] = rest
    return readings + others_read
