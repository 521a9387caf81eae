"""Which files a run looks at."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kpl.errors import UsageError
from kpl.inputs.detect import kind_by_name

_NEVER = {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".terraform"}


class Found(NamedTuple):
    """A file: its path, and whether the user named it (or a folder above it)."""

    path: str
    named: bool


def discover(paths: Sequence[str], all_names: bool = False) -> list[Found]:
    """The files under `paths`, each real file once, in a stable order.

    In folders, files that git ignores are left out, and so are names that kpl has no reader for unless `all_names` is
    given; symbolic links to folders are not followed. Raises UsageError for a path that does not exist.
    """
    seen: set[tuple[int, int]] = set()
    found: list[Found] = []
    for path in paths:
        if os.path.isdir(path):
            candidates: Iterator[Found] = (Found(each, False) for each in _walk(path, all_names))
        elif os.path.exists(path):
            candidates = iter([Found(path, True)])
        else:
            raise UsageError(f"{path}: no such file or folder")
        for each in candidates:
            identity = _identity(each.path)
            if identity is not None and identity not in seen:
                seen.add(identity)
                found.append(each)
    return found


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None  # a link to nowhere
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _walk(folder: str, all_names: bool) -> Iterator[str]:
    listed = _git_files(folder)
    if listed is None:
        yield from _all_files(folder, all_names)
        return
    for name in sorted(listed):
        path = os.path.join(folder, name.rstrip("/")) if folder != "." else name.rstrip("/")
        if os.path.isdir(path) and not os.path.islink(path):
            yield from _walk(path, all_names)  # a submodule, or a repository inside of this one
        elif all_names or kind_by_name(os.path.basename(path)):
            yield path


def _git_files(folder: str) -> list[str] | None:
    """What git lists below `folder`: tracked files and new ones that it does not ignore; None outside of a work tree."""
    command = ["git", "-C", folder, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "ls-files"]
    options = ["--cached", "--others", "--exclude-standard", "-z"]
    if not _in_work_tree(folder):
        return None
    import subprocess

    try:
        done = subprocess.run([*command, *options], capture_output=True, check=False)
    except OSError:
        return None
    if done.returncode != 0:
        return None
    return list(dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1]))


def _in_work_tree(folder: str) -> bool:
    at = os.path.realpath(folder)
    while True:
        if os.path.exists(os.path.join(at, ".git")):
            return True
        above = os.path.dirname(at)
        if above == at:
            return False
        at = above


def _all_files(folder: str, all_names: bool) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in _NEVER)
        for name in sorted(names):
            if all_names or kind_by_name(name):
                yield os.path.normpath(os.path.join(root, name))
