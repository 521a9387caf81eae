"""What objects around CoreDNS have in common: they are read only if CoreDNS is named in their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.objects.fields import name_of
from kpl.inputs.reader import Clue, ObjectReader
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text

NAMES = ("coredns", "kube-dns")
"""What CoreDNS is called in clusters."""


def clue_of(kinds: str, *patterns: str) -> Clue:
    """How a text shows that it may hold objects of these `kinds`, a pattern, about CoreDNS, with other `patterns` in it."""
    return Clue(NAMES, (rf"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?(?:{kinds})(?:List)?\b""", *patterns))


@dataclass(eq=False)
class NamedObject:
    """An object with its name; `text` is the document that its node points into."""

    text: str
    node: Mapping
    kind: Text
    name: Text
    namespace: str


class NamedReader(ObjectReader):
    """Reads objects as a `model` of this type."""

    model: type[NamedObject]

    def models(self, text: str, node: Mapping) -> Iterator[NamedObject]:
        """The object that `node` is."""
        kind = node.text("kind")
        if kind is not None:
            yield self.model(text, node, kind, name_of(node), node.text("metadata", "namespace") or "")


def texts(node: Mapping, *path: str) -> list[Text]:
    """The words in the list at `path`, with their places."""
    return [item.text for item in node.items(*path) if isinstance(item, Scalar)]
