"""The labels of the namespaces that have cluster DNS.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#automatic-labelling
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.objects.fields import name_of, pairs
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text


@dataclass(eq=False)
class NamespaceObject:
    """A Namespace with its labels."""

    name: Text
    labels: dict[str, str]


class NamespaceReader(ObjectReader):
    """Reads the Namespaces that have cluster DNS."""

    kind = ObjectKind(
        models=("NamespaceObject",),
        kinds=("Namespace",),
        groups=("v1",),
        late=("Namespace",),
        clues=(Clue(("kube-system",), (r"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?Namespace(?:List)?\b""",)),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, labels: {name: dns}}\n",
            {"name": "kube-system", "labels": {"name": "dns"}},
        ),
        Leaves("apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"),
        Leaves("apiVersion: x.example/v1\nkind: Namespace\nmetadata: {name: kube-system}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[NamespaceObject]:
        """The Namespace that `node` is."""
        labels = pairs(node.mapping("metadata", "labels"))
        yield NamespaceObject(name_of(node), {key.value: value.value for key, value in labels})
