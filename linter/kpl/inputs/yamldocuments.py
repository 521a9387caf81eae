"""The documents of a YAML file that hold something for kpl; all others are recognised on their text and never parsed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from kpl.inputs.corefile.document import corefile_document, is_templated
from kpl.inputs.document import TELLING, Document, LateDocument, ParseFailure
from kpl.inputs.objects import services, workloads
from kpl.inputs.objects.gitops import gitops_models
from kpl.inputs.objects.kubeadm import cluster_models
from kpl.inputs.objects.kubeproxy import KIND, MAX_KUBE_PROXY, KubeProxyConfig, is_kube_proxy_config
from kpl.inputs.recognition import is_interesting, promised_kind, tells_of_clusters, written_name
from kpl.inputs.values.templates import action_at, configuration_of
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, YamlError, compose, is_well_formed, split_documents
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span

_KUBE_PROXY = re.compile(rf"""(?:^|^[ \t]*\{{[^\n]*?)["']?kind["']?[ \t]*:[ \t]*["']?({KIND})\b""", re.MULTILINE)

COREFILE_KEY = re.compile(r"(?i)^corefile(?:[.-].*)?$|\.corefile$")
FRAGMENT_KEY = re.compile(r"\.(?:server|override)$")
_KUBE_PROXY_KEYS = (
    "config.conf",
    "config",
    "kube-proxy.conf",
    "kube-proxy.yaml",
    "kube-proxy-config.yaml",
    "config.yaml",
    "config.yml",
)

_OBJECTS: dict[str, Callable[[str, Mapping], Any]] = {
    "Service": services.service,
    "EndpointSlice": services.endpoint_slice,
    "Node": workloads.node_object,
}


def yaml_documents(source: Source) -> Iterator[Document]:
    """The documents of the YAML file `source`."""
    host, name = Embedding(source.text, source.newline), os.path.basename(source.path)
    for span in split_documents(source.text):
        chunk = source.text[span.start : span.end]
        is_checked, tells = is_interesting(chunk), tells_of_clusters(name, chunk)
        if not (is_checked or tells):
            continue
        if len(chunk) > MAX_KUBE_PROXY and (found := _KUBE_PROXY.search(chunk)):
            yield Document(source, _too_large(Span(*found.span(1)).shifted(span.start)), host)
            continue
        promised = promised_kind(chunk) if is_checked != tells else None
        if promised is None or (is_checked and not is_well_formed(chunk)):
            yield from _read_chunk(source, host, span, is_checked=is_checked)
        elif promised:
            late = LateDocument(source, promised, host, chunk, partial(_late, source, host, span, promised))
            if tells:
                late.name = written_name(chunk)
            yield late


def _read_chunk(source: Source, host: Embedding, span: Span, *, is_checked: bool) -> Iterator[Document]:
    """The documents in the YAML document at `span`; one that does not parse is one only where it `is_checked`."""
    chunk = source.text[span.start : span.end]
    try:
        roots = compose(chunk, span.start)
    except YamlError as error:
        if is_checked:
            failure = _failure("YAML", chunk, span.start, error)
            yield Document(source, failure, host, templated=failure.templated)
        return
    reader = _Objects(source, host, chunk)
    for root in roots:
        yield from reader.read(root)


def _late(source: Source, host: Embedding, span: Span, promised: str) -> Document | None:
    documents = _read_chunk(source, host, span, is_checked=promised not in TELLING)
    return next((each for each in documents if each.kind in (promised, "ParseFailure")), None)


def _too_large(place: Span) -> ParseFailure:
    return ParseFailure(KIND, f"it is larger than {MAX_KUBE_PROXY:,} characters", place, too_large=True)


def _word_at(text: str, offset: int) -> Span:
    """The word at `offset`, or the last one before it."""
    start = min(offset, len(text.rstrip()) - 1)
    found = re.compile(r"\S+").match(text, start)
    return Span(*found.span()) if found else Span(start, start + 1)


def _failure(what: str, text: str, start: int, error: YamlError) -> ParseFailure:
    """The failure of `text`, which stands at `start` of its document."""
    action = action_at(text, error.offset)
    place = action or _word_at(text, error.offset)
    template_of = configuration_of(text) if action else ""
    return ParseFailure(what, error.message, place.shifted(start), action is not None, template_of=template_of)


class _Objects:
    """Finds the models in the tree of one document."""

    def __init__(self, source: Source, host: Embedding, chunk: str) -> None:
        self.source = source
        self.host = host
        self.templated = is_templated(chunk)

    def read(self, node: Node) -> Iterator[Document]:
        """The models in `node`, an object or a list of objects."""
        if isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Mapping) and item.scalar("kind") is not None:
                    yield from self.read(item)
            return
        if not isinstance(node, Mapping):
            return
        for model in (*gitops_models(node, os.path.basename(self.source.path)), *cluster_models(node)):
            yield self._document(node, model)
        kind = node.text("kind") or ""
        if kind.endswith("List") and isinstance(node.get("items"), Sequence):
            of = kind.removesuffix("List")
            for item in node.items("items"):
                if of in _OBJECTS and isinstance(item, Mapping) and item.scalar("kind") is None:
                    # the API server's own lists name the kind once
                    yield from self._object(of, item)
                else:
                    yield from self.read(item)
            return
        yield from self._object(kind, node)

    def _object(self, kind: str, node: Mapping) -> Iterator[Document]:
        if is_kube_proxy_config(node):
            yield self._document(node, KubeProxyConfig(self.source.text, node))
        elif kind in _OBJECTS:
            yield self._document(node, _OBJECTS[kind](self.source.text, node))
        elif kind == "ConfigMap":
            yield from self._config_map(node)
        else:
            workload = workloads.workload(self.source.text, node)
            if workload is not None:
                yield self._document(node, workload)
            yield from self._values(node)

    def _document(self, node: Mapping, model: Any) -> Document:
        name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
        return Document(self.source, model, self.host, name, namespace, templated=self.templated)

    def _config_map(self, node: Mapping) -> Iterator[Document]:
        name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
        data = node.mapping("data")
        pairs = data.pairs if data is not None else []
        around = {
            key.value: value.value for key, value in pairs if isinstance(key, Scalar) and isinstance(value, Scalar)
        }
        for key, value in pairs:
            if not isinstance(key, Scalar) or not isinstance(value, Scalar):
                continue
            if COREFILE_KEY.search(key.value) or FRAGMENT_KEY.search(key.value):
                sure = COREFILE_KEY.search(key.value) is not None and value.style is not None
                for document in self._corefile(key.value, value, name, namespace, sure=sure):
                    document.around = around
                    yield document
            elif key.value in _KUBE_PROXY_KEYS and "KubeProxyConfiguration" in value.value:
                yield from self._kube_proxy(key.value, value, name, namespace)

    def _corefile(self, key: str, value: Scalar, name: str, namespace: str, sure: bool) -> Iterator[Document]:
        embedding = embedding_of(value, self.source.text, self.source.newline)
        if embedding.text.strip():
            document = corefile_document(self.source, embedding, key=key, name=name, namespace=namespace, sure=sure)
            if document is not None:
                yield document

    def _kube_proxy(self, key: str, value: Scalar, name: str, namespace: str) -> Iterator[Document]:
        outer = embedding_of(value, self.source.text, self.source.newline)
        for span in split_documents(outer.text):
            text = outer.text[span.start : span.end]
            if "KubeProxyConfiguration" not in text:
                continue
            model: Any = None
            if len(text) > MAX_KUBE_PROXY:
                yield Document(
                    self.source, _too_large(_word_at(text, 0).shifted(span.start)), outer, name, namespace, key
                )
                continue
            try:
                node = next(iter(compose(text, span.start)), None)
                if isinstance(node, Mapping) and is_kube_proxy_config(node):
                    model = KubeProxyConfig(outer.text, node)
            except YamlError as error:
                model = _failure("KubeProxyConfiguration", text, span.start, error)
            if model is not None:
                yield Document(self.source, model, outer, name, namespace, key, templated=is_templated(text))

    def _values(self, root: Mapping) -> Iterator[Document]:
        """Corefiles under other objects: the chart's ``servers:``, and scalars under a key called Corefile."""
        from kpl.inputs.values.chart import chart_corefile, is_chart_servers

        name = root.text("metadata", "name") or ""
        waiting: list[Node] = [root]
        while waiting:
            node = waiting.pop()
            if node.shared:
                continue
            if isinstance(node, Sequence):
                waiting += [item for item in reversed(node.items) if not isinstance(item, Scalar)]
                continue
            if not isinstance(node, Mapping):
                continue
            for key, value in reversed(node.pairs):
                if not isinstance(key, Scalar):
                    continue
                if key.value == "servers" and isinstance(value, Sequence) and is_chart_servers(value):
                    embedding = chart_corefile(value, self.source)
                    if embedding is not None:
                        document = corefile_document(self.source, embedding, key="Corefile", name=name)
                        if document is not None:
                            yield document
                elif isinstance(value, Scalar) and value.style is not None and COREFILE_KEY.search(key.value):
                    yield from self._corefile(key.value, value, name, "", sure=False)
                elif not isinstance(value, Scalar):
                    waiting.append(value)
