"""What the containers of a cluster take from its ConfigMaps and Secrets."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from kpl.cluster.documents import Documents
from kpl.inputs.document import Document
from kpl.inputs.objects.envsources import EnvSource, SecretTemplate
from kpl.inputs.objects.workloads import Container, EnvReference, Workload
from kpl.inputs.yaml.tree import Scalar
from kpl.resolver.names import TakenName, host_names_in

MOST_VARIABLES = 500
"""So many variables of a pod are looked at: many pods may take all keys of a large ConfigMap."""


class _Taken(NamedTuple):
    reference: EnvReference
    document: Document
    source: EnvSource


_Places = dict[tuple[str, str, str | int], list[tuple[Document, EnvSource]]]


class Environment:
    """The ConfigMaps and Secrets of one cluster. Only those that a container names are read."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._places: dict[str, _Places] = {}

    def taken_names(
        self, workload: Workload, containers: Sequence[Container], domain: str, home: Document
    ) -> Iterator[TakenName]:
        """As `Cluster.taken_names`, for a workload in the document `home`."""
        left = MOST_VARIABLES
        for container in containers:
            for taken, variables in self._taken(workload, container, home, left):
                left -= len(variables)
                for host in host_names_in(workload, container, domain, taken.source.text, variables):
                    yield TakenName(host, taken.document, taken.reference)

    def _taken(
        self, workload: Workload, container: Container, home: Document, most: int
    ) -> Iterator[tuple[_Taken, list[tuple[str, Scalar]]]]:
        """The objects that a container takes variables from, each with those that no other one sets after it."""
        own = {str(env.name) for env in container.env}
        last: dict[str, tuple[_Taken, Scalar]] = {}
        for reference in container.takes:
            taken = self._source(reference, workload.namespace, home) if len(last) < most else None
            if taken is None:
                continue
            if reference.key:
                value = taken.source.values.get(reference.key)
                if value is not None:
                    last[reference.variable] = taken, value
                continue
            for key, value in islice(taken.source.values.items(), most):
                if (name := reference.prefix + key) not in own:
                    last.pop(name, None)  # so that they are in the order of the objects that set them
                    last[name] = taken, value
        found: dict[int, tuple[_Taken, list[tuple[str, Scalar]]]] = {}
        for name, (taken, value) in islice(last.items(), most):
            found.setdefault(id(taken), (taken, []))[1].append((name, value))
        yield from found.values()

    def _source(self, reference: EnvReference, namespace: str, home: Document) -> _Taken | None:
        """The object that a container in `home` means, where there is exactly one in its namespace.

        Objects without a namespace get theirs elsewhere: those of one folder the same one.
        """
        named = self._named(str(reference.name))
        found = named.get((reference.kind, namespace, "" if namespace else os.path.dirname(home.path)), ())
        if len(found) > 1:
            found = named.get((reference.kind, namespace, id(home.source)), ())
        return _Taken(reference, *found[0]) if len(found) == 1 else None

    def _named(self, name: str) -> _Places:
        """The objects with this name, by kind, namespace and folder, and by their file."""
        if name not in self._places:
            found: _Places = defaultdict(list)
            for document in self._documents_called(name):
                source = document.model
                if isinstance(source, EnvSource) and source.name == name:
                    folder = "" if source.namespace else os.path.dirname(document.path)
                    for place in (folder, id(document.source)):
                        found[source.kind, source.namespace, place].append((document, source))
            self._places[name] = found
        return self._places[name]

    def _documents_called(self, name: str) -> Iterator[Document]:
        yield from self._by_name.get(name, ())
        yield from self._templates.get(name, ())

    @cached_property
    def _by_name(self) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = defaultdict(list)
        for document in self._documents.all:
            if document.kind == "EnvSource":
                found[document.name or str(getattr(document.model, "name", ""))].append(document)
        return found

    # an ExternalSecret may be called otherwise than its Secret
    @cached_property
    def _templates(self) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = defaultdict(list)
        for document, template in self._documents.of(SecretTemplate):
            found[str(template.name)].append(document)
        return found
