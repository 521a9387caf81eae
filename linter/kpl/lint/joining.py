"""What is found in a file that belongs to several clusters, each thing once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from kpl.lint.located import Located
from kpl.text.span import Span
from kpl.text.words import listed


def joined(found: Sequence[tuple[str, list[Located]]]) -> list[Located]:
    """The findings in each cluster that a file belongs to, each of them once; what holds in some only names them.

    A rule finds the same thing in each cluster, though the facts in its message differ.
    """
    places: dict[tuple[str, Span], dict[Located, list[str]]] = {}
    for name, findings in found:
        for finding in dict.fromkeys(findings):
            places.setdefault((finding.code, finding.span), {}).setdefault(finding, []).append(name)
    made = []
    for (finding, names), *others in (same for holds in places.values() for same in _same_things(holds)):
        also = [name for other in others for name in other[1]]
        if any(other.fix != finding.fix for other, _ in others):
            finding = finding._replace(fix=None)
        if also or len(names) < len(found):
            where = f"in {listed(names)}" + (f"; also in {listed(also)}" if also else "")
            clusters = () if len(names) + len(also) == len(found) else (*names, *also)
            finding = finding._replace(message=f"{finding.message} ({where})", clusters=clusters)
        made.append(finding)
    return made


def _same_things(holds: dict[Located, list[str]]) -> Iterable[list[tuple[Located, list[str]]]]:
    """The findings at one place, with the clusters of each: those together that are one thing. Two in a cluster are two."""
    things: dict[int, list[tuple[Located, list[str]]]] = {}
    seen: Counter[str] = Counter()
    for finding, names in holds.items():
        number = max(seen[name] for name in names)
        things.setdefault(number, []).append((finding, names))
        for name in names:
            seen[name] = number + 1
    return things.values()
