"""Files that were collected from one cluster lie in one place for the partition, whatever their folders show.

A collection may show several releases, for example during an upgrade, with a folder for each pod or namespace.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from kpl.inputs.document import Reading

_INSPECTED = ("namespaces", "cluster-scoped-resources")
"""The folders that ``oc adm inspect`` writes, and with it must-gather:
https://github.com/openshift/must-gather/blob/main/collection-scripts/gather"""
_NODES = "nodes.json"
"""What ``kubectl cluster-info dump`` writes beside a folder for each namespace:
https://kubernetes.io/docs/reference/kubectl/generated/kubectl_cluster-info/kubectl_cluster-info_dump/"""
_OF_NAMESPACE = frozenset(("services.json", "daemonsets.json", "deployments.json", "replicasets.json", "pods.json"))


def places_of(readings: Sequence[Reading]) -> dict[int, str]:
    """The place of each reading by its identity: its own, or in the folder at the top of the collection that it is in."""
    places = {id(each): each.source.place for each in readings}
    archives = {each.source.archive for each in readings} - {""}
    tops = archives | _inspected(places.values()) | _dumped(readings)
    if not tops:
        return places
    return {number: _below(place, tops) for number, place in places.items()}


def _below(place: str, tops: set[str]) -> str:
    """`place` directly in the highest of `tops` that it is in."""
    folder, top = os.path.dirname(place), None
    while True:
        top = folder if folder in tops else top
        above = os.path.dirname(folder)
        if above == folder:
            return place if top is None else os.path.join(top, os.path.basename(place))
        folder = above


def _inspected(places: Iterable[str]) -> set[str]:
    found: dict[str, set[str]] = {}
    for folder in {os.path.dirname(each) for each in places}:
        parts = folder.split(os.sep)
        for number, part in enumerate(parts):
            if part in _INSPECTED:
                found.setdefault(os.sep.join(parts[:number]), set()).add(part)
    return {top for top, parts in found.items() if len(parts) == len(_INSPECTED)}


def _dumped(readings: Iterable[Reading]) -> set[str]:
    tops = {
        os.path.dirname(each.source.place)
        for each in readings
        if each.source.path.endswith(_NODES)
        and each.source.name == _NODES
        and any(document.kind == "NodeObject" for document in each.documents)
    }
    if not tops:
        return tops
    folders = {os.path.dirname(each.source.place) for each in readings if each.source.name in _OF_NAMESPACE}
    return tops & {os.path.dirname(folder) for folder in folders}
