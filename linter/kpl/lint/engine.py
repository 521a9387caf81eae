"""Checks the files of a run, each in the clusters that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from kpl import troubles
from kpl.cluster import Cluster
from kpl.inputs.document import Reading
from kpl.inputs.registry import only_tells
from kpl.lint.located import Located, Result
from kpl.lint.running import Part, ShareOut, cluster_findings, idle_suppressions
from kpl.lint.settings import Settings
from kpl.lint.suppression import Suppressions
from kpl.text.span import Span

if TYPE_CHECKING:
    from kpl.clusters.patches import Patches


def lint(
    readings: Sequence[Reading],
    settings: Settings,
    only: Sequence[Reading] | None = None,
    share_out: ShareOut | None = None,
    seen: Callable[[Reading, Sequence[Located]], None] | None = None,
) -> Result:
    """Run the rules of `settings` over `readings`.

    With `only`, all readings make up the cluster, and just the findings in these are looked for. A rule that raises
    costs its findings and one trouble, a file that cannot be checked costs its own. `share_out` may have the rules about a large
    document run elsewhere; without it, all is done here. `seen` is told the findings of each file when it is checked.
    """
    result = Result()
    chosen = readings if only is None else only
    everything = Cluster([document for reading in readings for document in reading.documents], settings.facts)
    by_source = {id(reading.source): reading for reading in readings}

    @cache
    def patches() -> Patches:
        from kpl.clusters.patches import Patches

        return Patches(readings)

    of_file: dict[int, list[Part]] = {}
    for name, cluster, own, files in _clusters(readings, everything, chosen, settings):
        part = Part(name, cluster, own, cluster_findings(cluster, files, own), by_source, share_out, patches)
        for each in files:
            of_file.setdefault(id(each), []).append(part)
    for reading in chosen:
        if _is_passed_over(reading, of_file[id(reading)]):
            continue
        with troubles.kept(reading.source.path):
            suppressions = Suppressions(reading.source, reading.documents)
            silenced: set[tuple[str, Span]] = set()
            found = [(part.name, part.lint(reading, suppressions, silenced, result)) for part in of_file[id(reading)]]
            located = found[0][1] if len(found) == 1 else _joined(found)
            result.silenced += len(silenced)
            if suppressions.found:
                own = of_file[id(reading)][0].settings
                active = own.rules_for(reading.source.path)
                if any(entry.sees == "Suppression" for entry in active):
                    located += idle_suppressions(suppressions, active, everything, own, settings.complete)
            located = sorted(located, key=lambda each: (each.span, each.code))
            result.findings += located
            if seen is not None and located:
                seen(reading, located)
    return result


def _is_passed_over(reading: Reading, parts: Sequence[Part]) -> bool:
    """Whether nothing can be found in a file: it only tells of a cluster, and no rule about that has a finding there."""
    documents = reading.documents
    if "kpl:" in reading.source.text or not all(only_tells(each) for each in documents):
        return False
    return not any(id(each) in part.findings for part in parts for each in documents)


def _clusters(
    readings: Sequence[Reading], everything: Cluster, chosen: Sequence[Reading], settings: Settings
) -> Iterator[tuple[str, Cluster, Settings, Sequence[Reading]]]:
    """The clusters of a run: each with its name, its settings, and those of the `chosen` files that belong to it."""
    parts = settings.partition
    if parts is None and (len(readings) > 1 or settings.clusters):
        from kpl.clusters.partition import partition

        parts = partition(readings, settings.facts, settings.clusters)
    if parts is None or len(parts.clusters) == 1:
        facts = parts.clusters[0].facts if parts else settings.facts
        own = settings.nested.get(parts.clusters[0].configured, settings) if parts else settings
        yield "", everything if facts is settings.facts else Cluster(everything.documents, facts), own, chosen
        return
    by_path, chosen_by_path = _by_path(readings), _by_path(chosen)
    for part in parts.clusters:
        paths = dict.fromkeys(each.source.path for each in part.readings)
        files = [each for path in paths for each in chosen_by_path.get(path, ())]
        if files:
            documents = [document for path in paths for each in by_path.get(path, ()) for document in each.documents]
            yield part.name, Cluster(documents, part.facts), settings.nested.get(part.configured, settings), files


def _by_path(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.source.path, []).append(reading)
    return found


def _joined(found: Sequence[tuple[str, list[Located]]]) -> list[Located]:
    from kpl.lint.joining import joined

    return joined(found)
