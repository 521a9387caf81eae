"""The files of a work tree that git does not ignore, listed so that nothing in the repository can start a program.

git runs with an empty repository of kpl's own as its git directory, and is given the index and the ignore rules of the
real one as files: it never reads the configuration of the repository under lint, where `core.fsmonitor`, promisor
remotes, `core.sshCommand`, includes and whatever a later git adds would run commands (docs/security.md).
"""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from kpl.text import late

_TIMEOUT_S = 120
_SHA256 = late.pattern(rb"(?im)^[ \t]*objectformat[ \t]*=[ \t]*sha256\b")
_NOT_OPENED = late.pattern(r"^warning: could not open directory '(.*?)/?': (.*)$", re.MULTILINE)


class GitFiles(NamedTuple):
    """What git lists below a folder: `names` relative to it, and the folders that it could not open, with the reason."""

    names: list[str]
    unreadable: list[tuple[str, str]]


class GitError(Exception):
    """git could not list the files: its text says why."""


def work_tree_of(folder: str) -> str | None:
    """The work tree that holds `folder`: the nearest folder with a ``.git`` in it."""
    at = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(at, ".git")):
        above = os.path.dirname(at)
        if above == at:
            return None
        at = above
    return at


def list_files(folder: str, work_tree: str, *, new: bool = True) -> GitFiles:
    """The tracked files below `folder`, and the `new` ones that git does not ignore. Raises GitError."""
    import subprocess
    import tempfile

    program = _git_program()
    if program is None:
        raise GitError("git is not installed")
    own, common = _git_folders(work_tree)
    command = [program, "-C", os.path.realpath(folder), "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"]
    command += ["ls-files", "--cached", "-z", *(["--others", "--exclude-standard"] if new else [])]
    exclude = os.path.join(common, "info", "exclude")
    if new and _is_regular(exclude):
        command.append(f"--exclude-from={exclude}")
    with tempfile.TemporaryDirectory(prefix="kpl-git-") as empty:
        _make_repository(empty, common)
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=_TIMEOUT_S,
                env=_environment(empty, work_tree, own, common),
            )
        except OSError as error:
            raise GitError(f"git cannot be run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise GitError(f"git did not respond within {_TIMEOUT_S} seconds") from None
    errors = os.fsdecode(done.stderr)
    if done.returncode != 0:
        last = errors.strip().rpartition("\n")[2].removeprefix("fatal: ")
        raise GitError(f"git failed: {last or f'exit code {done.returncode}'}")
    names = list(dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1]))
    return GitFiles(names, _NOT_OPENED.findall(errors))


def _git_program() -> str | None:
    """The git of the user's PATH: an empty or relative entry would find a program of the repository."""
    import shutil

    folders = [each for each in os.get_exec_path() if os.path.isabs(each)]
    found = shutil.which("git", path=os.pathsep.join(folders))
    return found if found is not None and os.path.isabs(found) else None


def _git_folders(work_tree: str) -> tuple[str, str]:
    """The git directory of `work_tree` and the one that it shares with other work trees. Raises GitError."""
    own = os.path.join(work_tree, ".git")
    if _is_regular(own):
        word, _, target = _text(own).partition(":")
        if word != "gitdir":
            raise GitError(f"{own} is not a git directory")
        own = os.path.normpath(os.path.join(work_tree, target.strip()))
    common = own
    if _is_regular(shared := os.path.join(own, "commondir")):
        common = os.path.normpath(os.path.join(own, _text(shared).strip()))
    if not _is_regular(os.path.join(own, "HEAD")) or not os.path.isdir(os.path.join(common, "objects")):
        raise GitError(f"{own} is not a git directory")
    index = os.path.join(own, "index")
    if os.path.lexists(index) and not _is_regular(index):
        raise GitError(f"{index} is not a regular file")
    return own, common


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(4096))
    except OSError as error:
        raise GitError(f"{path}: {error.strerror}") from None


def _make_repository(folder: str, common: str) -> None:
    """An empty repository whose only setting is the hash that the real one's index is written with."""
    os.mkdir(os.path.join(folder, "objects"))
    os.mkdir(os.path.join(folder, "refs"))
    with open(os.path.join(folder, "HEAD"), "w", encoding="utf-8") as file:
        file.write("ref: refs/heads/none\n")
    config = os.path.join(common, "config")
    if _is_regular(config):
        with open(config, "rb") as real:
            sha256 = _SHA256.search(real.read(65_536))
        if sha256:
            with open(os.path.join(folder, "config"), "w", encoding="utf-8") as file:
                file.write("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = sha256\n")


def _environment(empty: str, work_tree: str, own: str, common: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept |= {name: os.environ[name] for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM") if name in os.environ}
    return kept | {
        "GIT_DIR": empty,
        "GIT_WORK_TREE": work_tree,
        "GIT_INDEX_FILE": os.path.join(own, "index"),
        "GIT_OBJECT_DIRECTORY": os.path.join(common, "objects"),
        # nothing asks for these, as no remote is configured: a second wall
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
