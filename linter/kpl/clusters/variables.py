"""The variables that Flux fills in for a cluster (``postBuild.substitute``), as far as they tell a release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpl.cluster import COREDNS_IMAGE, KUBE_PROXY_IMAGE
from kpl.facts import Facts, Origin
from kpl.inputs.document import Document, Reading
from kpl.text.span import Text
from kpl.text.version import Version

_VARIABLE = re.compile(r"\$\{(\w+)(?::?[-=][^}]*)?\}")


def with_variables(facts: Facts, readings: Sequence[Reading]) -> Facts:
    """`facts` with the releases that images name by variables, where all Kustomizations of Flux agree on these."""
    documents = [document for reading in readings for document in reading.documents]
    variables: dict[str, set[str]] = {}
    origins: dict[str, Origin] = {}
    for document in documents:
        for name, value in getattr(document.model, "substitute", {}).items():
            variables.setdefault(name, set()).add(value)
            origins.setdefault(name, _origin(document, value))
    known = {name: next(iter(values)) for name, values in variables.items() if len(values) == 1}
    for image in _images(documents) if known else ():
        written = _VARIABLE.search(image)
        if written is None or written[1] not in known:
            continue
        filled = image[: written.start()] + known[written[1]] + image[written.end() :]
        for name, pattern in (("coredns", COREDNS_IMAGE), ("kubernetes", KUBE_PROXY_IMAGE)):
            found = pattern.search(filled)
            if found and getattr(facts, name) is None:
                facts = facts.told({name: Version(found[1])}, origins[written[1]])
    return facts


def _origin(document: Document, value: Text) -> Origin:
    return Origin(document.path, document.source.position(document.embedding.host_span(value.span).start)[0])


def _images(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        for container in getattr(document.model, "containers", ()):
            if container.image and "${" in container.image:
                yield container.image
