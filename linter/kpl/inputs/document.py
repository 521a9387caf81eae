"""What reading a file yields: documents, each one model with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from kpl.inputs.objectname import ObjectName
from kpl.text.embedding import Embedding
from kpl.text.source import Source, SourceOrigin
from kpl.text.span import Span

if TYPE_CHECKING:
    from kpl.inputs.unrendered import Unrendered

STDIN_NAME = "<stdin>"
"""How standard input is called where the user does not say."""

_HOLDERS: WeakValueDictionary[int, Document] = WeakValueDictionary()
"""The document of each model, by the model's identity."""


_SPECIAL = frozenset(".^$*+?{}[]\\|()")
"""What makes a regular expression more than the text that it matches."""


def _is_in(text: str, clue: str, known: dict[str, bool]) -> bool:
    """Whether `clue` is in `text`; `known` keeps what is known of patterns."""
    # a word is found in a tenth of the time that a pattern takes, and compiling it takes longer than that
    for each, is_word in _parts(clue):
        if is_word:
            if each in text:
                return True
            continue
        if each not in known:
            known[each] = re.search(each, text) is not None
        if known[each]:
            return True
    return False


@lru_cache(maxsize=1000)
def _parts(clue: str) -> list[tuple[str, bool]]:
    """The lines of a clue, and the words of those that have nothing else, each with whether it is a word."""
    parts: list[tuple[str, bool]] = []
    for line in clue.split("\n"):
        words = line.split("|")
        if all(map(_SPECIAL.isdisjoint, words)):
            parts += ((word, True) for word in words)
        else:
            parts.append((line, False))
    return parts


def holder_of(model: Any) -> Document:
    """The document that holds `model`."""
    return _HOLDERS[id(model)]


class Document:
    """One model read from `source`; the model's spans are offsets into `embedding.text`."""

    def __init__(
        self,
        source: Source,
        model: Any,
        embedding: Embedding,
        name: str = "",
        namespace: str = "",
        key: str = "",
        templated: bool = False,
        around: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.kind = type(model).__name__
        """What it is: the name of the model's type."""
        self.embedding = embedding
        self.name = name
        """The ``metadata.name`` of the object that holds it, where there is one."""
        self.namespace = namespace
        self.key = key
        """The key of the ConfigMap that holds it, or the file's own name."""
        self.templated = templated
        """Whether placeholders stand in its text."""
        self.around = around
        """All keys of the ConfigMap that holds it, with their texts."""
        self.object: ObjectName | None = None
        """The object in YAML that it is, or that holds it."""
        self.template = ""
        """The template that Helm rendered it from, as a comment in its text says."""
        self.yaml: Embedding | None = None
        """The YAML text that holds it, where that is not the file itself."""
        self.is_example = False
        """Whether it is an example in a document for people, and so no part of a cluster."""
        self.node_span: Span | None = None
        """The place of the object in YAML that it is, or that holds it."""
        self.unrendered: Unrendered | None = None
        """What is certain of a document whose template was read without its actions; None where all of it is there."""
        self._hold(model)

    def _hold(self, model: Any) -> None:
        self._model = model
        if model is not None:
            _HOLDERS[id(model)] = self

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._hold(self._model)

    @property
    def model(self) -> Any:
        """The model."""
        return self._model

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
        """Whether its text is that of a whole file with a place among others: on the disk, in an editor, or by a name given."""
        has_place = self.source.origin in (SourceOrigin.DISK, SourceOrigin.BUFFER) or (
            self.source.origin is SourceOrigin.STANDARD_INPUT and self.source.path != STDIN_NAME
        )
        return type(self.embedding) is Embedding and has_place

    def may_hold(self, clue: str) -> bool:
        """Whether `clue` may match what it says: the text of a Corefile without CR, which is nothing to CoreDNS."""
        return self.kind != "Corefile" or _is_in(self.embedding.text.replace("\r", ""), clue, {})

    def may_contain(self, words: Iterable[str]) -> bool:
        """Whether all `words` may be in what it says, each as it is written."""
        return True

    def may_name(self, pattern: str, names: Collection[str]) -> bool:
        """Whether a group of `pattern` may match one of `names`, which are in lower case, in what it says."""
        return True


class LateDocument(Document):
    """An object whose kind is known from its text, and which is read when somebody asks for its model.

    `text` is what it is read from; `read` gives the object as a document, and None where it is none of that kind after all.
    """

    def __init__(
        self, source: Source, kind: str, embedding: Embedding, text: str, read: Callable[[], Document | None]
    ) -> None:
        super().__init__(source, None, embedding)
        self.kind = kind
        self._text = text
        self._known: dict[str, bool] = {}
        self._read: Callable[[], Document | None] | None = read

    @property
    def model(self) -> Any:
        """The model; None where the object is not of the kind that its text promised."""
        read = self._read
        if read is not None:
            document = read()
            if document is not None:
                self.name, self.namespace, self.templated = document.name, document.namespace, document.templated
                self.kind, self.object, self.template = document.kind, document.object, document.template
                self._hold(document.model)
            self._read = None
        return self._model

    def may_hold(self, clue: str) -> bool:
        """Whether `clue` matches its text; an escape may spell any character."""
        return _is_in(self._text, clue, self._known) or "\\" in self._text

    def may_contain(self, words: Iterable[str]) -> bool:
        """Whether all `words` are in its text; an escape may spell any character."""
        return all(each in self._text for each in words) or "\\" in self._text

    def may_name(self, pattern: str, names: Collection[str]) -> bool:
        """Whether a group of `pattern` matches one of `names` in its text; an escape may spell any character."""
        if "\\" in self._text:
            return True
        return any(
            word and word.lower() in names for found in re.finditer(pattern, self._text) for word in found.groups()
        )


@dataclass(eq=False, repr=False)
class ParseFailure:
    """A document that cannot be parsed: its expected kind, the reason, and the place."""

    what: str
    message: str
    span: Span
    templated: bool = False
    """Whether the document is a template, so that the failure says nothing about the rendered text."""
    too_large: bool = False
    """Whether it was not even tried."""
    is_read: bool = False
    """Whether the template was read as far as it is certain, so that other documents hold what is in it."""
    template_of: str = ""
    """The configuration that a template becomes when it is rendered: a Corefile, or one of kube-proxy."""


def too_large(what: str, most: int, place: Span) -> ParseFailure:
    """The failure of something that has more than `most` characters."""
    return ParseFailure(what, f"it is larger than {most:,} characters", place, too_large=True)


@dataclass(eq=False, repr=False)
class Reading:
    """All that one file holds for kpl."""

    source: Source
    documents: list[Document] = field(default_factory=list)
    kind: str = ""
    """What the file is: the word of its `FileKind`."""
    not_written: str = ""
    """Why `kpl fix` does not write the file back, completing "`path` ..."; empty where it does."""


NOT_GIVEN = "is not among the given files"
"""Why `kpl fix` does not write a file that it only reads for the sake of others: see `Reading.not_written`."""


def is_corefile(document: Document) -> bool:
    """Whether the document is a Corefile, one that does not parse included."""
    return document.kind == "Corefile" or (document.kind == "ParseFailure" and document.model.what == "Corefile")
