"""What reading a file yields: documents, each one model with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kpl.inputs.detect import STDIN_NAME
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span


@dataclass(eq=False)
class Document:
    """One model read from `source`; the model's spans are offsets into `embedding.text`."""

    source: Source
    model: Any
    embedding: Embedding
    name: str = ""
    """The ``metadata.name`` of the object that holds it, where there is one."""
    namespace: str = ""
    key: str = ""
    """The key of the ConfigMap that holds it, or the file's own name."""
    templated: bool = False
    """Whether placeholders stand in its text."""
    around: Mapping[str, str] | None = None
    """All keys of the ConfigMap that holds it, with their texts."""
    judged: tuple[Any, Any] | None = field(default=None, repr=False)
    """The last verdict on it, behind the circumstances that it was given in and the texts that were beside it."""
    read_back: list[Any] | None = field(default=None, repr=False)
    """What it says as a dump of one or more nodes, once that was asked."""

    @property
    def path(self) -> str:
        """The path of the file, as it was given."""
        return self.source.path

    @property
    def is_fragment(self) -> bool:
        """Whether it holds plugin lines that a server block imports, rather than server blocks."""
        return self.key.endswith(".override")

    @property
    def is_whole_file(self) -> bool:
        """Whether its text is the whole of a file on disk."""
        return type(self.embedding) is Embedding and self.source.path != STDIN_NAME


@dataclass(eq=False)
class ParseFailure:
    """A document that could not be read: what it should have been, why not, and where."""

    what: str
    message: str
    span: Span
    templated: bool = False
    """Whether the document is a template, so that the failure says nothing about the rendered text."""
    too_large: bool = False
    """Whether it was not even tried."""
    template_of: str = ""
    """The configuration that a template becomes when it is rendered: a Corefile, or one of kube-proxy."""


@dataclass(eq=False)
class Reading:
    """All that one file holds for kpl."""

    source: Source
    documents: list[Document] = field(default_factory=list)
    kind: str = ""
    """What the file is, one of the words of `kpl.inputs.detect`."""
    not_written: str = ""
    """Why `kpl fix` does not write the file back, completing "`path` ..."; empty where it does."""


TELLING = frozenset(("Kustomization", "FluxKustomization", "Application", "KubeadmCluster", "KubeletConfig"))
"""The types of models that only tell of a cluster, or of the files that make it, and are not checked themselves."""

DUMPS = frozenset(("Ruleset", "NftRuleset", "IpvsDump"))
"""The types of models that say what a node does with the traffic of Services."""


def is_dump(document: Document) -> bool:
    """Whether the document is a dump of what kube-proxy programmed."""
    return type(document.model).__name__ in DUMPS


def is_corefile(document: Document) -> bool:
    """Whether the document is a Corefile, one that does not parse included."""
    return type(document.model).__name__ == "Corefile" or (
        isinstance(document.model, ParseFailure) and document.model.what == "Corefile"
    )


def only_tells(document: Document) -> bool:
    """Whether `document` only tells of a cluster, and is not checked itself."""
    return type(document.model).__name__ in TELLING
