"""Which Services the containers of a workload call, and on which port."""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.objects.workloads import Container, EnvReference, Workload
from kpl.resolver.names import HostName
from kpl.resolver.search import NameKind
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.span import Span, Text

_SCHEME = late.pattern(r"""([A-Za-z][A-Za-z0-9+.-]*)://(?:[^\s/@"']*@)?$""")
_PORT = late.pattern(r":(\d{1,5})(?![\w.:-])")
_END = late.pattern(r"""[/?#\s"',;)]|$""")
CALL_CLUE = r"""://[A-Za-z0-9_.-]+
\.svc\b
[a-z0-9]:\d{2,5}\b(?![.\w])
configMapRef
configMapKeyRef"""
"""A pattern that matches in each text of a workload whose containers may call Services with a port that is known."""
CALLED = r"(?i)(?:://|@)([a-z0-9][a-z0-9-]*)|(?<![\w./@-])([a-z0-9][a-z0-9-]*)(?:\.[a-z0-9.-]+)?:\d"
"""What finds the first label of each name that a text has in a URL or before a port."""
NAMES_ELSEWHERE = "configMapRef\nconfigMapKeyRef\n.svc"
"""What is in texts whose names of Services are in other objects, or are complete and may be misspelled."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_BEFORE = 300


class Call(NamedTuple):
    """A Service that a container calls by its name."""

    container: Container
    host: HostName
    service: str
    namespace: str
    """That of the workload where the name has none."""
    scheme: str
    """In lower case; empty where none is written."""
    port: Text | None
    """As it is written."""
    number: int | None
    """The port, or that of the scheme; None where it is not known."""
    document: Document
    """The one that holds the name."""
    reference: EnvReference | None
    """What the workload takes the name from, where it is in another object."""


def service_call(
    container: Container,
    host: HostName,
    workload: Workload,
    document: Document,
    text: str,
    hosts: set[str],
    reference: EnvReference | None = None,
) -> Call | None:
    """The call of a Service that the name `host` in `text` is; None for what `hosts`, those of /etc/hosts, has, and other names."""
    labels = str(host.name).lower().removesuffix(".").split(".")
    if host.kind is NameKind.EXTERNAL or str(host.name).lower() in hosts:
        return None
    if host.kind in (NameKind.PARTIAL, NameKind.CLUSTER) and labels[2] != "svc":
        return None
    start, end = host.name.span
    before = _SCHEME.search(text[max(0, start - _LONGEST_BEFORE) : start])
    scheme = before.group(1).lower() if before is not None else ""
    written = _PORT.match(text, end)
    port = Text(written.group(1), Span(written.start(1), written.end(1))) if written is not None else None
    number = whole_number(port) if port is not None else _DEFAULT_PORTS.get(scheme) if _END.match(text, end) else None
    namespace = labels[1] if len(labels) > 1 else workload.namespace
    return Call(container, host, labels[0], namespace, scheme, port, number, document, reference)
