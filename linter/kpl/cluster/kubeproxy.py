"""kube-proxy's verdict on a KubeProxyConfiguration, for the release of its cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpl.inputs.document import Document
from kpl.inputs.objects.kubeproxy import KubeProxyConfig, program_text
from kpl.proxy.configuration import verdict as kube_proxy
from kpl.proxy.configuration.verdict import Dropped
from kpl.text.edit import Edit, apply_edits
from kpl.text.version import Version
from kpl.verdict import Verdict


def verdict_on(document: Document, version: Version) -> Verdict:
    """kube-proxy's verdict on the configuration in `document`; its span lies in the document's own text.

    It is always that kube-proxy loads one that is partial: nobody knows what it reads besides.
    """
    if document.model.partial:
        return Verdict("loads")
    text, start = program_text_of(document)
    verdict = kube_proxy.judge_kube_proxy(text, version)
    return verdict._replace(span=verdict.span.shifted(start)) if verdict.span else verdict


def dropped_fields(document: Document, version: Version) -> Iterator[Dropped]:
    """The fields of the configuration in `document` that kube-proxy starts without; none of one that is partial."""
    if document.model.partial:
        return
    text, start = program_text_of(document)
    for dropped in kube_proxy.dropped_fields(text, version):
        yield dropped._replace(span=dropped.span.shifted(start))


def takes(config: KubeProxyConfig, edits: Iterable[Edit], version: Version) -> bool:
    """Whether kube-proxy starts with `config` after `edits`, all of them behind its first line."""
    text = apply_edits(config.text, edits)
    part = text[slice(*program_text(text, config.node.start))]
    return kube_proxy.judge_kube_proxy(part, version).answer != "refuses"


def program_text_of(document: Document) -> tuple[str, int]:
    """What kube-proxy reads of `document`, and where that starts."""
    text = document.embedding.text
    span = program_text(text, document.model.node.start)
    return text[slice(*span)], span.start
