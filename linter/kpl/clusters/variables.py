"""The variables that Flux fills in for a cluster (``postBuild.substitute``), as far as they tell a release."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpl.facts import Facts, Origin
from kpl.inputs.document import Reading
from kpl.shares.share import COREDNS_IMAGE, KUBE_PROXY_IMAGE, share_of
from kpl.text import late
from kpl.text.version import Version

_VARIABLE = late.pattern(r"\$\{(\w+)(?::?[-=][^}]*)?\}")


def with_variables(facts: Facts, readings: Sequence[Reading]) -> Facts:
    """`facts` with the releases that images name by variables, where all Kustomizations of Flux agree on these."""
    documents = [document for reading in readings for document in reading.documents]
    images = [image for each in documents if each.kind == "Workload" for image in share_of(each).open_images]
    if not images:
        return facts
    shares = [(each.path, share_of(each)) for each in documents if each.kind == "FluxKustomization"]
    variables: dict[str, set[str]] = {}
    origins: dict[str, Origin] = {}
    for path, share in shares:
        for name, value, line in share.variables:
            variables.setdefault(name, set()).add(value)
            origins.setdefault(name, Origin(path, line))
    known = {name: next(iter(values)) for name, values in variables.items() if len(values) == 1}
    for image in images if known else ():
        written = _VARIABLE.search(image)
        if written is None or written[1] not in known:
            continue
        filled = image[: written.start()] + known[written[1]] + image[written.end() :]
        for name, pattern in (("coredns", COREDNS_IMAGE), ("kubernetes", KUBE_PROXY_IMAGE)):
            found = re.search(pattern, filled)
            if found and getattr(facts, name) is None:
                facts = facts.told({name: Version(found[1])}, origins[written[1]])
    return facts
