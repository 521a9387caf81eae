"""What the patches of Kustomizations make of the workloads of a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from kpl.clusters.graph import Graph
from kpl.inputs.document import Document, Reading
from kpl.inputs.objects.jsonpatches import operations
from kpl.inputs.objects.kustomize import Kustomization, Patch
from kpl.inputs.objects.merging import is_deletion, merged, with_operations
from kpl.inputs.objects.workloads import Workload, workloads_of
from kpl.inputs.yaml.tree import Mapping, Node, YamlError, compose
from kpl.inputs.yaml.tree import Sequence as YamlSequence
from kpl.shares.sent import PATCHES
from kpl.shares.share import share_of

_LITERAL = "-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

_WITH_VALUES = ("HelmRelease",)
_LONGEST = 1_000
"""In characters, of selectors and of what is added to names."""
_DEFAULT_NAMESPACE = "default"
_MOST = 100
"""How many uses of a workload are looked at, and how many patches of one, those for which a pattern tells the objects as well."""

_Sorted = tuple[dict[tuple[str, str], list[tuple[int, Node]]], list[tuple[int, Patch, Node]]]


_SEPARATOR = "\0"
_APPLYING = ("FluxKustomization", "Application")
"""What applies files with patches of its own; a file may have several of them."""


def _kustomizations(readings: Iterable[Reading]) -> Iterator[tuple[Reading, Document]]:
    for reading in readings:
        for document in reading.documents:
            if document.kind == "FluxKustomization" and not document.may_hold(PATCHES):
                continue
            if document.kind in ("Kustomization", *_APPLYING) and share_of(document).patches:
                yield reading, document


def _applying(reading: Reading) -> Iterator[tuple[str, Document]]:
    """The objects in a file that apply others, each with a name that no path is."""
    path = os.path.abspath(reading.source.path)
    for number, document in enumerate(reading.documents):
        if document.kind in _APPLYING:
            yield f"{path}{_SEPARATOR}{number}", document


def patching(readings: Sequence[Reading]) -> list[Reading]:
    """The Kustomizations with patches and the files of these, on which the findings in other files depend."""
    by_path = {os.path.abspath(each.source.path): each for each in readings}
    found: list[Reading] = []
    if any(True for _ in _kustomizations(readings)):
        # which objects are used, and what they are called, the others say
        found += (each for each in readings if _is_kustomization(each) or any(True for _ in _applying(each)))
    for reading, document in _kustomizations(readings):
        folder = os.path.dirname(os.path.abspath(reading.source.path))
        paths = (os.path.normpath(os.path.join(folder, each)) for each in share_of(document).patches if each)
        found += [reading, *(by_path[path] for path in paths if path in by_path)]
    return found


class Patches:
    """The patches of a run."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._graph = Graph(readings)
        self._readings = readings
        self._composed: dict[str | int, list[Node]] = {}
        self._uses: dict[str, _Sorted] = {}
        self._found: dict[str, list[str]] = {}
        self._above: dict[str, set[str]] = {}
        self._known: dict[str, Kustomization | None] = {}

    @cached_property
    def _of(self) -> dict[str, list[tuple[Patch, str]]]:
        """Kustomization by its path -> its patches, with the absolute paths of their files."""
        found: dict[str, list[tuple[Patch, str]]] = {}
        for reading, document in _kustomizations(self._readings):
            path = os.path.abspath(reading.source.path)
            applying = (key for key, each in _applying(reading) if each is document)
            for each in getattr(document.model, "patches", ()):
                file = os.path.normpath(os.path.join(os.path.dirname(path), each.path)) if each.path else ""
                found.setdefault(next(applying, path), []).append((each, file))
        return found

    @cached_property
    def _files(self) -> set[str]:
        return {path for patches in self._of.values() for _, path in patches if path}

    @cached_property
    def _leading(self) -> dict[str, list[str]]:
        """Kustomization -> the files that it leads to, by absolute paths."""
        paths = (os.path.abspath(each.source.path) for each in self._readings if _is_kustomization(each))
        found = {path: list(dict.fromkeys(self._graph.led_to(path))) for path in paths}
        if any(_SEPARATOR in each for each in self._of):
            # what one applies with patches, another one may apply without them
            for key, document in (each for reading in self._readings for each in _applying(reading)):
                path = key.partition(_SEPARATOR)[0]
                found[key] = list(dict.fromkeys(self._graph.led_to_by(path, document.model)))
        return found

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """File -> the Kustomizations that lead to it."""
        found: dict[str, list[str]] = {}
        for path, files in self._leading.items():
            for each in files:
                found.setdefault(each, []).append(path)
        return found

    def variants(self, document: Document) -> list[Workload] | None:
        """What comes of the workload in `document`, one for each use that keeps it; None where no patch concerns it."""
        workload, path = document.model, os.path.abspath(document.path)
        if not self._of or not isinstance(workload, Workload):
            return None
        if path in self._files:
            return [replace(workload, partial=True)]
        uses = [self._patched(workload, path, root) for root in self._roots(path)]
        if all(each is workload for each in uses):
            return None
        return [each for each in uses if each is not None]

    def _roots(self, path: str) -> list[str]:
        """The Kustomizations that use a file and that no other one uses, the first ones of very many."""
        if path not in self._found:
            found: list[str] = []
            seen = {path}
            waiting = [path]
            while waiting:
                at = waiting.pop()
                users = [each for each in self._users.get(at, ()) if each != at]
                if not users and at != path:
                    found.append(at)
                waiting += [each for each in users if each not in seen]
                seen.update(users)
            self._found[path], self._above[path] = found[:_MOST], seen
        return self._found[path]

    def _patched(self, workload: Workload, path: str, root: str) -> Workload | None:
        """The workload with all patches of a Kustomization and of those that it uses, the innermost ones first."""
        by_object, by_pattern = self._sorted(root)
        names, namespaces = self._called(workload, path, root)
        found = [each for name in names for each in by_object.get((str(workload.kind), name), ())]
        found += (
            (number, content)
            for number, patch, content in by_pattern[:_MOST]
            if _matches(patch.kind, workload.kind)
            and any(_matches(patch.name, each) for each in names)
            and any(_matches(patch.namespace, each) for each in namespaces)
            and _is_selected(patch.labels, workload.node.mapping("metadata", "labels"))
            and _is_selected(patch.annotations, workload.node.mapping("metadata", "annotations"))
        )
        node = workload.node
        for _, content in sorted(found, key=lambda each: each[0])[:_MOST]:
            if is_deletion(content):
                return None
            if workload.kind in _WITH_VALUES and _says_values(content):
                return None  # whatever becomes of its values
            node = _applied(node, content)
        if node is workload.node:
            return workload
        models = workloads_of(workload.text, node, workload.kind)
        return next((each for each in models if each.role == workload.role), workload)

    def _called(self, workload: Workload, path: str, root: str) -> tuple[list[str], list[str]]:
        """The names and the namespaces that a workload has on its way through the Kustomizations that use it."""
        names, namespaces = [str(workload.name)], [workload.namespace or _DEFAULT_NAMESPACE]
        for each in self._innermost_first(root):
            kustomization = self._kustomization(each) if each in self._above[path] else None
            if kustomization is None or len(names) > _MOST:
                continue
            if 0 < len(kustomization.prefix) + len(kustomization.suffix) < _LONGEST:
                names.append(f"{kustomization.prefix}{names[-1]}{kustomization.suffix}")
            if kustomization.namespace:
                namespaces.append(kustomization.namespace)
        return names, namespaces

    def _kustomization(self, path: str) -> Kustomization | None:
        if path not in self._known:
            documents = self._graph.readings[path].documents if path in self._graph.readings else []
            models = (each.model for each in documents if each.kind == "Kustomization")
            self._known[path] = next((each for each in models if isinstance(each, Kustomization)), None)
        return self._known[path]

    def _sorted(self, root: str) -> _Sorted:
        """The patches for one use: numbered, by the objects that they name, and those for which a pattern does."""
        if root not in self._uses:
            by_object: dict[tuple[str, str], list[tuple[int, Node]]] = {}
            by_pattern: list[tuple[int, Patch, Node]] = []
            used = (each for path in self._innermost_first(root) for each in self._of.get(path, ()))
            contents = ((patch, content) for patch, file in used for content in self._contents(patch, file))
            for number, (patch, content) in enumerate(contents):
                selects = patch.namespace or patch.labels or patch.annotations
                if patch.has_target and (selects or not (_is_word(patch.kind) and _is_word(patch.name))):
                    by_pattern.append((number, patch, content))
                    continue
                named = (patch.kind, patch.name) if patch.has_target else _named(content)
                by_object.setdefault(named, []).append((number, content))
            self._uses[root] = by_object, by_pattern
        return self._uses[root]

    def _innermost_first(self, root: str) -> list[str]:
        """The Kustomizations that one uses, and that one at last."""
        seen = {root}
        found = [root]
        for path in found:
            new = [each for each in self._leading.get(path, ()) if each in self._leading and each not in seen]
            found += new
            seen.update(new)
        return found[::-1]

    def _contents(self, patch: Patch, file: str) -> list[Node]:
        """The objects, or the list of operations, that a patch is."""
        key = file or id(patch)
        if key not in self._composed:
            reading = self._graph.readings.get(file)
            try:
                self._composed[key] = compose(reading.source.text if reading is not None else patch.text)
            except YamlError:
                self._composed[key] = []
        return self._composed[key]


def _is_kustomization(reading: Reading) -> bool:
    return any(each.kind == "Kustomization" for each in reading.documents)


def _named(content: Node) -> tuple[str, str]:
    if not isinstance(content, Mapping):
        return "", ""
    return str(content.text("kind") or ""), str(content.text("metadata", "name") or "")


def _says_values(content: Node) -> bool:
    """Whether a patch is about the values of a chart."""
    if isinstance(content, Mapping):
        spec = content.mapping("spec")
        return spec is not None and any(spec.pair(each) for each in ("values", "valuesFrom", "postRenderers"))
    return any("alues" in path.value or "postRenderers" in path.value for _, path, _ in operations(content))


def _is_word(pattern: str) -> bool:
    return bool(pattern) and all(each in _LITERAL and each != "." for each in pattern)


def _applied(node: Mapping, content: Node) -> Mapping:
    if isinstance(content, YamlSequence):
        return with_operations(node, content)
    return merged(node, content) if isinstance(content, Mapping) else node


def _matches(pattern: str, word: str) -> bool:
    """Whether a selector's regular expression matches: True for one of those that nobody writes, which is not tried."""
    if not pattern:
        return True
    found = False
    for each in pattern.split("|"):
        parts = each.strip("^$").split(".*")
        if any(character not in _LITERAL for part in parts for character in part):
            return True
        found = found or _is_made_of(word, parts)
    return found


def _is_selected(selector: str, given: Mapping | None) -> bool:
    """Whether `selector` certainly selects what is given these labels; others may be added, but none is taken away."""
    if len(selector) > _LONGEST:
        return False
    for each in selector.split(",") if selector else ():
        key, equals, value = each.replace("==", "=").partition("=")
        own = given.text(key.strip()) if given is not None and equals else None
        if own is None or own != value.strip() or key.endswith("!"):
            return False
    return True


def _is_made_of(word: str, parts: Sequence[str]) -> bool:
    """Whether `word` is these parts with anything between them."""
    first, *others = parts
    if not others:
        return word == first
    if not word.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        at = word.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return word.endswith(others[-1]) and at <= len(word) - len(others[-1])
