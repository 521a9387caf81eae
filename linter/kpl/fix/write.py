"""Writes files so that at no moment anybody sees half of one, and nothing is left behind that git would add."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kpl.errors import UsageError
from kpl.inputs.discover import SCRATCH_PREFIX

_ABANDONED_S = 3600
_NEW, _OLD, _IGNORE = "new", "old", ".gitignore"


class Change(NamedTuple):
    """New bytes for the file that holds `old`."""

    path: str
    old: bytes
    new: bytes


class _Prepared(NamedTuple):
    """A change that takes no more than a rename, forth and back; each file has a scratch folder of its own beside it."""

    change: Change
    target: str
    scratch: str
    links: int


def replace_files(changes: Sequence[Change]) -> list[int]:
    """Make all of `changes` or none: everything is written beside the files and synced before the first one is renamed.

    Mode and owner are kept. A symbolic link stays one: its target is replaced. Returns how many other hard links of each file
    keep the old bytes. Raises UsageError when a file holds something else by now, or cannot be written.
    """
    prepared: list[_Prepared] = []
    try:
        for number, change in enumerate(changes):
            with _told(change.path):
                prepared.append(_prepare(change, number, keep_old=len(changes) > 1))
        _rename(prepared)
    finally:
        for each in prepared:
            _remove(each.scratch)
    return [each.links for each in prepared]


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _prepare(change: Change, number: int, *, keep_old: bool) -> _Prepared:
    target = os.path.realpath(change.path)
    _check_unchanged(change, target)
    status = os.stat(target)
    scratch = _make_scratch(os.path.dirname(target), number)
    try:
        _write(os.path.join(scratch, _NEW), change.new, status)
        if keep_old:
            _write(os.path.join(scratch, _OLD), change.old, status)
    except BaseException:
        _remove(scratch)
        raise
    return _Prepared(change, target, scratch, status.st_nlink - 1)


def _check_unchanged(change: Change, target: str) -> None:
    with open(target, "rb") as file:
        if file.read() != change.old:
            raise UsageError(f"{change.path}: changed while kpl was running, so it was not written")


def _rename(prepared: Sequence[_Prepared]) -> None:
    done: list[_Prepared] = []
    try:
        for each in prepared:
            with _told(each.change.path):
                if done:  # two names of one file: the first one has just changed it
                    _check_unchanged(each.change, each.target)
                done.append(each)
                os.replace(os.path.join(each.scratch, _NEW), each.target)
    except BaseException:
        for each in done:
            with contextlib.suppress(OSError):
                os.replace(os.path.join(each.scratch, _OLD), each.target)
        raise


def _make_scratch(folder: str, number: int) -> str:
    """A folder beside the file, so that renaming is possible, with a rule in it that keeps git from adding it."""
    scratch = os.path.join(folder, f"{SCRATCH_PREFIX}{os.getpid()}{f'.{number}' if number else ''}")
    _remove(scratch)  # of an earlier process with our number
    os.mkdir(scratch, 0o700)
    with open(os.path.join(scratch, _IGNORE), "w", encoding="utf-8") as file:
        file.write("*\n")
    return scratch


def _write(path: str, data: bytes, like: os.stat_result) -> None:
    with open(path, "xb") as file:
        os.chmod(path, 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(path, stat.S_IMODE(like.st_mode))
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(path, like.st_uid, like.st_gid)


def clean(folder: str) -> None:
    """Remove what a killed run of kpl left in `folder`."""
    try:
        names = [name for name in os.listdir(folder or os.curdir) if name.startswith(SCRATCH_PREFIX)]
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if _is_abandoned(path, name.removeprefix(SCRATCH_PREFIX).partition(".")[0]):
            _remove(path)


def _is_abandoned(path: str, process: str) -> bool:
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or not (process.isascii() and process.isdecimal() and len(process) < 10):
            return False
        if time.time() - status.st_mtime > _ABANDONED_S:
            return True
        if os.name == "nt":  # where os.kill ends the process that it is to ask after
            return False
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # a process of somebody else's
    return False


def _remove(scratch: str) -> None:
    with contextlib.suppress(OSError):
        for name in (_NEW, _OLD, _IGNORE):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(scratch, name))
        os.rmdir(scratch)
