"""Files that a Corefile imports: found in the tree under lint, never outside of it.

(coredns/caddy caddyfile/parse.go: doImport, doSingleImport)
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Protocol

from kpl.coredns.parser import CorefileParser, EndlessImportError
from kpl.coredns.tokens import Token, tokenize
from kpl.inputs.discover import is_below
from kpl.verdict import Need

MAX_FILE_EXPANSIONS = 100_000
MAX_IMPORTED_SIZE = 10_000_000


class Files(Protocol):
    """The files around a Corefile, by their paths relative to its folder (``zones/a.conf``)."""

    def knows_all(self, folder: str) -> bool:
        """Whether a file in `folder` that is not among them is nowhere."""

    def relative(self, path: str) -> str | None:
        """The path of an absolute one in CoreDNS's container; None where nobody knows what is there."""

    def names(self, folder: str) -> Collection[str] | None:
        """The names in `folder`; None where that folder is not there to be seen."""

    def read(self, path: str) -> str | None:
        """The text of a file; None where it is none, or cannot be read."""


class NamedTexts:
    """Texts by name: the keys of a ConfigMap, say, whose folder other volumes may add to."""

    def __init__(self, texts: Mapping[str, str], complete: bool) -> None:
        self.texts = texts
        self.complete = complete

    def knows_all(self, folder: str) -> bool:
        """Only where it was said so, and of no folder inside."""
        return self.complete and folder == ""

    def relative(self, path: str) -> str | None:
        """Nobody knows where the texts are mounted."""
        return None

    def names(self, folder: str) -> Collection[str] | None:
        """The names; there are no folders."""
        return self.texts.keys() if folder == "" else None

    def read(self, path: str) -> str | None:
        """The value of a key."""
        return self.texts.get(path)


class FolderTree:
    """The folder that the Corefile lies in; nothing is read outside of the tree under lint.

    That is the repository, else the current folder where it holds the file, else the file's own folder.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def knows_all(self, folder: str) -> bool:
        """A folder that is not there may be mounted."""
        return self.names(folder) is not None

    def relative(self, path: str) -> str | None:
        """Nobody knows where the tree lies in the container."""
        return None

    @cached_property
    def root(self) -> str:
        """The folder that nothing is read outside of."""
        own = at = os.path.realpath(self.folder)
        while not os.path.exists(os.path.join(at, ".git")):
            above = os.path.dirname(at)
            if above == at:
                here = os.path.realpath(os.curdir)
                return here if is_below(own, here) else own
            at = above
        return at

    def _inside(self, path: str) -> str | None:
        if os.path.splitdrive(path)[0]:
            return None  # on Windows; resolving it alone would already ask another host
        real = os.path.realpath(os.path.join(self.folder, path))
        return real if is_below(real, self.root) else None

    def names(self, folder: str) -> Collection[str] | None:
        """The names in a folder of the tree."""
        real = self._inside(folder)
        try:
            return os.listdir(real) if real is not None else None
        except OSError:
            return None

    def read(self, path: str) -> str | None:
        """The text of a file of the tree."""
        real = self._inside(path)
        try:
            if real is None or not os.path.isfile(real) or os.path.getsize(real) > MAX_IMPORTED_SIZE:
                return None
            with open(real, encoding="utf-8", errors="replace", newline="") as file:
                return file.read()
        except OSError:
            return None


class Importer:
    """Puts imported files in the place of an import; `needs` takes those that lie where nobody can look.

    `origins` tells for each file the token in the Corefile itself whose import brought it in.
    """

    def __init__(self, files: Files, assumed: Collection[str], needs: dict[Need, None], capped: bool) -> None:
        self.files = files
        self.assumed = assumed
        self.needs = needs
        self.capped = capped
        self.expansions = 0
        self.origins: dict[str, Token] = {}
        self._tokens: dict[str, list[Token]] = {}

    def __call__(self, parser: CorefileParser, pattern: str) -> list[Token]:
        """The tokens of the files that `pattern` names. Raises RefusedError."""
        if self.expansions >= MAX_FILE_EXPANSIONS:
            if self.capped:
                raise parser.err("maximum file import depth (10000) exceeded")
            raise EndlessImportError
        self.expansions += 1
        here = parser.tokens[parser.cursor]
        absolute = posixpath.isabs(pattern)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(here.file), pattern))
        if path.count("*") > 1 or path.count("?") > 1 or ("[" in path and "]" in path):
            raise parser.err(f"Glob pattern may only contain one wildcard (*), but has others: {path}")
        if "[" in path:
            raise parser.err(f"Failed to use import pattern {pattern}: syntax error in pattern")
        is_glob = re.search(r"[*?\]]", path) is not None
        inner = self.files.relative(path) if absolute else path
        found = [path] if absolute and path in self.assumed else self._matches(inner)
        if is_glob or not found:
            if inner is None or self._unseen(inner):
                self._need(path)  # a glob may match more than is known
            elif not found and not is_glob:
                raise parser.err(f"File to import not found: {pattern}")
        tokens: list[Token] = []
        for each in found or ():
            self.origins.setdefault(each, self.origins.get(here.file, here))
            tokens += self._file(each)
        return tokens

    def _need(self, path: str) -> None:
        if path not in self.assumed:
            self.needs[Need("file", path)] = None

    def _unseen(self, path: str) -> bool:
        """Whether the file lies in a folder that may be another volume."""
        folder = posixpath.dirname(re.split(r"[*?]", path)[0])
        return path.startswith("../") or not self.files.knows_all(folder)

    def _matches(self, path: str | None) -> list[str]:
        """The files that match, sorted; ``*`` and ``?`` match no ``/``, and may stand in the name of a folder."""
        if path is None:
            return []
        found = [""]
        for part in path.split("/"):
            matches = _matcher(part)
            found = [
                posixpath.join(folder, name)
                for folder in found
                for name in ([part] if part == ".." else sorted(self.files.names(folder) or ()))
                if matches(name)
            ]
        return found

    def _file(self, path: str) -> list[Token]:
        if path not in self._tokens:
            text = self.files.read(path)
            if text is None:
                self._need(path)
            self._tokens[path] = tokenize(text or "", path)
        return self._tokens[path]


def _matcher(part: str) -> Callable[[str], bool]:
    """filepath.Match for one part of a path, without classes: those are refused before."""
    if not re.search(r"[*?\\]", part):
        return part.__eq__
    expression = re.sub(r"\\(.)|(\*)|(\?)|(.)", _piece, part, flags=re.DOTALL)
    return lambda name: re.fullmatch(expression, name, re.DOTALL) is not None


def _piece(found: re.Match[str]) -> str:
    return "[^/]*" if found[2] else "[^/]" if found[3] else re.escape(found[1] or found[4])
