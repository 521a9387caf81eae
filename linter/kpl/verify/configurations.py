"""The configurations in a file: whole Corefiles, fragments of them, KubeProxyConfigurations, wherever they lie."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from kpl import troubles
from kpl.inputs import detect
from kpl.inputs.coverage import Skipped, failed
from kpl.inputs.document import Document, ParseFailure, Reading, is_corefile
from kpl.inputs.objects.kubeproxy import program_text
from kpl.inputs.read import Identified, read_documents
from kpl.inputs.yaml.tree import document_spans
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span

Kind = Literal["corefile", "kube-proxy"]

_CONFIGURATION = late.pattern(r"[Cc]orefile|KubeProxyConfiguration")
_KUBE_PROXY = late.pattern(r"""^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?KubeProxyConfiguration\b""", re.MULTILINE)


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
    kind: str = ""
    """What the file is, the word of its `FileKind`."""
    skipped: Skipped | None = None
    """Why the file was not read."""

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


def kind_of(as_kind: Kind | None) -> str | None:
    """The word of the `FileKind` for a file that is one configuration of this kind."""
    return {"corefile": detect.COREFILE, "kube-proxy": detect.YAML, None: None}[as_kind]


def contents(path: str, identified: Identified | Skipped, as_kind: Kind | None) -> Contents:
    """The configurations in a file; with `as_kind`, the whole file is one of that kind."""
    if isinstance(identified, Skipped):
        return Contents(path, skipped=identified)
    with troubles.kept(path):
        return _contents(path, identified, as_kind)
    return Contents(path, skipped=failed(path))


def contents_of(reading: Reading) -> Contents:
    """The configurations in a file that was read."""
    path = reading.source.path
    with troubles.kept(path):
        if reading.kind in (detect.COREFILE, detect.FRAGMENT):
            document = _whole(reading.source)
            return Contents(path, [Configuration(document, "corefile", reading.source.text)], kind=reading.kind)
        return Contents(path, list(_configurations(reading)), reading.documents, reading.kind)
    return Contents(path, skipped=failed(path))


def _contents(path: str, identified: Identified, as_kind: Kind | None) -> Contents:
    source, kind = identified.source, identified.kind
    if as_kind is not None:
        return Contents(path, [Configuration(_whole(source), as_kind, source.text)], kind=kind)
    is_whole = kind in (detect.COREFILE, detect.FRAGMENT)
    return contents_of(Reading(source, [], kind) if is_whole else read_documents(source, kind))


def _whole(source: Source) -> Document:
    return Document(source, None, Embedding(source.text, source.newline), key=source.name)


def _configurations(reading: Reading) -> Iterator[Configuration]:
    for document in reading.documents:
        if document.unrendered is not None and not document.unrendered.is_written:  # no program reads it
            continue
        model = document.model
        if is_corefile(document):
            yield Configuration(document, "corefile", document.embedding.text)
        elif document.kind == "KubeProxyConfig" and not model.partial:
            yield _kube_proxy(document, model.node.start)
        elif isinstance(model, ParseFailure) and _KUBE_PROXY.search(_part(document.embedding.text, model.span)):
            yield _kube_proxy(document, model.span.start)


def _part(text: str, place: Span) -> str:
    spans = document_spans(text)
    number = bisect_right(spans, place.start, key=lambda span: span.end)
    return text[slice(*spans[number])] if number < len(spans) else text


def _kube_proxy(document: Document, at: int) -> Configuration:
    text = document.embedding.text
    span = program_text(text, at)
    return Configuration(document, "kube-proxy", text[slice(*span)], span.start)
