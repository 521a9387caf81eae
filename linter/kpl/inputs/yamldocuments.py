"""The documents of a YAML file that hold something for kpl; all others are recognised on their text and never parsed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial

from kpl.inputs.corefile.document import is_templated
from kpl.inputs.detect import YAML, is_template_name
from kpl.inputs.document import Document, LateDocument
from kpl.inputs.objectname import ObjectName
from kpl.inputs.reader import FileKind, FileReader, Leaves, ObjectKind, Place, Takes
from kpl.inputs.recognition import (
    is_interesting,
    object_text,
    one_too_large,
    promised_kinds,
    tells_of_clusters,
    text_of_models,
    written_name,
)
from kpl.inputs.registry import (
    kinds_by_name,
    kinds_of_any_name,
    object_reader,
    only_tells,
    telling_kinds,
    telling_models,
)
from kpl.inputs.values.templates import configuration_of, failure_of
from kpl.inputs.yaml.tree import Mapping, Node, Sequence, YamlError, compose, composed, is_well_formed, split_documents
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span, Text

_CONTROLLERS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "CronJob"))
"""The workloads that lists of the API server are read for: those that `kubectl cluster-info dump` has beside them (ReplicaSets,
Pods) are mostly made by these."""
_SOPS = late.pattern(r"""(?:^|\n)[ \t{]*"?sops"?:""")
_ENCRYPTED = late.pattern(r"\bENC\[")
_ENCRYPTED_AES = late.pattern(r"\bENC\[AES")
_RENDERED = late.pattern(
    r"(?:---[^\n]*\n)?(?:[ \t]*(?:#[^\r\n]*)?\r?\n)*?"
    r"# Source: ([^\s/:]+(?:/charts/[^\s/]+)*/templates/\S+)[ \t]*\r?(?:\n|$)"
)
"""How a document of `helm template` starts, after comments that others put there."""


class YamlReader(FileReader):
    """Reads the objects of YAML and JSON files, each with the reader of its kind."""

    kind = FileKind(word=YAML, as_word="yaml", rank=30)
    examples = (
        Takes("kind: List\nitems:\n- {kind: Service}\n- {kind: Node}\n", {}, "a.yaml", ("Service", "NodeObject")),
        Takes("[{kind: Service}, {kind: Secret}]\n", {}, "a.json", ("Service",)),
        # as `kubectl cluster-info dump` prints them
        Takes(
            '{\n"kind": "Service"\n}\n{\n"kind": "Node"\n}\n==== START logs for container a of pod b/c ====\nkind: Service\n'
            "==== END logs for container a of pod b/c ====\n",
            {},
            "dump.json",
            ("Service", "NodeObject"),
        ),
        Leaves("kind: Service\n", "a.md"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The documents of the YAML file `source`."""
        if is_encrypted(source.text):
            return
        host, name = None, source.name
        in_template = is_template_name(name)
        spans = list(split_documents(source.text))
        may_tell = len(spans) == 1 or tells_of_clusters(name, source.text, schemas=True)
        for span in spans:
            chunk = source.text[span.start : span.end]
            is_checked, tells = is_interesting(chunk), may_tell and tells_of_clusters(name, chunk)
            if not (is_checked or tells):
                continue
            host = host or Embedding(source.text, source.newline)
            failure = one_too_large(chunk)
            if failure is not None:
                failure.span = failure.span.shifted(span.start)
                yield Document(source, failure, host)
                continue
            if in_template and not is_checked:
                continue
            promised = promised_kinds(chunk) if is_checked != tells and not in_template else None
            if promised is None or (is_checked and not is_well_formed(chunk)):
                yield from _read_chunk(source, host, span, is_checked=is_checked)
            elif promised:
                tells = telling_models().issuperset(promised)
                yield from _promised(source, host, span, promised, tells=tells)


def is_encrypted(text: str) -> bool:
    """Whether SOPS wrote the YAML file `text`."""
    if "ENC[" not in text:
        return False
    found = _SOPS.search(text)
    return (
        found is not None
        and _ENCRYPTED.search(text, found.end()) is not None
        or _ENCRYPTED_AES.search(text) is not None
    )


def _read_chunk(source: Source, host: Embedding, span: Span, *, is_checked: bool) -> Iterator[Document]:
    """The documents in the YAML document at `span`; one that does not parse is one only where it `is_checked`."""
    chunk = source.text[span.start : span.end]
    rendered = _RENDERED.match(chunk)
    for document in _read_text(source, host, chunk, span.start, is_checked=is_checked):
        document.template = rendered[1] if rendered is not None else ""
        yield document


def _read_text(source: Source, host: Embedding, chunk: str, start: int, *, is_checked: bool) -> Iterator[Document]:
    try:
        roots = composed(chunk, start)
    except YamlError as error:
        if is_checked:
            yield from _read_template(source, host, Span(start, start + len(chunk)), error)
        return
    place = Place(source, host, is_templated(chunk))
    if is_template_name(place.file_name):
        yield from _in_template(roots, place)
        return
    for root in roots:
        yield from _objects(root, place)


def _promised(source: Source, host: Embedding, span: Span, promised: list[str], *, tells: bool) -> Iterator[Document]:
    """The documents that the YAML document at `span` promises."""
    chunk = source.text[span.start : span.end]
    text, reading = text_of_models(object_text(chunk)), _LateChunk(source, host, span, promised, tells)
    for number, kind in enumerate(promised):
        late = LateDocument(source, kind, host, text, partial(reading.document, number))
        if tells:
            late.name = written_name(chunk)
        yield late


class _LateChunk:
    """A YAML document that is read once, when one of those that it promises is asked for."""

    def __init__(self, source: Source, host: Embedding, span: Span, promised: list[str], tells: bool) -> None:
        self._source, self._host, self._span, self._tells = source, host, span, tells
        self._kinds = (*promised, "ParseFailure")

    @cached_property
    def _found(self) -> list[Document]:
        documents = _read_chunk(self._source, self._host, self._span, is_checked=not self._tells)
        return [each for each in documents if each.kind in self._kinds]

    def document(self, number: int) -> Document | None:
        """The document of this number; None where the promise was wrong."""
        return self._found[number] if number < len(self._found) else None


def _in_template(roots: Iterable[Node], place: Place) -> Iterator[Document]:
    """The documents of a file whose name says that it is a template, though they parse."""
    from kpl.inputs.templates.renderings import as_written

    for root in roots:
        for document in _objects(root, place):
            if document.kind == "ParseFailure":
                document.model.templated = True
            elif document.unrendered is None:
                document.unrendered = as_written(place.source.text, _extent(document))
            if not only_tells(document):
                yield document


def _read_template(source: Source, host: Embedding, span: Span, error: YamlError) -> Iterator[Document]:
    """The failure of the YAML document at `span`, which does not parse as it is, and what is there once it is rendered."""
    chunk = source.text[slice(*span)]
    failure = failure_of("YAML", chunk, span.start, error)
    documents = list(_unrendered(source, span))
    if documents or is_template_name(source.name):
        template_of = configuration_of(chunk)
        failure = replace(failure, templated=True, is_read=bool(documents), template_of=template_of)
    yield Document(source, failure, host, templated=failure.templated)
    yield from documents


def _unrendered(source: Source, span: Span) -> Iterator[Document]:
    """The documents in the template at `span`; where a condition has several, those of its first and its last branch."""
    from kpl.inputs.templates.renderings import restore, template_of

    template = template_of(source.text)
    if template is None:
        return
    for rendering in template.renderings:
        try:
            roots = compose(rendering.parsed[slice(*span)], span.start)
        except YamlError:
            continue
        shown = source.with_text(rendering.shown)
        place = Place(shown, Embedding(shown.text, source.newline), templated=True)
        for root in roots:
            restore(root, rendering)
            for document in _objects(root, place):
                known = template.known(_extent(document), rendering)
                if known is not None and not (document.kind == "ParseFailure" or only_tells(document)):
                    document.source, document.templated, document.unrendered = source, True, known
                    yield document


def _extent(document: Document) -> Span:
    """The part of the file that a document is."""
    if document.node_span is not None and type(document.embedding) is Embedding:
        return document.node_span
    text = document.embedding.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return document.embedding.host_span(Span(min(start, end), end))


def _objects(node: Node, place: Place) -> Iterator[Document]:
    """The documents in `node`, an object or a list of objects."""
    if isinstance(node, Sequence):
        if _is_patch(node):
            from kpl.inputs.configurators.patchfiles import documents_of_patch

            yield from documents_of_patch(node, place)
        for item in node.items:
            if isinstance(item, Mapping) and item.scalar("kind") is not None:
                yield from _objects(item, place)
        return
    if not isinstance(node, Mapping):
        return
    kind, version = node.text("kind") or "", node.text("apiVersion") or ""
    for each in telling_kinds():
        if each.takes(kind, version, place.file_name):
            yield from _read_object(each, kind, node, place)
    if kind.endswith("List") and isinstance(node.get("items"), Sequence):
        of = _kind_of_items(node)
        for item in node.items("items"):
            if isinstance(item, Mapping) and item.scalar("kind") is None and (_is_promise(of) or of in _CONTROLLERS):
                # the API server's own lists name the kind once
                yield from _checked(of, item, place._replace(listed_as=of))
            else:
                yield from _objects(item, place)
        return
    yield from _checked(kind, node, place)


def _is_patch(node: Sequence) -> bool:
    """Whether a list is a patch in the form of RFC 6902."""
    first = node.items[0] if node.items else None
    return isinstance(first, Mapping) and first.scalar("op") is not None and first.scalar("path") is not None


def _kind_of_items(node: Mapping) -> Text:
    """What the ``kind`` of a list says of its items."""
    kind = node.text("kind") or Text("", Span(0, 0))
    before = (kind.span.end - kind.span.start - len(kind)) // 2  # a quotation mark
    start = kind.span.start + before
    of = kind.removesuffix("List")
    return Text(of, Span(start, start + len(of)) if 0 <= before <= 1 else kind.span)


def _is_promise(kind: str) -> bool:
    return any(kind in each.late for each in kinds_by_name().get(kind, ()))


def _checked(kind: str, node: Mapping, place: Place) -> Iterator[Document]:
    """The documents in an object, as the reader that has its kind for itself makes them, or all readers of any kind."""
    own = kinds_by_name().get(kind)
    if own:
        version = node.text("apiVersion") or ""
        own = [each for each in own if each.takes(kind, version, "")]
    for each in own or ():
        yield from _read_object(each, kind, node, place)
    for each in kinds_of_any_name():
        if (not own or kind in each.beside) and (each.late or _has_a_word(each, node, place.source.text)):
            yield from _read_object(each, kind, node, place)


def _has_a_word(reader: ObjectKind, node: Mapping, text: str) -> bool:
    """Whether one of the reader's words starts in the object at `node`; an escape may spell any, and an alias stand for any."""
    words = ("\\", *(word for clue in reader.clues for word in clue.words))
    return node.shared or any(text.find(word, node.start, node.end + len(word)) >= 0 for word in words)


def _read_object(reader: ObjectKind, kind: str, node: Mapping, place: Place) -> Iterator[Document]:
    """The documents in an object of this `kind`, which know its name."""
    for document in object_reader(reader).read(node, place):
        document.node_span = node.span
        if kind and document.object is None:
            namespace, name = node.text("metadata", "namespace") or "", node.text("metadata", "name") or ""
            document.object = ObjectName(str(kind), str(namespace), str(name))
        yield document
