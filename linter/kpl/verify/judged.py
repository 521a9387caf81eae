"""The verdict on each configuration, with its place in the file that the user has open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kpl import troubles
from kpl.cluster import Cluster
from kpl.inputs.corefile.placeholders import corefile_placeholder, template_placeholder
from kpl.inputs.document import Document
from kpl.text.source import Source
from kpl.text.span import Span
from kpl.text.version import Version
from kpl.verdict import Need, Verdict
from kpl.verify.configurations import Configuration, Contents, Kind


class Judged(NamedTuple):
    """A configuration with its verdict; `span` lies in `source`, None where the program speaks of no place.

    `imported` is the place in another file of the run that the verdict is about, where `span` is the import.
    """

    path: str
    number: int
    kind: Kind
    version: Version
    verdict: Verdict
    source: Source
    span: Span | None
    imported: tuple[Source, Span] | None = None
    clusters: tuple[str, ...] = ()
    """The clusters in which it holds, where that is not each one that the file belongs to."""


class InCluster(NamedTuple):
    """A cluster, its name, and the files that belong to it."""

    name: str
    cluster: Cluster
    paths: frozenset[str]


def judge_in(files: Sequence[Contents], clusters: Sequence[InCluster], *, as_they_are: bool) -> Iterator[Judged]:
    """The verdicts in the order of `files`, for each cluster that a file belongs to; those that are alike are one."""
    for file in files:
        own = [each for each in clusters if len(clusters) == 1 or file.path in each.paths]
        holds: dict[Judged, list[str]] = {}
        for each in own:
            for judged in judge([file], each.cluster, as_they_are=as_they_are):
                holds.setdefault(judged, []).append(each.name)
        for judged, names in sorted(holds.items(), key=lambda item: item[0].number):
            yield judged if len(names) == len(own) else judged._replace(clusters=tuple(names))


def judge(files: Sequence[Contents], cluster: Cluster, *, as_they_are: bool) -> Iterator[Judged]:
    """The verdicts in the order of `files`; with `as_they_are`, no text is taken for a template."""
    for file in files:
        for number, configuration in enumerate(file.configurations):
            judged = None
            with troubles.kept(file.path):
                judged = _judged(file.path, number, configuration, cluster, as_they_are)
            if judged is not None:
                yield judged


def _judged(path: str, number: int, configuration: Configuration, cluster: Cluster, as_they_are: bool) -> Judged:
    version, verdict = _verdict(configuration, cluster)
    document = configuration.document
    key = _imported(document, verdict, cluster)
    if verdict.answer == "refuses" and not as_they_are:
        word = _placeholder(configuration) or (corefile_placeholder(key.embedding.text) if key else None)
        if word is not None:
            key, verdict = None, Verdict("depends", needs=(Need("template", word),))
    span = verdict.span
    if span is not None:
        span = document.embedding.host_span(span.shifted(configuration.offset))
    imported = None
    if key is not None and verdict.imported is not None:
        imported = key.source, key.embedding.host_span(verdict.imported.span)
    return Judged(path, number, configuration.kind, version, verdict, document.source, span, imported)


def _placeholder(configuration: Configuration) -> str | None:
    found = corefile_placeholder if configuration.kind == "corefile" else template_placeholder
    return found(configuration.text)


def _imported(document: Document, verdict: Verdict, cluster: Cluster) -> Document | None:
    """The other document that a verdict is about."""
    customized = cluster.customized
    return customized.imported(verdict) if customized is not None and customized.home is document else None


def _verdict(configuration: Configuration, cluster: Cluster) -> tuple[Version, Verdict]:
    if configuration.kind == "corefile":
        document = configuration.document
        return cluster.judged_coredns_version(document), cluster.judgement(document).verdict
    from kpl.proxy.configuration.verdict import judge_kube_proxy

    version = cluster.judged_kubernetes_version(configuration.document)
    return version, judge_kube_proxy(configuration.text, version)
