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
from kpl.parallel import can_fork, in_two_processes

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
    readings += read_files(found)
    if found and not readings:
        click.echo("kpl: warning: no file holds anything that kpl reads", err=True)
    return readings


def read_files(found: Sequence[Found]) -> list[Reading]:
    """The readings of `found`, in its order."""
    sizes = [os.path.getsize(each.path) for each in found]
    if len(found) > 1 and sum(sizes) > PARALLEL_BYTES and can_fork():
        half, total = 0, 0
        while total < sum(sizes) / 2:
            total += sizes[half]
            half += 1
        return in_two_processes(_read_all, found[:half], found[half:])
    return _read_all(found)


def _read_all(found: Sequence[Found]) -> list[Reading]:
    from kpl.inputs.read import read

    readings = []
    for each in found:
        reading = read(each.path, _bytes(each.path), each.named)
        if reading is not None:
            readings.append(reading)
    return readings


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
