"""Texts inside files of other programs: read as files of their own, and found where they stand in their hosts."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.document import corefile_document
from kpl.inputs.detect import YAML
from kpl.inputs.document import Document
from kpl.inputs.registry import file_reader
from kpl.text.embedding import Embedding, within
from kpl.text.source import Source


def yaml_inside(source: Source, outer: Embedding) -> Iterator[Document]:
    """The documents in the YAML text that `outer` finds in `source`."""
    # without a name: that of the host is not the text's
    for document in file_reader(YAML).read(Source("", outer.text)):
        yield lifted(document, source, outer)


def lifted(document: Document, source: Source, outer: Embedding) -> Document:
    """`document`, which was read from the text of `outer`, as one of `source`, where this text stands."""
    document.source, document.embedding = source, within(document.embedding, outer)
    document.yaml = outer
    return document


def corefile_inside(source: Source, outer: Embedding, key: str, name: str = "", *, sure: bool) -> Iterator[Document]:
    """The Corefile that `outer` finds in `source`; where it is not `sure` that it is one, its text decides."""
    if outer.text.strip():
        document = corefile_document(source, outer, key=key, name=name, sure=sure)
        if document is not None:
            yield document
