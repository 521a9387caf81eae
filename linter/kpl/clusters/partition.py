"""Which cluster each file of a run belongs to."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from kpl.clusters.addresses import Addresses, Groups, addresses_of
from kpl.clusters.bundles import places_of
from kpl.clusters.folders import Folder, Place, folders_of, parted, places
from kpl.clusters.graph import Graph
from kpl.clusters.variables import with_variables
from kpl.facts import Facts
from kpl.inputs.document import Reading
from kpl.inputs.registry import is_dump
from kpl.shares.share import COREDNS_RELEASE, KUBERNETES_RELEASE, NETWORK_MODELS, Sign, share_of
from kpl.text import late
from kpl.text.globs import glob_matches
from kpl.text.words import listed

_OUTSIDE = "outside"
"""For files that no configuration counts for, where the run has one."""
THE_REST = "the rest"
"""The name of the cluster of files that no folder and no configuration claims, beside others."""
MOST_SHARED = 8
"""Files that lie in no cluster's folders are checked with each cluster, unless there are more clusters than this."""

_NOT_DEPLOYED = late.pattern(r"(.*?/[._]?archived?)/", re.IGNORECASE)
"""Up to the outermost folder of this kind: what is below is in no cluster with files outside of it."""

_ASKED_LATER = NETWORK_MODELS | {"FluxKustomization"}
"""The kinds of documents that are not read to find out what their files show."""


class Named(NamedTuple):
    """A cluster that ``.kpl.yaml`` names: globs of its files, relative to `root`, and its facts."""

    name: str
    paths: Sequence[str]
    root: str
    facts: Facts


@dataclass(eq=False, repr=False)
class Member:
    """One cluster of a run: its name, empty where there is only one; its files; what is told of it."""

    name: str
    readings: list[Reading]
    facts: Facts
    configured: str = ""
    """The folder of the ``.kpl.yaml`` that counts for it, where that is not the one of the run."""


@dataclass(eq=False, repr=False)
class Partition:
    """The clusters of a run."""

    clusters: list[Member]
    notes: list[str] = field(default_factory=list)
    """What the user is to know of facts that contradict each other."""


class _Evidence(NamedTuple):
    signs: tuple[Sign, ...]
    addresses: Addresses | None


# a fixer asks again and again, of the same files
_EVIDENCE: WeakKeyDictionary[Reading, _Evidence] = WeakKeyDictionary()


def _evidence(reading: Reading) -> _Evidence:
    found = _EVIDENCE.get(reading)
    if found is None:
        documents = [each for each in reading.documents if each.kind not in _ASKED_LATER]
        signs = dict.fromkeys(sign for each in documents for sign in share_of(each).signs)
        found = _EVIDENCE[reading] = _Evidence(tuple(signs), addresses_of(reading))
    return found


def partition(
    readings: Sequence[Reading],
    facts: Facts,
    named: Sequence[Named] = (),
    nested: Mapping[str, Facts] | None = None,
    home: str | None = None,
) -> Partition:
    """The clusters that `readings` are of.

    What ``.kpl.yaml`` says comes first: `named`, then the nearest one, which `nested` has by its folder, with its facts. (The
    one of the run is in `home`: what lies outside of that is of other clusters.)
    Then come the folders, as files in them show that they cannot be of one cluster.
    """
    clusters = [
        Member(
            each.name,
            [reading for reading in readings if glob_matches(reading.source.place, each.paths, each.root)],
            each.facts,
        )
        for each in named
    ]
    told = {id(reading) for cluster in clusters for reading in cluster.readings}
    untold = [reading for reading in readings if id(reading) not in told]
    if clusters:
        for cluster in clusters:
            cluster.readings += untold
        return _finished(clusters)
    for folder, own_facts, files in _nearest(untold, facts, nested or {}, home):
        for kept, part in _not_deployed(files).items():
            for cluster in _by_folders(part, kept or folder, own_facts):
                cluster.configured = folder
                clusters.append(cluster)
    for cluster in clusters:
        cluster.name = "" if len(clusters) == 1 else cluster.name or THE_REST
    return _finished(clusters)


def _nearest(
    readings: Sequence[Reading], facts: Facts, nested: Mapping[str, Facts], home: str | None
) -> Iterable[tuple[str, Facts, list[Reading]]]:
    if home is None and not nested:
        return [("", facts, list(readings))]
    known = {_OUTSIDE: Facts(), **nested}
    if home is not None:
        known[""] = facts
    groups: dict[str, list[Reading]] = {}
    found: dict[str, str] = {}
    for reading in readings:
        written = os.path.dirname(reading.source.place)
        if written not in found:
            at = os.path.abspath(written) + os.sep
            own = [folder for folder in nested if at.startswith(folder.rstrip(os.sep) + os.sep)]
            if home is not None and at.startswith(home.rstrip(os.sep) + os.sep):
                own.append(home)
            nearest = max(own, key=len, default="" if home is None else _OUTSIDE)
            found[written] = "" if nearest == home else nearest
        groups.setdefault(found[written], []).append(reading)
    return [(folder, known.get(folder, facts), files) for folder, files in groups.items()] or [("", facts, [])]


def _not_deployed(readings: list[Reading]) -> dict[str, list[Reading]]:
    """The files below folders of what was once deployed, by these folders; first all others, by nothing."""
    found: dict[str, list[Reading]] = {"": []}
    kept: dict[str, str] = {}
    for reading in readings:
        written = os.path.dirname(reading.source.place)
        if written not in kept:
            place = _NOT_DEPLOYED.match(os.path.abspath(written).replace(os.sep, "/") + "/")
            kept[written] = place[1] if place is not None else ""
        found.setdefault(kept[written], []).append(reading)
    return found if found[""] or len(found) == 1 else {folder: files for folder, files in found.items() if files}


def _by_folders(readings: list[Reading], folder: str, facts: Facts) -> list[Member]:
    """The clusters of files for which the same ``.kpl.yaml`` is the nearest one."""
    home = os.path.basename(folder)
    graph = Graph(readings)
    destinations = graph.destinations()
    if len(destinations) < 2:
        return _in_folders(readings, graph, home, facts)
    clusters = _by_destination(graph, destinations, facts)
    used = {id(reading) for cluster in clusters for reading in cluster.readings}
    by_name = {cluster.name: cluster for cluster in clusters}
    for other in _in_folders([reading for reading in readings if id(reading) not in used], graph, home, facts):
        if other.name in by_name:
            own = {id(each) for each in by_name[other.name].readings}
            by_name[other.name].readings += [each for each in other.readings if id(each) not in own]
        elif other.readings:
            clusters.append(other)
    return clusters


def _signs(readings: Sequence[Reading]) -> Iterator[tuple[Reading, Sign]]:
    """What the files show; of Flux's Kustomizations only those are read that share their name with another one."""
    for reading in readings:
        for sign in _evidence(reading).signs:
            yield reading, sign
    flux = [
        (each, document) for each in readings for document in each.documents if document.kind == "FluxKustomization"
    ]
    names = Counter(document.name for _, document in flux)
    for reading, document in flux:
        if names[document.name] > 1 or not document.name:
            for sign in share_of(document).signs:
                yield reading, sign


def _in_folders(readings: list[Reading], graph: Graph, home: str, facts: Facts) -> list[Member]:
    own_places = places_of(readings)
    folders_by_place = folders_of(own_places.values())
    by_path = {each.source.place: folders_by_place[own_places[id(each)]] for each in readings}
    shown: dict[tuple[str, str], dict[Folder, set[str]]] = {}
    for reading, sign in _signs(readings) if len(set(by_path.values())) > 1 else ():
        folders = shown.setdefault((sign.what, sign.whose), {})
        folders.setdefault(by_path[reading.source.place], set()).add(sign.shown)
    found = places(parted([*shown.values(), *_services(readings, by_path)]), set(by_path.values()))
    if not found:
        return _apart(Member(home, readings, facts))
    clusters = [Member(place.name, [], facts) for place in found]
    shared = _settle(readings, by_path, found, clusters)
    used = _reach(clusters, graph)
    shared = [each for each in shared if id(each) not in used]
    if len(clusters) > MOST_SHARED:
        clusters.append(Member(home, shared, facts))
    else:
        for cluster in clusters:
            cluster.readings += shared
    return [part for cluster in clusters for part in _apart(cluster)]


def _by_destination(graph: Graph, destinations: Mapping[str, list[str]], facts: Facts) -> list[Member]:
    """The clusters that Argo CD deploys to."""
    clusters = []
    for name, folders in destinations.items():
        paths = graph.reached(folders)
        clusters.append(Member(name, [graph.readings[path] for path in graph.readings if path in paths], facts))
    return clusters


def _reach(clusters: Sequence[Member], graph: Graph) -> set[int]:
    """Give the clusters what their files lead to; the identities of what they have in the end."""
    for cluster in clusters:
        own = {os.path.abspath(each.source.place) for each in cluster.readings}
        reached = graph.reached(own) - own
        cluster.readings += [graph.readings[path] for path in graph.readings if path in reached]
    return {id(reading) for cluster in clusters for reading in cluster.readings}


def _settle(
    readings: Sequence[Reading], by_path: Mapping[str, Folder], found: Sequence[Place], clusters: Sequence[Member]
) -> list[Reading]:
    """Give the readings to the clusters in whose folders they lie; those that lie in none are left over."""
    left = []
    by_folder: dict[Folder, list[Member]] = {}
    for place, cluster in zip(found, clusters, strict=True):
        for folder in place.folders:
            by_folder.setdefault(folder, []).append(cluster)
    for reading in readings:
        folder = by_path[reading.source.place]
        above = [(*folder, os.curdir), *(folder[:length] for length in range(len(folder) + 1))]
        own = [cluster for each in above for cluster in by_folder.get(each, ())]
        for cluster in own:
            cluster.readings.append(reading)
        if not own:
            left.append(reading)
    return left


def _services(readings: Sequence[Reading], by_path: Mapping[str, Folder]) -> Iterable[dict[Folder, set[str]]]:
    """Folders whose Services have other addresses, each as what it shows."""
    if len(set(by_path.values())) < 2:
        return
    of_folder: dict[Folder, list[Addresses]] = {}
    for reading in readings:
        addresses = _evidence(reading).addresses
        if addresses is not None:
            of_folder.setdefault(by_path[reading.source.place], []).append(addresses)
    groups = Groups()
    shown: dict[Folder, set[str]] = {}
    for folder, found in of_folder.items():
        for addresses in found:
            shown.setdefault(folder, set()).add(str(groups.add(addresses)))
    if len(groups.sizes) > 1:
        yield shown


def _apart(cluster: Member) -> list[Member]:
    """A cluster without the dumps of others that lie in the same folders, and these."""
    dumps = [each for each in cluster.readings if any(is_dump(document) for document in each.documents)]
    numbers = {id(each) for each in dumps}
    others = [each for each in cluster.readings if id(each) not in numbers]
    objects = [found for each in others if (found := _evidence(each).addresses) is not None] if dumps else []
    if len(dumps) + bool(objects) < 2:
        return [cluster]
    groups = Groups()
    for each in objects:
        groups.add(each)
    shown = [None if (found := _evidence(dump).addresses) is None else groups.add(found) for dump in dumps]
    if len(groups.sizes) < 2:
        return [cluster]
    files: dict[int, list[Reading]] = {}
    for dump, number in zip(dumps, _with_their_nodes(dumps, shown, bool(objects)), strict=True):
        if number is None:
            others.append(dump)
        else:
            files.setdefault(number, []).append(dump)
    home = 0 if objects else max(files, key=lambda number: len(files[number]))
    rest = [
        Member(os.path.basename(found[0].source.path), found, cluster.facts)
        for number, found in files.items()
        if number != home
    ]
    return [Member(cluster.name, [*others, *files.get(home, ())], cluster.facts), *rest]


def _with_their_nodes(
    dumps: Sequence[Reading], shown: Sequence[int | None], with_objects: bool
) -> Iterator[int | None]:
    """The clusters of dumps: of several commands on one node, as their names say, that of most dumps or of the objects.

    What a node keeps of an earlier state, for example in the other backend of iptables, has other Services.
    """
    from kpl.proxy.dumps.nodes import dump_name

    names = [dump_name(each.source.place) for each in dumps]
    times, sizes = Counter(names), Counter(shown)
    of_node: dict[tuple[str, str | None], set[int]] = {}
    for name, number in zip(names, shown, strict=True):
        if number is not None and name.node is not None and times[name] == 1:
            of_node.setdefault(name[:2], set()).add(number)
    for name, number in zip(names, shown, strict=True):
        own = of_node.get(name[:2]) if times[name] == 1 else None
        yield max(own, key=lambda each: (with_objects and each == 0, sizes[each], -each)) if own else number


def _finished(clusters: list[Member]) -> Partition:
    clusters = [each for each in clusters if each.readings] or clusters[:1]
    for cluster in clusters:
        cluster.facts = with_variables(cluster.facts, cluster.readings)
    return Partition(clusters, [note for each in clusters for note in _contradictions(each)])


def _contradictions(cluster: Member) -> Iterable[str]:
    told = {COREDNS_RELEASE: cluster.facts.coredns, KUBERNETES_RELEASE: cluster.facts.kubernetes}
    options = {COREDNS_RELEASE: "--coredns-version", KUBERNETES_RELEASE: "--kubernetes-version"}
    for what, known in told.items():
        shown = {sign.shown for each in cluster.readings for sign in _evidence(each).signs if sign.what == what}
        if known is None and len(shown) > 1:
            all_of_them = sorted(shown, key=lambda each: [int(part) for part in each.split(".")])
            which = listed(all_of_them) if len(shown) < 4 else f"from {all_of_them[0]} to {all_of_them[-1]}"
            where = f"{cluster.name} has" if cluster.name else "there are"
            yield (
                f"{where} {len(shown)} {what}s, {which}, so kpl uses none of them; "
                f"set `{options[what]}`, or `clusters:` in .kpl.yaml"
            )
