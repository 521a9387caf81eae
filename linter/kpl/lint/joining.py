"""What is found in a file that belongs to several clusters, each thing once."""

from __future__ import annotations

from collections.abc import Sequence

from kpl.lint.located import Located
from kpl.text.span import Span
from kpl.text.words import listed


def joined(found: Sequence[tuple[str, list[Located]]]) -> list[Located]:
    """The findings in each cluster that a file belongs to, each of them once; what holds in some only names them.

    A rule finds the same thing in each cluster, though the facts in its message differ.
    """
    places: dict[tuple[str, Span], dict[Located, list[str]]] = {}
    for name, findings in found:
        for finding in findings:
            places.setdefault((finding.code, finding.span), {}).setdefault(finding, []).append(name)
    made = []
    for holds in places.values():
        (finding, names), *others = holds.items()
        also = [name for other in others for name in other[1] if name not in names]
        if any(other.fix != finding.fix for other, _ in others):
            finding = finding._replace(fix=None)
        if also or len(names) < len(found):
            where = f"in {listed(names)}" + (f"; also in {listed(also)}" if also else "")
            clusters = () if len(names) + len(also) == len(found) else (*names, *also)
            finding = finding._replace(message=f"{finding.message} ({where})", clusters=clusters)
        made.append(finding)
    return made
