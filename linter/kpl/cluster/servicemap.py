"""Which pods a Service selects, and which Service a name means, as far as the files of a cluster show it.

What is not written in a file may be set elsewhere: objects without a namespace get theirs from what applies them, those of
one folder the same one.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from kpl.cluster.documents import Documents
from kpl.inputs.document import Document
from kpl.inputs.objects.fields import pairs
from kpl.inputs.objects.kustomize import Kustomization
from kpl.inputs.objects.services import Service
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.yaml.tree import Mapping


class Served(NamedTuple):
    """A Service with its document."""

    document: Document
    service: Service


class Selected(NamedTuple):
    """A workload whose pods a Service selects, with its document; not `certain` where a namespace or a label is set elsewhere."""

    document: Document
    workload: Workload
    certain: bool


class ServiceMap:
    """The Services and the workloads of one cluster. Only those that are asked for are read."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._selected: dict[int, list[Selected]] = {}

    @cached_property
    def services(self) -> list[Served]:
        """The Services of the cluster, without examples and those whose name or namespace is a placeholder."""
        return [
            Served(document, service)
            for document, service in self._documents.of(Service)
            if not (document.is_example or is_open(service.name) or is_open(service.namespace))
        ]

    @cached_property
    def _by_name(self) -> dict[str, list[Served]]:
        found: dict[str, list[Served]] = defaultdict(list)
        for each in self.services:
            found[str(each.service.name)].append(each)
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all Services, in lower case."""
        return frozenset(str(each.service.name).lower() for each in self.services)

    @cached_property
    def _by_scope(self) -> dict[str, list[Served]]:
        found: dict[str, list[Served]] = defaultdict(list)
        for each in self.services:
            found[scope_of(each.document, each.service.namespace)].append(each)
        return found

    @cached_property
    def _workloads(self) -> dict[str, list[Document]]:
        """The documents that hold workloads, by their folders."""
        found: dict[str, list[Document]] = defaultdict(list)
        for document in self._documents.all:
            if document.kind == "Workload" and not document.is_example:
                found[os.path.dirname(document.path)].append(document)
        return found

    @cached_property
    def labels_set_elsewhere(self) -> frozenset[str]:
        """The labels that Kustomizations give to pods or to selectors."""
        return frozenset(key for _, each in self._documents.of(Kustomization) for key in each.label_keys)

    def in_scope(self, document: Document, namespace: str) -> list[Served]:
        """The Services of a namespace; where none is written, those without one in the folder of `document`."""
        return self._by_scope.get(scope_of(document, namespace), [])

    def called(self, name: str) -> list[Served]:
        """The Services with this name, in whatever namespace."""
        return self._by_name.get(name, [])

    def may_exist(self, name: str, namespace: str) -> bool:
        """Whether a Service with this name is, or may be, in the namespace."""
        return any(_may_be_same(each.service.namespace, namespace) for each in self.called(name))

    def only(self, name: str, namespace: str, document: Document) -> Served | None:
        """The Service that an object in `document` means, where it is certainly the only one with this name and namespace."""
        found = [each for each in self.called(name) if _may_be_same(each.service.namespace, namespace)]
        scope = scope_of(document, namespace)
        if len(found) == 1 and scope_of(found[0].document, found[0].service.namespace) == scope:
            return found[0]
        # another tree beside this one may have one without a namespace
        same = [each for each in found if scope_of(each.document, each.service.namespace) == scope]
        others = [each for each in found if each not in same]
        return (
            same[0] if len(same) == 1 and not namespace and not any(each.service.namespace for each in others) else None
        )

    def is_only(self, document: Document, service: Service) -> bool:
        """Whether no other Service has its name in its namespace."""
        found = self.only(str(service.name), service.namespace, document)
        return found is not None and found.service is service

    def workloads_beside(self, document: Document) -> Iterator[tuple[Document, Workload]]:
        """The workloads in the folder of `document`."""
        for each in self._workloads.get(os.path.dirname(document.path), ()):
            model = each.model
            if isinstance(model, Workload):
                yield each, model

    def selected(self, document: Document, service: Service) -> list[Selected]:
        """The workloads whose pods `service` selects or may select, those in its own folder first."""
        if id(service) not in self._selected:
            self._selected[id(service)] = list(self._find(document, service))
        return self._selected[id(service)]

    def is_selecting(self, document: Document, service: Service) -> bool:
        """Whether `service` selects or may select pods of any workload."""
        if id(service) in self._selected:
            return bool(self._selected[id(service)])
        return next(self._find(document, service), None) is not None

    def has_workloads_beside(self, document: Document) -> bool:
        """Whether there are workloads in the folder of `document`."""
        return os.path.dirname(document.path) in self._workloads

    def _find(self, document: Document, service: Service) -> Iterator[Selected]:
        selector = service.selector
        if selector is None:
            return
        wanted = {key.value: value.value for key, value in pairs(selector)}
        if len(wanted) != len(selector.pairs) or any(map(is_open, (*wanted, *wanted.values()))):
            return
        own = os.path.dirname(document.path)
        for folder in (own, *(each for each in self._workloads if each != own)):
            for each in self._workloads.get(folder, ()):
                if not each.may_contain(wanted.values()):
                    continue
                workload = each.model
                if not isinstance(workload, Workload) or not _may_be_same(workload.namespace, service.namespace):
                    continue
                if selects(wanted, workload.pod_labels):
                    same = scope_of(each, workload.namespace) == scope_of(document, service.namespace)
                    yield Selected(each, workload, same)


def scope_of(document: Document, namespace: str) -> str:
    """What tells the namespace of an object in `document` from others: its name, or the folder."""
    return namespace or f"{os.path.dirname(document.path)}/"


def selects(wanted: dict[str, str], labels: Mapping | None) -> bool:
    """Whether pods with these labels are selected."""
    return labels is not None and all(labels.text(key) == value for key, value in wanted.items())


def is_open(word: str) -> bool:
    """Whether a word has a placeholder."""
    return "{" in word or "$" in word


def _may_be_same(one: str, other: str) -> bool:
    return not (one and other) or one == other
