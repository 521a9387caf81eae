"""The documents of a cluster, by their kinds and by what their shares say."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from kpl.coredns.customized import is_custom_key
from kpl.inputs.document import Document
from kpl.inputs.registry import dump_models, is_dump
from kpl.shares.share import TELL_RELEASES, Release, share_of

if TYPE_CHECKING:
    from kpl.inputs.corefile.model import Corefile

Model = TypeVar("Model")


class Documents:
    """The documents of one cluster."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.all = [each for each in documents if each.unrendered is None]
        """Those that are there as they are, which no template is."""
        self._everything = documents

    def of(self, kind: type[Model], clue: str = "") -> Iterator[tuple[Document, Model]]:
        """As `Cluster.of`."""
        for document in self.all:
            if document.kind == kind.__name__ and document.may_hold(clue):
                model = document.model
                if isinstance(model, kind):
                    yield document, model

    def has(self, kind: str) -> bool:
        """As `Cluster.has`."""
        return kind in self._kinds

    def count(self, kind: str) -> int:
        """How many documents are of the type called `kind`."""
        return self._count[kind]

    @cached_property
    def _kinds(self) -> frozenset[str]:
        kinds = frozenset(document.kind for document in self._everything)
        any_dump = {"Dump"} if kinds & dump_models() else set()
        any_key = {"CustomKey"} if any(is_custom_key(document) for document in self._everything) else set()
        return kinds | any_dump | any_key

    @cached_property
    def _count(self) -> Counter[str]:
        return Counter(document.kind for document in self.all)

    @cached_property
    def releases(self) -> list[tuple[str, Release]]:
        """The releases that files show, each with its file."""
        telling = (each for each in self._everything if each.kind in TELL_RELEASES)
        return [(document.path, release) for document in telling for release in share_of(document).releases]

    def only_release_near(self, document: Document, what: str) -> tuple[str | None, str | None]:
        """The only release of `what` that images in the file of `document` show, and the only one of those in its folder."""
        in_file, in_folder = self._releases_by_place
        found = in_file.get((what, id(document.source))), in_folder.get((what, os.path.dirname(document.path)))
        file, folder = (next(iter(each)) if each and len(each) == 1 else None for each in found)
        return file, folder

    @cached_property
    def _releases_by_place(self) -> tuple[dict[tuple[str, int], set[str]], dict[tuple[str, str], set[str]]]:
        in_file: dict[tuple[str, int], set[str]] = {}
        in_folder: dict[tuple[str, str], set[str]] = {}
        for document in self._everything:
            for each in share_of(document).releases if document.kind == "Workload" else ():
                in_file.setdefault((each.what, id(document.source)), set()).add(each.version)
                in_folder.setdefault((each.what, os.path.dirname(document.path)), set()).add(each.version)
        return in_file, in_folder

    def releases_beside(self, document: Document) -> set[str]:
        """The releases of Kubernetes that what installs clusters is told in the file of `document`."""
        beside = self._settings_of_file.get(id(document.source), ())
        return {str(each.model.release) for each in beside if each.model.release is not None}

    @cached_property
    def _settings_of_file(self) -> dict[int, list[Document]]:
        found: dict[int, list[Document]] = {}
        for each in self.all:
            if each.kind == "ClusterSettings":
                found.setdefault(id(each.source), []).append(each)
        return found

    @cached_property
    def corefiles(self) -> list[tuple[Document, Corefile]]:
        """All Corefiles with their documents."""
        from kpl.inputs.corefile.model import Corefile

        return list(self.of(Corefile))

    @cached_property
    def with_corefile(self) -> list[Document]:
        """The documents that hold a Corefile, those that do not parse among them."""
        possible = (each for each in self.all if each.kind in ("Corefile", "ParseFailure"))
        return [document for document in possible if share_of(document).is_corefile]

    @cached_property
    def dumps(self) -> list[Document]:
        """The documents that hold what a node's kube-proxy programmed."""
        return [document for document in self.all if is_dump(document)]
