"""The host names that a container looks up, as far as its manifest proves it.

Only names that certainly reach a resolver are given: a name that is missing here costs nothing, a name that nobody
looks up would be a false alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kpl.inputs.corefile.model import is_placeholder
from kpl.inputs.document import Document
from kpl.inputs.objects.workloads import Container, EnvReference, Workload
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Scalar
from kpl.resolver.keys import PORT, dials_outside, holds_host, is_never_dialled, is_role, words_of
from kpl.resolver.search import NameKind
from kpl.text import late
from kpl.text.span import Span, Text

MAX_VALUE = 4096

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_HOST_PORT = late.pattern(rf"({_HOST})(?::\d{{1,5}})?")
_SCHEME = r"[A-Za-z][A-Za-z0-9+.:-]*://"
_URL = late.pattern(rf"""({_SCHEME})((?:[^\s/?\#"'<>]*@)?(?:(?!,{_SCHEME})[^\s/?\#"'<>@\\|;\[\]{{}}])*)""")
_ACTION = late.pattern(r"\{\{[^{}]*\}\}")
_ITEM = late.pattern(r"[^\s,;]+")
_BLANK = late.pattern(r"\s")
_FLAG = late.pattern(r"--?([A-Za-z][\w.-]*)")
_FLAG_VALUE = late.pattern(r"--?([A-Za-z][\w.-]*)=(.*)", re.DOTALL)
_IN_ITS_PLACE = (
    r"(?:^|\.)example\.[a-z]+\.?$|(?:^|[.-])(?:your|my-?domain|change-?me|placeholder|foo|bar|xxx+|todo)(?=[.-]|$)"
)
"""What somebody writes for a name that readers put in its place."""
_NOT_A_NAME = late.pattern(
    rf"(?i)^\d+$|^localhost\.?$|\.(?:localhost|local|internal|invalid|test|arpa)\.?$|{_IN_ITS_PLACE}|^\d+(?:\.\d+){{3}}$"
)
_PRIVATE_DOMAINS = r"\.(?:corp|home|home\.arpa|internal|intranet|lan|local|localdomain|private)"
_PRIVATE = late.pattern(rf"(?i){_PRIVATE_DOMAINS}\.?$")
_NOT_PRIVATE = late.pattern(rf"(?i){_IN_ITS_PLACE}|^host\.|\.docker\.|\.svc\.")
"""Names of a machine that runs a cluster for developers, which has its own ways to answer, and names of Services."""
PRIVATE_CLUE = rf"(?i){_PRIVATE_DOMAINS}(?![\w-])"
"""A pattern that matches in each text with a name below a private top-level domain."""
_POD_OF_SET = late.pattern(r"^[^.]+-\d+\.[^.]+\.[^.]+$")
_TOP_LEVEL = frozenset(
    """
    ai app ar at au be biz br ca cc ch cl cloud cn co com company cz de dev dk edu es eu example fi fr gg gov gr hk hu ie il in
    info int io is it jp kr li lt lu lv me mil mx net nl no nu nz org pe ph pl pro pt ro ru se sg sk software systems tech
    technology th to tr tv tw ua uk us vn ws xyz za
    """.split()
)
_OUTSIDE = "|".join(sorted(_TOP_LEVEL))
HOST_CLUE = rf"(?i)\.(?:svc\.|(?:{_OUTSIDE})(?![\w/-]|\.\w))|://[^\s/]*\.(?:{_OUTSIDE})(?![\w-]|\.\w)"
"""A pattern that matches in each text with a name of the cluster that has its domain, or with one of the world outside."""
ENV_CLUE = "configMapRef\nconfigMapKeyRef\nsecretRef"
"""One of these words is in each text of a workload whose containers take variables that may hold names."""
_NO_DNS = frozenset(
    "abfs abfss azblob data dir docker file git git+https git+ssh gs javascript kubernetes oci s3 s3a spiffe unix urn wasbs".split()
)


@dataclass(frozen=True)
class HostName:
    """A host name that a container looks up: `name` knows its place, `key` is the variable or flag that holds it."""

    name: Text
    kind: NameKind
    key: str
    certain: bool = True
    """Whether the form of the name alone tells its kind: ``redis.shop`` may be anything, ``redis.shop.svc`` may not."""


class TakenName(NamedTuple):
    """A host name that a container takes from another object.

    `host` knows its place in `document`, and `reference` its own in the pod.
    """

    host: HostName
    document: Document
    reference: EnvReference


def host_names(workload: Workload, container: Container, cluster_domain: str) -> Iterator[HostName]:
    """The host names in the environment and the arguments of `container`, in the order in which they are written."""
    return _located(_Program(workload, container, cluster_domain), workload.text, _values(container))


def private_names(workload: Workload, container: Container, cluster_domain: str) -> Iterator[HostName]:
    """The names that `container` looks up below top-level domains that the DNS of the internet does not have.

    RFC 6762 (appendix G), RFC 8375, and https://www.icann.org/en/board-activities-and-meetings/materials/
    approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en: they are for private use.
    """
    return _located(_Program(workload, container, cluster_domain, private=True), workload.text, _values(container))


def host_names_in(
    workload: Workload, container: Container, cluster_domain: str, text: str, variables: Iterable[tuple[str, Scalar]]
) -> Iterator[HostName]:
    """The same in the values of other `variables` of `container`, whose nodes point into `text`."""
    values = ((name, scalar, 0) for name, scalar in variables)
    return _located(_Program(workload, container, cluster_domain), text, values)


def _located(program: _Program, text: str, values: Iterable[tuple[str, Scalar, int]]) -> Iterator[HostName]:
    found: dict[Span, HostName] = {}
    for key, scalar, start in values:
        for host in program.hosts(key, scalar.value[start:]):
            span = embedding_of(scalar, text, "\n").host_span(host.name.span.shifted(start))
            found.setdefault(span, HostName(Text(host.name, span), host.kind, host.key, host.certain))
    return (found[span] for span in sorted(found))


def _values(container: Container) -> Iterator[tuple[str, Scalar, int]]:
    """Each name with the scalar that holds its value, and where in the scalar the value starts."""
    for env in container.env:
        if env.value is not None:
            yield env.name, env.value, 0
    for arguments in (container.command, container.args):
        flag = ""
        for scalar in arguments:
            pair = _FLAG_VALUE.fullmatch(scalar.value)
            alone = _FLAG.fullmatch(scalar.value)
            if _BLANK.search(scalar.value) is None and alone is None:
                # an argument with blanks is a shell's script, where words are printed and compared as well
                yield (pair.group(1), scalar, pair.start(2)) if pair else (flag, scalar, 0)
            flag = alone.group(1) if alone is not None else ""


class _Program:
    """What is known about the program that is given a value."""

    def __init__(self, workload: Workload, container: Container, cluster_domain: str, *, private: bool = False) -> None:
        self.private = private
        self.names = {workload.name.lower(), container.name.lower()}
        self.words = {*words_of(workload.name), *words_of(container.name)}
        self.namespace = workload.namespace.lower()
        self.cluster_domain = cluster_domain

    def hosts(self, key: str, value: str) -> Iterator[HostName]:
        """The hosts in `value` that the program looks up, with their places in it."""
        words = words_of(key)
        if len(value) > MAX_VALUE or "\n" in value.strip() or is_never_dialled(words):
            return
        for name, span, scheme in _written_hosts(_without_actions(value), self.private):
            if self.private:
                if not _is_below(name, self.cluster_domain) and self._dials(words, name, scheme):
                    yield HostName(Text(name, span), NameKind.EXTERNAL, key)
                continue
            kind, certain = classify(name, self.cluster_domain)
            if kind is NameKind.EXTERNAL:
                looked_up = self._is_outside(name) and self._dials(words, name, scheme)
            elif certain:
                looked_up = name.lower().split(".")[0] not in self.names
            else:
                looked_up = bool(key and scheme not in ("", PORT)) or holds_host(words)
            if looked_up:
                yield HostName(Text(name, span), kind, key, certain)

    def _dials(self, words: Sequence[str], name: str, scheme: str) -> bool:
        """Whether the program connects to a name outside of the cluster under this key."""
        if dials_outside(words, self.words, scheme):
            return True
        return not scheme and is_role(words) and self.words.isdisjoint(words_of(name))

    def _is_outside(self, name: str) -> bool:
        """Whether `name` lies outside of the cluster for certain, and is no pod of a StatefulSet (``db-0.db.dev``)."""
        labels = name.lower().removesuffix(".").split(".")
        public = len(labels) > 1 and labels[-1] in _TOP_LEVEL and labels[-1] != self.namespace
        return public and "svc" not in labels and _POD_OF_SET.match(name) is None


def _without_actions(value: str) -> str:
    """`value` with something that is in no host name in place of each action of a template."""
    return _ACTION.sub(lambda found: "$" * len(found[0]), value) if "{{" in value else value


def _is_below(name: str, domain: str) -> bool:
    return f".{name.lower().removesuffix('.')}".endswith(f".{domain.lower().strip('.')}")


def _written_hosts(value: str, private: bool) -> Iterator[tuple[str, Span, str]]:
    """Host, place and scheme of the URLs in `value`; where there is none, the items of a list of hosts."""
    if "://" in value:
        for url in _URL.finditer(value):
            scheme = url.group(1).removesuffix("://").lower().rpartition(":")[2]
            if scheme in _NO_DNS:
                continue
            start = url.start(2) + url.group(2).rfind("@") + 1
            for item in re.finditer(r"[^,]+", value[start : url.end(2)]):
                yield from _host(item.group(), start + item.start(), scheme, private)
        return
    items = list(_ITEM.finditer(value))
    if all(_HOST_PORT.fullmatch(item.group()) for item in items):
        for item in items:
            yield from _host(item.group(), item.start(), "", private)


def _host(written: str, start: int, scheme: str, private: bool) -> Iterator[tuple[str, Span, str]]:
    match = _HOST_PORT.fullmatch(written)
    if match is None or is_placeholder(written):
        return
    name = match.group(1)
    if private:
        known = _PRIVATE.search(name) is not None and _NOT_PRIVATE.search(name) is None
    else:
        known = _NOT_A_NAME.search(name) is None or ".svc." in written
    if known:
        scheme = scheme or (PORT if match.end(1) < len(written) else "")
        yield name, Span(start, start + match.end(1)), scheme


def classify(name: str, cluster_domain: str) -> tuple[NameKind, bool]:
    """The kind of a host name, and whether its form alone tells it.

    ``name.ns`` and a name of one label are certain only for who knows the Services of the cluster, but for the one that
    every cluster has: ``kubernetes.default``.
    """
    labels = name.lower().removesuffix(".").split(".")
    domain = cluster_domain.lower().strip(".").split(".")
    if len(labels) > len(domain) + 2 and labels[-len(domain) :] == domain and labels[-len(domain) - 1] == "svc":
        return NameKind.CLUSTER, True
    if name.endswith("."):
        return NameKind.EXTERNAL, True
    if len(labels) in (3, 4) and labels[-1] == "svc":
        return NameKind.PARTIAL, True
    if len(labels) > 2:
        return NameKind.EXTERNAL, True
    if labels == ["kubernetes", "default"]:
        return NameKind.NAMESPACED, True
    if len(labels) == 2:
        return NameKind.EXTERNAL if labels[1] in _TOP_LEVEL else NameKind.NAMESPACED, False
    return NameKind.SERVICE, False
