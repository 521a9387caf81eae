"""The configurations in a file: whole Corefiles, fragments of them, KubeProxyConfigurations, wherever they lie."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from kpl import troubles
from kpl.inputs import detect
from kpl.inputs.document import Document, ParseFailure, Reading, is_corefile
from kpl.inputs.kubeproxy import program_text
from kpl.inputs.read import identify, read_documents
from kpl.inputs.yamltree import split_documents
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span

Kind = Literal["corefile", "kube-proxy"]

_CONFIGURATION = re.compile(r"[Cc]orefile|KubeProxyConfiguration")
_KUBE_PROXY = re.compile(r"""^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?KubeProxyConfiguration\b""", re.MULTILINE)


@dataclass(eq=False)
class Configuration:
    """What one program reads: `text` is the part from `offset` on of the document's own text."""

    document: Document
    kind: Kind
    text: str
    offset: int = 0


@dataclass(eq=False)
class Contents:
    """What one file holds: its configurations, and the documents that may tell a version."""

    path: str
    configurations: list[Configuration] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    @property
    def unreadable(self) -> list[tuple[Document, ParseFailure]]:
        """The YAML documents that may hold a configuration and do not parse."""
        judged = {id(each.document) for each in self.configurations}
        return [
            (document, document.model)
            for document in self.documents
            if isinstance(document.model, ParseFailure)
            and id(document) not in judged
            and _CONFIGURATION.search(_part(document.embedding.text, document.model.span))
        ]


def contents(path: str, data: bytes, named: bool, as_kind: Kind | None) -> Contents:
    """The configurations in the file `path` that holds `data`; with `as_kind`, the whole file is one of that kind."""
    with troubles.kept(path):
        return _contents(path, data, named, as_kind)
    return Contents(path)


def _contents(path: str, data: bytes, named: bool, as_kind: Kind | None) -> Contents:
    if as_kind is not None:
        document = _whole(Source.from_bytes(path, data))
        return Contents(path, [Configuration(document, as_kind, document.embedding.text)])
    identified = identify(path, data, named)
    if identified is None:
        return Contents(path)
    source, kind = identified
    if kind in (detect.COREFILE, detect.FRAGMENT):
        document = _whole(source)
        return Contents(path, [Configuration(document, "corefile", source.text)])
    reading = read_documents(source, kind)
    return Contents(path, list(_configurations(reading)), reading.documents)


def _whole(source: Source) -> Document:
    return Document(source, None, Embedding(source.text, source.newline), key=os.path.basename(source.path))


def _configurations(reading: Reading) -> Iterator[Configuration]:
    for document in reading.documents:
        model = document.model
        if is_corefile(document):
            yield Configuration(document, "corefile", document.embedding.text)
        elif type(model).__name__ == "KubeProxyConfig":
            yield _kube_proxy(document, model.node.start)
        elif isinstance(model, ParseFailure) and _KUBE_PROXY.search(_part(document.embedding.text, model.span)):
            yield _kube_proxy(document, model.span.start)


def _part(text: str, place: Span) -> str:
    return next((text[slice(*span)] for span in split_documents(text) if place.start < span.end), text)


def _kube_proxy(document: Document, at: int) -> Configuration:
    text = document.embedding.text
    span = program_text(text, at)
    return Configuration(document, "kube-proxy", text[slice(*span)], span.start)
