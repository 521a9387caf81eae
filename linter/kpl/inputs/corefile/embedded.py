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

_FRAGMENT_KEY = late.pattern(r"\.(?:server|override)$")


def is_corefile_key(key: str) -> bool:
    """Whether a ConfigMap has a Corefile, or a part of one, under such a key."""
    return bool(COREFILE_KEY.search(key) or _FRAGMENT_KEY.search(key))


def corefile_in(
    place: Place, key: str, value: Scalar, name: str, namespace: str = "", *, sure: bool
) -> Iterator[Document]:
    """The Corefile that `value` holds; where it is not `sure` that it is one, its text decides."""
    embedding = embedded_scalar(value, place.embedding)
    if embedding.text.strip():
        document = corefile_document(place.source, embedding, key=key, name=name, namespace=namespace, sure=sure)
        if document is not None:
            yield document
