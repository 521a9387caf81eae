"""Corefiles in the scalars of a YAML document."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.document import corefile_document
from kpl.inputs.document import Document
from kpl.inputs.reader import Place
from kpl.inputs.yaml.scalars import embedded_scalar
from kpl.inputs.yaml.tree import Scalar
from kpl.text import late

COREFILE_KEY = late.pattern(r"(?i)^corefile(?:[.-].*)?$|\.corefile$")


def corefile_in(
    place: Place, key: str, value: Scalar, name: str, namespace: str = "", *, sure: bool
) -> Iterator[Document]:
    """The Corefile that `value` holds; where it is not `sure` that it is one, its text decides."""
    embedding = embedded_scalar(value, place.embedding)
    if embedding.text.strip():
        document = corefile_document(place.source, embedding, key=key, name=name, namespace=namespace, sure=sure)
        if document is not None:
            yield document
