"""Reads Go sources as far as two releases are compared: top-level declarations, and which others one of them reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`|\'(?:[^\'\\\n]|\\.)+\')|(?P<comment>//[^\n]*|/\*.*?\*/)', re.DOTALL
)
_START = re.compile(r"^(?:func|type|var|const)\b", re.MULTILINE)
_IMPORTS = re.compile(r"^import (?:\((?P<many>.*?)^\)|(?P<one>[^\n]*))", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r'(?:([\w.]+)[ \t]+)?"([^"]+)"')
_FUNCTION = re.compile(r"func (\([^)]*\) )?(\w+)")
_ONE = re.compile(r"(?:type|var|const) (\w+(?:, \w+)*)")
_OF_GROUP = re.compile(r"^\t(\w+(?:, \w+)*)", re.MULTILINE)
_SELECTOR = re.compile(r"\b(\w+)\.(\w+)|\)\.(\w+)|\b(\w+)\b")
_LATER = re.compile(r"\.On(?:Startup|Shutdown|FirstStartup|Restart|RestartFailed|FinalShutdown)\(")
_CASE = re.compile(r'\bcase ((?:"[^"\n]*",?\s*)+):')
_EQUAL = re.compile(r'[!=]= "([^"\n]*)"')
_WORD = re.compile(r"[A-Za-z][\w-]*")
_OTHER_SYSTEMS = ("_windows.go", "_darwin.go", "_others.go", "_test.go")


class Declaration(NamedTuple):
    """A function, or a declaration of types, variables or constants, without comments."""

    package: str
    names: tuple[str, ...]
    text: str
    imports: Mapping[str, str]
    """What the file calls a package -> its path."""
    method: bool = False

    @property
    def title(self) -> str:
        """The package below the module, and the first name."""
        return f"{self.package}.{self.names[0]}"


def declarations(package: str, text: str) -> Iterator[Declaration]:
    """The top-level declarations of a file as gofmt writes it."""
    code = _TOKEN.sub(lambda found: found["string"] or "", text)
    imports = dict(_imports(code))
    starts = [found.start() for found in _START.finditer(code)]
    for start, end in pairwise([*starts, len(code)]):
        body = "\n".join(line.rstrip() for line in code[start:end].splitlines() if line.strip())
        function = _FUNCTION.match(body)
        if function is not None:
            yield Declaration(package, (function[2],), body, imports, bool(function[1]))
            continue
        one = _ONE.match(body)
        found = [one[1]] if one is not None else _OF_GROUP.findall(body)
        names = tuple(name for group in found for name in group.split(", "))
        if names:
            yield Declaration(package, names, body, imports)


def _imports(code: str) -> Iterator[tuple[str, str]]:
    for block in _IMPORTS.finditer(code):
        for alias, path in _IMPORT.findall(block["many"] or block["one"] or ""):
            yield alias or path.rpartition("/")[2], path


class Sources:
    """The packages of one module, read when they are asked for."""

    def __init__(self, folder: Path, module: str) -> None:
        self._folder = folder
        self._module = module
        self._packages: dict[str, list[Declaration]] = {}

    def package(self, name: str) -> list[Declaration]:
        """The declarations of a package, by its path below the module; nothing for one that is not there."""
        if name not in self._packages:
            files = sorted((self._folder / name).glob("*.go"))
            self._packages[name] = [
                each
                for file in files
                if not file.name.endswith(_OTHER_SYSTEMS)
                for each in declarations(name, file.read_text(encoding="utf-8"))
            ]
        return self._packages[name]

    def own(self, path: str) -> str | None:
        """A package's path below the module; None for one of another module."""
        return path.removeprefix(f"{self._module}/") if path.startswith(f"{self._module}/") else None

    def reached(self, package: str, root: str) -> dict[str, Declaration]:
        """What the function `root` of a package may run or use in this module, by title, itself included.

        Types are not followed: `x.Name` is any method called so in the package or in one that the file imports.
        """
        found: dict[str, Declaration] = {}
        left = [each for each in self.package(package) if root in each.names and not each.method]
        while left:
            each = left.pop()
            if each.title not in found:
                found[each.title] = each
                left += self._used_by(each)
        return found

    def _used_by(self, declaration: Declaration) -> Iterator[Declaration]:
        imported = {alias: own for alias, path in declaration.imports.items() if (own := self.own(path)) is not None}
        around = [declaration.package, *imported.values()]
        for left, selected, after_call, plain in _SELECTOR.findall(_without_hooks(declaration.text)):
            if plain:
                yield from self._called(declaration.package, plain, method=False)
            elif left in imported:
                yield from self._called(imported[left], selected, method=False)
            elif left not in declaration.imports:
                if left:
                    yield from self._called(declaration.package, left, method=False)
                for package in around:
                    yield from self._called(package, selected or after_call, method=True)

    def _called(self, package: str, name: str, *, method: bool) -> Iterator[Declaration]:
        return (each for each in self.package(package) if each.method == method and name in each.names)


def _without_hooks(text: str) -> str:
    """`text` without what it registers for later: that says nothing about whether a configuration loads."""
    while (hook := _LATER.search(text)) is not None:
        depth, at = 1, hook.end()
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        text = text[: hook.start()] + text[at:]
    return text


def option_words(declared: Iterable[Declaration]) -> set[str]:
    """The words that code compares a word of the configuration with: of ``case`` and of ``==``."""
    words: set[str] = set()
    for each in declared:
        for case in _CASE.findall(each.text):
            words.update(re.findall(r'"([^"]*)"', case))
        words.update(_EQUAL.findall(each.text))
    return {word for word in words if _WORD.fullmatch(word)}


class Change(NamedTuple):
    """A declaration that differs: how many lines came and went."""

    title: str
    added: int
    removed: int

    def __str__(self) -> str:
        return f"{self.title} +{self.added} -{self.removed}"


def changes(old: Mapping[str, Declaration], new: Mapping[str, Declaration]) -> list[Change]:
    """In what two sets of declarations differ."""
    found = []
    for title in sorted({*old, *new}):
        before = old[title].text.splitlines() if title in old else []
        after = new[title].text.splitlines() if title in new else []
        if before != after:
            same = sum(
                block.size for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
            )
            found.append(Change(title, len(after) - same, len(before) - same))
    return found


class GoMod:
    """What a go.mod file says."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def required(self) -> dict[str, str]:
        """Module -> version, with the line of Go itself under ``go``."""
        found = dict(re.findall(r"^(?:require )?[ \t]*([\w.-]+\.[a-z]+/\S+) (v\S+)", self._text, re.MULTILINE))
        go = re.search(r"^go (\S+)", self._text, re.MULTILINE)
        return {"go": go[1], **found} if go is not None else found
