"""Files that another process has read: what their documents contribute, and the rest when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from kpl.errors import UsageError
from kpl.inputs.document import Document, ParseFailure, Reading
from kpl.inputs.registry import is_dump, only_tells
from kpl.shares.share import TELL_DNS, Share, remember, share_of
from kpl.text.source import Source

if TYPE_CHECKING:
    from kpl.inputs.unrendered import Unrendered


_TELL = TELL_DNS | {"Application", "Kustomization", "ReleaseValues"}
"""The kinds of documents that only tell, and whose shares change what is found in others."""


PATCHES = "patches"
"""The clue with which the patches of workloads are looked for in the Kustomizations of Flux."""
_ASKED_WORDS = (
    "cluster-proportional-autoscaler",
    "coredns",
    "dns",
    "hostNetwork",
    "kube-proxy",
    "localip",
    "node-cache",
    PATCHES,
    "svc_enable",
    "windows",
)
"""The clues with which rules about other documents ask for workloads."""


class SentDocument(NamedTuple):
    """A document without its text and its model."""

    kind: str
    name: str
    namespace: str
    key: str
    templated: bool
    is_example: bool
    share: Share | None
    failure: ParseFailure | None
    unrendered: Unrendered | None
    names_hosts: bool | None
    """Whether a workload may hold what `HOST_CLUE` finds, which the rules about all workloads of a cluster ask."""
    words: tuple[str, ...] | None = None
    """Those of `_ASKED_WORDS` that a workload may hold."""


class SentReading(NamedTuple):
    """A file without its text."""

    path: str
    kind: str
    not_written: str
    documents: list[SentDocument]


def to_send(reading: Reading) -> Reading | SentReading:
    """What another process has to know of a file: of a dump all of it, since its columns are small and its reading is slow."""
    if any(is_dump(each) for each in reading.documents):
        return reading
    documents = [
        SentDocument(
            each.kind,
            each.name,
            each.namespace,
            each.key,
            each.templated,
            each.is_example,
            # of what only tells, most is never asked, unless it changes what is checked
            share_of(each) if _is_told(each) else None,
            each.model if each.kind == "ParseFailure" else None,
            each.unrendered,
            _names_hosts(each) if each.kind == "Workload" else None,
            tuple(filter(each.may_hold, _ASKED_WORDS)) if each.kind in ("Workload", "FluxKustomization") else None,
        )
        for each in reading.documents
    ]
    return SentReading(reading.source.path, reading.kind, reading.not_written, documents)


def _is_told(document: Document) -> bool:
    if document.kind == "FluxKustomization":
        return document.may_hold(PATCHES)
    return document.kind in _TELL or not only_tells(document)


def _names_hosts(workload: Document) -> bool:
    from kpl.resolver.names import HOST_CLUE

    return workload.may_hold(HOST_CLUE)


def _is_about_hosts(clue: str) -> bool:
    from kpl.resolver.names import HOST_CLUE

    return clue == HOST_CLUE


def received(sent: Reading | SentReading, read: Callable[[], Reading | None]) -> Reading:
    """The file that was sent; `read` reads it when more is asked for than its shares tell."""
    if isinstance(sent, Reading):
        return sent
    file = _File(sent, read)
    return Reading(file.source, list(file.documents), sent.kind, sent.not_written)


class _File:
    def __init__(self, sent: SentReading, read: Callable[[], Reading | None]) -> None:
        self.source = _LateSource(sent.path, self)
        self.documents = [_LateDocument(self, each) for each in sent.documents]
        self._read = read
        self._is_read = False

    def read(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        reading = self._read()
        found = [] if reading is None else reading.documents
        if reading is None or [each.kind for each in found] != [each.kind for each in self.documents]:
            raise UsageError(f"{self.source.path} was changed while kpl read it: run kpl again")
        self.source.__dict__.update(vars(reading.source))
        for late, document in zip(self.documents, found, strict=True):
            late.fill(document)


class _LateSource(Source):
    def __init__(self, path: str, file: _File) -> None:
        self.path = path
        self.archive = ""  # files in archives are never sent
        self._file = file

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "text" in self.__dict__:
            raise AttributeError(name)
        self._file.read()
        return getattr(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return Source, (self.path, self.text, self.bom, self.encoding, self.valid, self.origin, self.archive)


class _LateDocument(Document):
    def __init__(self, file: _File, sent: SentDocument) -> None:
        self._file = file
        self._read: Document | None = None
        self.source = file.source
        self.kind = sent.kind
        self.name, self.namespace, self.key = sent.name, sent.namespace, sent.key
        self.templated, self.unrendered, self.is_example = sent.templated, sent.unrendered, sent.is_example
        self._names_hosts = sent.names_hosts
        self._words = sent.words
        if sent.failure is not None:
            self._hold(sent.failure)
        if sent.share is not None:
            remember(self, sent.share)

    def __getattr__(self, name: str) -> Any:
        if name not in ("embedding", "around", "object", "template", "yaml", "node_span", "_model"):
            raise AttributeError(name)
        document = self._document()
        if name == "_model":
            model = document.model
            self.kind, self.name, self.namespace = document.kind, document.name, document.namespace
            self.templated = document.templated
            self._hold(model)
            return model
        value = getattr(document, name)
        setattr(self, name, value)
        return value

    def may_hold(self, clue: str) -> bool:
        """Whether `clue` may match what it says."""
        if self._words is not None and clue in _ASKED_WORDS:
            return clue in self._words
        if self._names_hosts is False and _is_about_hosts(clue):
            return False
        return not clue or self._document().may_hold(clue)

    def _document(self) -> Document:
        self._file.read()
        assert self._read is not None
        return self._read

    def fill(self, document: Document) -> None:
        """Take over what was read."""
        self._read = document
