"""Writes a file so that at no moment anybody sees half of it, and nothing is left behind that git would add."""

from __future__ import annotations

import contextlib
import os
import stat
import time

from kpl.errors import UsageError
from kpl.inputs.discover import SCRATCH_PREFIX

_ABANDONED_S = 3600
_NEW, _IGNORE = "new", ".gitignore"


def replace_file(path: str, old: bytes, new: bytes) -> int:
    """Put `new` into the file that holds `old`: written beside it, fsync, rename; mode and owner are kept.

    A symbolic link stays one: its target is replaced. Returns how many other hard links of the file keep the old bytes.
    Raises UsageError when the file holds something else by now, or cannot be written.
    """
    target = os.path.realpath(path)
    try:
        with open(target, "rb") as file:
            if file.read() != old:
                raise UsageError(f"{path}: changed while kpl was running, so it was not written")
        status = os.stat(target)
        scratch = _make_scratch(os.path.dirname(target))
        try:
            _write(os.path.join(scratch, _NEW), new, status)
            os.replace(os.path.join(scratch, _NEW), target)
        finally:
            _remove(scratch)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return status.st_nlink - 1


def _make_scratch(folder: str) -> str:
    """A folder beside the file, so that renaming is possible, with a rule in it that keeps git from adding it."""
    scratch = os.path.join(folder, f"{SCRATCH_PREFIX}{os.getpid()}")
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
        if _is_abandoned(path, name.removeprefix(SCRATCH_PREFIX)):
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
        for name in (_NEW, _IGNORE):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(scratch, name))
        os.rmdir(scratch)
