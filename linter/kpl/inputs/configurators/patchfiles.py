"""Files that are a patch in the form of RFC 6902: for an object that a Kustomization names, or for a machine of Talos."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.configurators.files import TALOS
from kpl.inputs.configurators.reading import documents_of
from kpl.inputs.document import Document
from kpl.inputs.objects.jsonpatches import Target, documents_in, patched
from kpl.inputs.reader import Place
from kpl.inputs.yaml.tree import Sequence

_OF_MACHINES = ("cluster", "machine")
"""Objects of Kubernetes have no such fields at their root."""


def documents_of_patch(node: Sequence, place: Place) -> Iterator[Document]:
    """What the operations in the file `node` set."""
    found = list(documents_in(node, place, Target("", "", "")))
    made = patched(node)
    if any(made.pair(each) is not None for each in _OF_MACHINES):
        found += documents_of(TALOS, made, place)
    for document in found:
        document.node_span = node.span
        yield document
