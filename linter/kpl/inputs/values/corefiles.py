"""Corefiles under objects that are no ConfigMaps: values of the CoreDNS chart, and scalars under a key called Corefile."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.document import corefile_document
from kpl.inputs.corefile.embedded import COREFILE_KEY, corefile_in
from kpl.inputs.document import Document
from kpl.inputs.reader import Place
from kpl.inputs.values.chart import chart_corefile, is_chart_servers
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence


def corefiles_below(node: Mapping, place: Place, name: str) -> Iterator[Document]:
    """The Corefiles below `node`, however deep they are, in the order in which they stand there."""
    waiting: list[Node] = [node] if _may_hold_one(place.embedding.text) else []
    while waiting:
        below = waiting.pop()
        if below.shared:
            continue
        if isinstance(below, Sequence):
            waiting += [item for item in reversed(below.items) if not isinstance(item, Scalar)]
            continue
        if not isinstance(below, Mapping):
            continue
        for key, value in reversed(below.pairs):
            if not isinstance(key, Scalar):
                continue
            if key.value == "servers" and isinstance(value, Sequence) and is_chart_servers(value):
                embedding = chart_corefile(value, place.embedding)
                if embedding is not None:
                    document = corefile_document(place.source, embedding, key="Corefile", name=name)
                    if document is not None:
                        yield document
            elif isinstance(value, Scalar) and value.style is not None and COREFILE_KEY.search(key.value):
                yield from corefile_in(place, key.value, value, name, sure=False)
            elif not isinstance(value, Scalar):
                waiting.append(value)


def _may_hold_one(text: str) -> bool:
    """Whether a key for a Corefile may be in `text`: an escape may spell any, and case is more than ASCII elsewhere."""
    return "servers" in text or "\\" in text or not text.isascii() or "corefile" in text.lower()
