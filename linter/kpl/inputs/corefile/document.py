"""From a text that is a Corefile, or may be one, to its document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl.inputs import detect
from kpl.inputs.document import Document, ParseFailure
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.lines import first_line
from kpl.text.source import Source

MAX_COREFILE = 4 << 20
"""In characters, four times what Kubernetes keeps in a ConfigMap."""


class _Reader(FileReader):
    def read(self, source: Source) -> Iterator[Document]:
        """The Corefile in `source`."""
        embedding = Embedding(source.text, source.newline)
        document = corefile_document(source, embedding, key=source.name)
        if document is None:
            return
        failure = document.model
        if isinstance(failure, ParseFailure) and failure.templated and not failure.too_large:
            rendered = _unrendered(source, embedding)
            failure.is_read = rendered is not None
            yield from (document, *([rendered] if rendered is not None else []))
        else:
            yield document


def _unrendered(source: Source, embedding: Embedding) -> Document | None:
    """The Corefile in a template that does not parse as it is, without the actions."""
    from kpl.inputs.corefile.parser import CorefileError, parse_corefile
    from kpl.inputs.templates.renderings import in_words, renderings_in

    for rendering, shown, known in renderings_in(embedding):
        shown.text = in_words(rendering)
        try:
            model = parse_corefile(shown.text, fragment=source.name.endswith(".override"))
        except CorefileError:
            continue
        document = Document(source, model, shown, key=source.name, templated=True)
        document.unrendered = known
        return document
    return None


class CorefileReader(_Reader):
    """Reads Corefiles."""

    kind = FileKind(word=detect.COREFILE, model="Corefile", as_word="corefile", rank=10)
    examples = (
        Takes(". {\n    errors\n}\n", {"stray_braces": []}, "Corefile"),
        Takes(". {\n    errors\n}\n", name="dns"),
        Takes(
            "{{- if .all }}\n. {\n{{- else }}\nexample.org {\n{{- end }}\n    errors\n}\n",
            kinds=("ParseFailure", "Corefile"),
            name="Corefile.tpl",
        ),
        Takes("{{ range .zones }}\n. {\n    errors\n", name="Corefile.tpl", kinds=("ParseFailure",)),
        Leaves("example.org {\n    reverse_proxy localhost\n}\n", "dns"),
        Leaves(". {\n    errors\n}\n", "Corefile.go"),
    )


class FragmentReader(_Reader):
    """Reads plugin lines that a server block imports."""

    kind = FileKind(word=detect.FRAGMENT, model="Corefile", rank=20)
    examples = (
        Takes("log\nerrors\n", name="log.override"),
        Leaves("log = true;\n", "log.override"),
    )


def corefile_document(
    source: Source, embedding: Embedding, *, key: str, name: str = "", namespace: str = "", sure: bool = True
) -> Document | None:
    """The Corefile that `embedding` holds; None where `sure` is false and the text is something else."""
    from kpl.inputs.corefile.parser import MAX_WORDS, CorefileError, has_many_words, parse_corefile

    text = embedding.text
    if not sure and not detect.names_a_plugin(text):
        return None
    model: object
    templated = is_templated(text)
    too_large = "it is larger than 4 MiB" if len(text) > MAX_COREFILE else None
    if too_large is None and has_many_words(text):
        too_large = f"it has more than {MAX_WORDS:,} words"
    if too_large is not None:
        model = ParseFailure("Corefile", too_large, first_line(text), templated, too_large=True)
        return Document(source, model, embedding, name, namespace, key, templated)
    try:
        model = parse_corefile(text, fragment=key.endswith(".override"))
    except CorefileError as error:
        if not sure:
            return None
        model = ParseFailure(
            "Corefile", error.message, error.span, templated, template_of="Corefile" if templated else ""
        )
    return Document(source, model, embedding, name, namespace, key, templated)


_TEMPLATE = late.pattern(r"\{\{|\{%|\{#|\$\{|\$\(|%\{|<%|__[A-Z][A-Z0-9_]+__|\}[A-Z_]{3,}$", re.MULTILINE)


def is_templated(text: str) -> bool:
    """Whether `text` holds placeholders that something else fills in: Helm, Jinja, envsubst, Terraform, `__PILLAR__`."""
    # CR is nothing at all to CoreDNS
    return _TEMPLATE.search(text.replace("\r", "")) is not None
