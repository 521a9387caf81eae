"""ConfigMaps that hold Corefiles, parts of them, or configurations of kube-proxy."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.document import is_templated
from kpl.inputs.corefile.embedded import COREFILE_KEY, corefile_in
from kpl.inputs.document import Document, too_large
from kpl.inputs.objects.kubeproxy import KEYS, KIND, MAX_KUBE_PROXY, KubeProxyConfig, is_kube_proxy_config
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.values.templates import configuration_of, failure_of, word_at
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, Scalar, YamlError, compose, split_documents
from kpl.text import late
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span

_FRAGMENT_KEY = late.pattern(r"\.(?:server|override)$")


class ConfigMapReader(ObjectReader):
    """Reads the keys of ConfigMaps that hold configurations."""

    kind = ObjectKind(
        models=("Corefile", "KubeProxyConfig"),
        kinds=("ConfigMap",),
        clues=(
            Clue(("orefile", KIND)),
            Clue((".server", ".override"), (r"""["' \t\n][\w.-]+\.(?:server|override)["']?[ \t]*:""",)),
        ),
    )
    examples = (
        Takes("kind: ConfigMap\nmetadata: {name: coredns}\ndata:\n  Corefile: |\n    . {\n        errors\n    }\n"),
        Takes("kind: ConfigMap\ndata:\n  log.override: log\n"),
        Takes(
            "kind: ConfigMap\ndata:\n  config.conf: |\n    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
            "    kind: KubeProxyConfiguration\n    mode: ipvs\n",
            {"mode": "ipvs"},
            kinds=("KubeProxyConfig",),
        ),
        Leaves("kind: ConfigMap\ndata:\n  nginx.conf: |\n    server { listen 80; }\n"),
        Leaves("kind: ConfigMap\ndata:\n  notes.txt: a KubeProxyConfiguration\n  readme: a Corefile\n"),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The configurations in the ConfigMap `node`."""
        name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
        data = node.mapping("data")
        pairs = data.pairs if data is not None else []
        around = {
            key.value: value.value for key, value in pairs if isinstance(key, Scalar) and isinstance(value, Scalar)
        }
        for key, value in pairs:
            if not isinstance(key, Scalar) or not isinstance(value, Scalar):
                continue
            if COREFILE_KEY.search(key.value) or _FRAGMENT_KEY.search(key.value):
                sure = COREFILE_KEY.search(key.value) is not None and value.style is not None
                for document in corefile_in(place, key.value, value, name, namespace, sure=sure):
                    document.around = around
                    yield document
            elif key.value in KEYS and KIND in value.value:
                yield from _kube_proxy(place, key.value, value, name, namespace)


def _kube_proxy(place: Place, key: str, value: Scalar, name: str, namespace: str) -> Iterator[Document]:
    source = place.source
    outer = embedding_of(value, source.text, source.newline)
    for span in split_documents(outer.text):
        text = outer.text[span.start : span.end]
        if KIND not in text:
            continue
        model: KubeProxyConfig | None = None
        if len(text) > MAX_KUBE_PROXY:
            failure = too_large(KIND, MAX_KUBE_PROXY, word_at(text, 0).shifted(span.start))
            yield Document(source, failure, outer, name, namespace, key)
            continue
        try:
            node = next(iter(compose(text, span.start)), None)
            if isinstance(node, Mapping) and is_kube_proxy_config(node):
                model = KubeProxyConfig(outer.text, node)
        except YamlError as error:
            failure = failure_of(KIND, text, span.start, error)
            read = list(_unrendered(source, outer, span, name, namespace, key))
            if read:
                failure.templated = failure.is_read = True
                failure.template_of = configuration_of(text)
            yield Document(source, failure, outer, name, namespace, key, templated=is_templated(text))
            yield from read
        if model is not None:
            yield Document(source, model, outer, name, namespace, key, templated=is_templated(text))


def _unrendered(
    source: Source, outer: Embedding, span: Span, name: str, namespace: str, key: str
) -> Iterator[Document]:
    """The configuration at `span` of a template that does not parse as it is."""
    from kpl.inputs.templates.renderings import renderings_in, restore

    for rendering, shown, known in renderings_in(outer):
        try:
            node = next(iter(compose(rendering.parsed[slice(*span)], span.start)), None)
        except YamlError:
            continue
        if isinstance(node, Mapping) and is_kube_proxy_config(node):
            restore(node, rendering)
            document = Document(source, KubeProxyConfig(shown.text, node), shown, name, namespace, key, templated=True)
            document.unrendered = known
            yield document
            return
