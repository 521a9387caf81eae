"""Which files a run looks at."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kpl.errors import UsageError
from kpl.inputs.coverage import Skipped, SkipReason
from kpl.inputs.detect import kind_by_name, kind_by_option

_NEVER = {".kpl_cache", ".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".terraform"}
SCRATCH_PREFIX = ".kpl-fix-"
"""How the folders are called in which kpl prepares the new text of a file; each ignores itself."""


Signature = tuple[int, int, int, int]
"""What changes with a file: its size, the times of the last change of content and status in nanoseconds, and its inode."""


def signature_of(status: os.stat_result) -> Signature:
    """The signature of a file in this status."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


@dataclass(repr=False)
class Found:
    """A file: its path, whether the user named this very file, and the arguments of the run that led to it."""

    path: str
    named: bool
    arguments: list[str] = field(default_factory=list, compare=False)
    signature: Signature | None = field(default=None, compare=False)
    """As it was found, where that had to be asked."""
    as_kind: str | None = field(default=None, compare=False)
    """What it is read as because an option asks for such files."""


@dataclass(eq=False, repr=False)
class Discovery:
    """What is under the paths of a run: files to read, files that are left out, and what the user is to know of it."""

    found: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Remember what is said once, however often it came up."""
        if text not in self.notes:
            self.notes.append(text)


def discover(paths: Sequence[str], all_names: bool = False, options: Collection[str] = ()) -> Discovery:
    """The files under `paths`, each real file once, in a stable order.

    In folders, files that git ignores are left out, and so are names that kpl has no reader for unless `all_names` is
    given; some have one only with one of `options`.

    Symbolic links to folders are not followed, and those to files only within the folder given. A named file may
    be a pipe. Raises UsageError for a path that does not exist.
    """
    discovery = Discovery()
    seen = _Seen()
    for path in paths:
        status = _status(path)
        if stat.S_ISDIR(status.st_mode):
            candidates = _Folder(path, all_names, discovery, options).files(path)
        elif stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode):
            candidates = iter([(path, status.st_ino, None)])
        else:
            discovery.skipped.append(Skipped(path, SkipReason.NOT_A_FILE, "is not a file, a directory or a pipe"))
            continue
        for each, inode, signature in candidates:
            found = seen.same_file(each, inode)
            if found is None:
                as_kind = kind_by_option(os.path.basename(each), options) if options else None
                found = Found(each, each == path, signature=signature, as_kind=as_kind)
                seen.add(found, inode)
                discovery.found.append(found)
            found.arguments.append(path)
    return discovery


class _Seen:
    """Real files that were found already."""

    def __init__(self) -> None:
        self._by_inode: dict[int | str, list[Found]] = {}

    def same_file(self, path: str, inode: int) -> Found | None:
        """What was found before and is the file `path`; the device is asked for only where the inode is the same."""
        for found in self._by_inode.get(_identity(path, inode), ()):
            try:
                if found.path == path or os.path.samefile(found.path, path):
                    return found
            except OSError:  # gone by now
                continue
        return None

    def add(self, found: Found, inode: int) -> None:
        """Remember a file."""
        self._by_inode.setdefault(_identity(found.path, inode), []).append(found)


def _identity(path: str, inode: int) -> int | str:
    """What tells most files apart; some file systems, of networks and memory cards, have no inodes: 0 is of all of them."""
    return inode or os.path.normcase(os.path.realpath(path))


def tracked(work_tree: str) -> Discovery:
    """The files of `work_tree` that git has, by names that kpl reads; new ones are not looked for."""
    discovery = Discovery()
    walk = _Folder(work_tree, False, discovery, new=False)
    discovery.found = [Found(path, False, signature=signature) for path, _, signature in walk.files(work_tree)]
    return discovery


def _status(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file or directory") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


_Listed = tuple[str, int, Signature | None]
"""The path of a file, its inode, and its signature where its status had to be asked for."""


class _Folder:
    """The walk through one folder that the user gave."""

    def __init__(
        self, path: str, all_names: bool, discovery: Discovery, options: Collection[str] = (), new: bool = True
    ) -> None:
        self.root = os.path.realpath(path)
        self.all_names = all_names
        self.discovery = discovery
        self.options = options
        self.new = new
        self._inside: dict[str, bool] = {}

    def files(self, folder: str) -> Iterator[_Listed]:
        """The files below `folder` that are to be read."""
        self._inside[os.path.dirname(_join(folder, "file")) or os.curdir] = True
        return self._kept(self._paths(folder))

    def _kept(self, paths: Iterable[tuple[str, int | None]]) -> Iterator[_Listed]:
        for path, inode in paths:
            signature = None
            if inode is None:
                status = self._regular(path)
                if status is None:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    yield from self._kept(self._repository(path))
                    continue
                inode, signature = status.st_ino, signature_of(status)
            name = os.path.basename(path)
            if self.all_names or kind_by_name(name) or (self.options and kind_by_option(name, self.options)):
                yield path, inode, signature
            else:
                self._skip(path, SkipReason.OTHER_NAME, "has a name that kpl does not read")

    def _repository(self, path: str) -> Iterable[tuple[str, int | None]]:
        """The files in a folder that git lists like a file."""
        if os.path.lexists(os.path.join(path, ".git")):
            return self._paths(path)  # a submodule, or a repository inside of this one
        # a submodule that is not initialized: git lists nothing in it
        return self._all_files(path) if self.new else ()

    def _paths(self, folder: str) -> Iterator[tuple[str, int | None]]:
        """The files below `folder`, with the inode of those that are known to be regular and inside."""
        from kpl.inputs.gitfiles import GitError, list_files, work_tree_of

        work_tree = work_tree_of(folder)
        if work_tree is None:
            yield from self._all_files(folder) if self.new else ()
            return
        try:
            listing = list_files(folder, work_tree, new=self.new)
        except GitError as error:
            if not self.new:
                return
            self.discovery.note(f"{error}, so files that git ignores are checked too")
            yield from self._all_files(folder)
            return
        for name, problem in listing.unreadable:
            self._skip(_join(folder, name), SkipReason.UNREADABLE, f"is not readable: {problem}")
        for name in sorted(listing.names):
            yield _join(folder, name.rstrip("/").replace("/", os.sep)), None  # git knows no other separator

    def _all_files(self, folder: str) -> Iterator[tuple[str, int | None]]:
        waiting = [os.path.normpath(folder)]
        while waiting:
            at = waiting.pop()
            folders = []
            try:
                with os.scandir(at) as entries:
                    listed = sorted(entries, key=_name)
            except OSError as error:
                self._skip(at, SkipReason.UNREADABLE, f"is not readable: {error.strerror}")
                continue
            for entry in listed:
                path = _join(at, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NEVER and not entry.name.startswith(SCRATCH_PREFIX):
                        folders.append(path)
                else:
                    yield path, entry.inode() if entry.is_file(follow_symlinks=False) else None
            waiting += reversed(folders)

    def _regular(self, path: str) -> os.stat_result | None:
        """The status of a regular file or a folder that lies in the folder given; None for anything else."""
        try:
            status = os.lstat(path)
            if not self._is_inside(os.path.dirname(path) or os.curdir):
                self._skip(path, SkipReason.LINK, "is reached through a symbolic link that leads out of the directory")
                return None
            if stat.S_ISLNK(status.st_mode):
                if not self.new:
                    return None  # what it leads to is listed itself
                status = os.stat(path)
                if stat.S_ISDIR(status.st_mode):
                    return None
                if not is_below(os.path.realpath(path), self.root):
                    self._skip(path, SkipReason.LINK, "is a symbolic link to a file outside of the directory")
                    return None
        except (FileNotFoundError, NotADirectoryError):
            return None  # tracked and deleted, or a link to nowhere
        except OSError as error:
            if error.errno != errno.ELOOP:
                self._skip(path, SkipReason.UNREADABLE, f"is not readable: {error.strerror}")
            return None
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            self._skip(path, SkipReason.NOT_A_FILE, "is not a regular file")
            return None
        return status

    def _is_inside(self, folder: str) -> bool:
        unknown = []
        while folder not in self._inside:
            unknown.append(folder)
            above = os.path.dirname(folder) or os.curdir
            if above == folder:
                break
            folder = above
        inside = self._inside.get(folder, False)
        for each in reversed(unknown):
            # what is no link in a folder inside is inside
            inside = inside and not os.path.islink(each) or is_below(os.path.realpath(each), self.root)
            self._inside[each] = inside
        return inside

    def _skip(self, path: str, reason: SkipReason, detail: str) -> None:
        self.discovery.skipped.append(Skipped(path, reason, detail))


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _join(folder: str, name: str) -> str:
    return name if folder == "." else os.path.join(folder, name)


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
