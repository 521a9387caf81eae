"""Which files lead to which others: kustomizations, and what Flux and Argo CD apply."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from kpl.inputs.document import Reading
from kpl.inputs.objects.argocd import Application
from kpl.inputs.objects.flux import FluxKustomization
from kpl.inputs.objects.kustomize import KUSTOMIZATION_NAMES, Kustomization
from kpl.text.paths import relative_path

IN_CLUSTER = ("in-cluster", "https://kubernetes.default.svc")
"""How Argo CD calls the cluster that it runs in."""
_LEADING = frozenset(("Kustomization", "FluxKustomization", "Application"))


class Graph:
    """The files of a run by their absolute paths, and where each of them leads."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._all = readings

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """The files by their absolute paths."""
        return {os.path.abspath(each.source.place): each for each in self._all}

    @cached_property
    def in_folder(self) -> dict[str, list[str]]:
        """The files directly in each folder."""
        found: dict[str, list[str]] = {}
        for path in self.readings:
            found.setdefault(os.path.dirname(path), []).append(path)
        return found

    @cached_property
    def folders(self) -> set[str]:
        """The folders that the files are in, and those above."""
        found: set[str] = set()
        for folder in self.in_folder:
            while folder not in found:
                found.add(folder)
                folder = os.path.dirname(folder)
        return found

    def reached(self, starts: Iterable[str]) -> set[str]:
        """The files that files or folders lead to, themselves included."""
        found: set[str] = set()
        waiting = list(starts)
        while waiting:
            path = waiting.pop()
            if path in found or len(found) > 4 * (len(self.readings) + len(self.folders)):
                continue
            found.add(path)
            waiting += self._from_file(path) if path in self.readings else self._from_folder(path)
        return found & self.readings.keys()

    def led_to(self, path: str) -> Iterator[str]:
        """The files that the file at `path` leads to at once, be it by the folder that they are in."""
        for target in self._from_file(path):
            yield from [target] if target in self.readings else self._from_folder(target)

    def destinations(self) -> dict[str, list[str]]:
        """The folders that Argo CD applies to each cluster, by its name or address."""
        found: dict[str, list[str]] = {}
        for reading in self._all:
            path = ""
            for document in reading.documents:
                if document.kind == "Application":
                    path = path or os.path.abspath(reading.source.place)
                    for destination, folder in self._applied(path, document.model):
                        name = IN_CLUSTER[0] if destination in IN_CLUSTER else destination
                        if name and "*" not in name:
                            found.setdefault(name, []).append(folder)
        return found

    def led_to_by(self, path: str, model: object) -> Iterator[str]:
        """The files that one object in the file at `path` leads to, as above."""
        for target in self._from_model(path, model):
            yield from [target] if target in self.readings else self._from_folder(target)

    def _from_file(self, path: str) -> Iterator[str]:
        for document in self.readings[path].documents:
            if document.kind in _LEADING:
                yield from self._from_model(path, document.model)

    def _from_model(self, path: str, model: object) -> Iterator[str]:
        if isinstance(model, Kustomization):
            for reference in model.references:
                target = os.path.normpath(os.path.join(os.path.dirname(path), reference))
                if target in self.readings or target in self.folders:
                    yield target
        elif isinstance(model, FluxKustomization):
            applied = self._of_repository(path, model.path)
            if applied is not None:
                # without a kustomization.yaml, Flux applies all that is below
                yield from [applied] if self._kustomization(applied) else self._below(applied)
        elif isinstance(model, Application):
            for _, target in self._applied(path, model):
                yield target

    def _from_folder(self, folder: str) -> list[str]:
        kustomization = self._kustomization(folder)
        return [kustomization] if kustomization else self.in_folder.get(folder, [])

    def _kustomization(self, folder: str) -> str | None:
        paths = (os.path.join(folder, name) for name in KUSTOMIZATION_NAMES)
        return next((path for path in paths if path in self.readings), None)

    def _below(self, folder: str) -> Iterator[str]:
        return (path for path in self.readings if path.startswith(folder + os.sep))

    def _of_repository(self, path: str, target: str) -> str | None:
        """The folder `target` of the repository that the file `path` is in, whose root is not known."""
        found = (os.path.normpath(os.path.join(root, target.lstrip("/"))) for root in above(path))
        return next((folder for folder in found if folder in self.folders), None)

    def _applied(self, path: str, application: Application) -> Iterator[tuple[str, str]]:
        """Each folder that an Application applies, with its destination: a ``*`` there is the first one of the path."""
        for target in application.paths:
            if "*" in target:
                patterns = [part for part in target.split("/") if part not in ("", os.curdir)]
                wild = next(number for number, part in enumerate(patterns) if "*" in part)
                for parts in self._matching(path, patterns):
                    yield application.destination.replace("*", parts[wild]), os.sep.join(parts)
                continue
            folder = self._of_repository(path, target)
            if folder is not None:
                yield application.destination, folder

    def _matching(self, path: str, patterns: Sequence[str]) -> list[list[str]]:
        """The folders that `patterns` match from the root of the repository on: the parts, with the root in the first one."""
        if all("*" in each for each in patterns):
            return []
        for root in above(path):
            found = []
            for folder in sorted(self.folders):
                parts = relative_path(folder, root).split(os.sep)
                if len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns)):
                    found.append([os.path.join(root, parts[0]), *parts[1:]])
            if found:
                return found
        return []


def above(path: str) -> list[str]:
    """The folders that a file is in, the outermost one first."""
    found = [os.path.dirname(os.path.abspath(path))]
    while os.path.dirname(found[-1]) != found[-1]:
        found.append(os.path.dirname(found[-1]))
    return found[::-1]
