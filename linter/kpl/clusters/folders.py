"""Files that cannot be of one cluster part the folders that they lie in."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.text.paths import absolute_paths, common_folder

Folder = tuple[str, ...]
"""The names on the way from the folder that all files have in common."""


def folders_of(paths: Iterable[str]) -> dict[str, Folder]:
    """The folder of each path, below the one that all of them are in."""
    written = {path: os.path.dirname(path) for path in paths}
    if not written:
        return {}
    full = absolute_paths(set(written.values()))
    common = common_folder(full.values())
    parts = {folder: tuple(filter(None, at[len(common) :].split(os.sep))) for folder, at in full.items()}
    return {path: parts[folder] for path, folder in written.items()}


@dataclass(eq=False)
class _Seen:
    """What is shown below a folder: in the files directly in it, and in each folder in it."""

    own: set[str] = field(default_factory=set)
    inner: dict[str, _Seen] = field(default_factory=dict)

    @property
    def all(self) -> set[str]:
        return self.own.union(*(each.all for each in self.inner.values()))


def parted(shown: Iterable[Mapping[Folder, set[str]]]) -> dict[Folder, set[str]]:
    """The folders in which clusters lie beside each other, with the names of theirs; ``.`` is the files directly in one.

    Each of `shown` is one thing that a cluster has once: which ones the files of a folder show.
    """
    found: dict[Folder, set[str]] = {}
    for folders in shown:
        if len(set().union(*folders.values())) > 1:
            top = _Seen()
            for folder, values in folders.items():
                at = top
                for name in folder:
                    at = at.inner.setdefault(name, _Seen())
                at.own |= values
            _part(top, (), found)
    return found


def _part(seen: _Seen, folder: Folder, found: dict[Folder, set[str]]) -> None:
    beside = {name: inner.all for name, inner in seen.inner.items()}
    if seen.own:
        beside[os.curdir] = seen.own
    shown = list(beside.values())
    # the same one everywhere, or several in one folder only, parts nothing here
    if len(shown) > 1 and any(each != shown[0] for each in shown):
        found.setdefault(folder, set()).update(beside)
    for name, inner in seen.inner.items():
        if len(beside[name]) > 1:
            _part(inner, (*folder, name), found)


class Place(NamedTuple):
    """Where a cluster lies: its name, and its folders; ``.`` as the last name is the files directly in a folder."""

    name: str
    folders: tuple[Folder, ...]


def places(parts: Mapping[Folder, set[str]], folders: Collection[Folder]) -> list[Place]:
    """The clusters in a tree with these `folders`, of which `parts` holds some apart.

    Folders that part alike are of the same clusters: ``apps/prod`` and ``apps/staging``, ``infra/prod`` and
    ``infra/staging``.
    """
    found = list(_below((), parts, folders)) if parts else []
    names = Counter(each.name for each in found)
    return [each if names[each.name] == 1 else each._replace(name="/".join(each.folders[0])) for each in found]


def _below(folder: Folder, parts: Mapping[Folder, set[str]], folders: Collection[Folder]) -> Iterator[Place]:
    inside = sorted((each for each in parts if each[: len(folder)] == folder), key=len)
    tops: list[Folder] = []
    for each in inside:
        if not any(each[: len(top)] == top for top in tops):
            tops.append(each)
    if not tops:
        yield Place(folder[-1], (folder,))
        return
    by_name: dict[str, list[Folder]] = {}
    for top in tops:
        for name in sorted(parts[top]):
            by_name.setdefault(name if name != os.curdir else "/".join((*top, name)), []).append((*top, name))
    for top, names in _alike(folder, set(by_name), folders).items():
        for name in names if len(names) > 1 and top not in tops else ():
            by_name[name].append((*top, name))
    for name, own in by_name.items():
        if len(own) > 1 or own[0][-1] == os.curdir:
            yield Place(name, tuple(own))
        else:
            yield from _below(own[0], parts, folders)


def _alike(folder: Folder, names: set[str], folders: Collection[Folder]) -> dict[Folder, set[str]]:
    """Which of `names` each folder below `folder` has in it."""
    found: dict[Folder, set[str]] = {}
    for each in folders:
        if each[: len(folder)] == folder:
            for at in range(len(folder), len(each)):
                if each[at] in names:
                    found.setdefault(each[:at], set()).add(each[at])
    return found
