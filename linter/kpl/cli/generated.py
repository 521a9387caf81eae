"""Files that other files say what they are, whatever they are called: Corefiles in ConfigMaps, and values of charts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from kpl.clusters.graph import above
from kpl.inputs.charts.holders import is_values_file
from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.inputs.detect import COREFILE, YAML
from kpl.inputs.discover import Found
from kpl.inputs.document import Reading, is_corefile
from kpl.inputs.objects.kustomize import GeneratedKey
from kpl.inputs.objects.references import ValuesFile
from kpl.shares.share import share_of
from kpl.text.embedding import Embedding

NOT_WRITTEN = "is recognized only by the object that names it"
_LEFT = (SkipReason.NOTHING, SkipReason.OTHER_NAME)


def generated_files(readings: Sequence[Reading], coverage: Coverage) -> list[Reading]:
    """The files that are Corefiles or values because an object says so, out of those that were left for their name.

    The documents of all files that Kustomizations name get to know their ConfigMap.
    """
    named: dict[str, GeneratedKey] = {}
    for reading in readings:
        for document in reading.documents:
            if document.kind == "Kustomization" and share_of(document).generated:
                folder = os.path.dirname(os.path.abspath(reading.source.path))
                for each in map(GeneratedKey._make, share_of(document).generated):
                    named[os.path.normpath(os.path.join(folder, each.path))] = each
    keys = {path: key for path, key in named.items() if not is_values_file(key.key)}
    values = _values_files(readings, named)
    if not (keys or values):
        return []
    found = []
    for skipped in [each for each in coverage.skipped if os.path.abspath(each.path) in values]:
        said = values[os.path.abspath(skipped.path)]
        made = _read_values(skipped.path, said) if skipped.reason in _LEFT else None
        if made is not None:
            found.append(made)
    read = {each.source.path for each in found}
    coverage.skipped[:] = [each for each in coverage.skipped if each.path not in read]
    for skipped in list(coverage.skipped):
        key = keys.get(os.path.abspath(skipped.path)) if skipped.reason is SkipReason.OTHER_NAME else None
        made = _read(skipped.path, key) if key is not None else None
        if made is not None:
            coverage.skipped.remove(skipped)
            found.append(made)
    for reading in readings:
        key = keys.get(os.path.abspath(reading.source.path))
        for document in reading.documents if key is not None else ():
            if key is not None and is_corefile(document) and document.object is None:
                document.name, document.namespace = key.name, key.namespace
    return found


def _values_files(readings: Sequence[Reading], generated: Mapping[str, GeneratedKey]) -> dict[str, ValuesFile]:
    """The files that objects name as values of charts, by their absolute paths, with what is said of the chart.

    `generated` are those of which Kustomizations make ConfigMaps.
    """
    found: dict[str, ValuesFile] = {}
    maps: dict[str, list[tuple[str, ValuesFile]]] = {}
    for reading in readings:
        for document in reading.documents:
            if document.kind in ("Kustomization", "Application", "ReleaseValues"):
                share = share_of(document)
                if not (share.values_files or share.values_maps):
                    continue
                folder = os.path.dirname(os.path.abspath(reading.source.path))
                # where the repository of an Application starts is not known
                roots = [folder] if document.kind == "Kustomization" else above(reading.source.path)
                for each in share.values_files:
                    for root in roots:
                        _add(found, os.path.normpath(os.path.join(root, each.path)), each)
                for each in share.values_maps:
                    maps.setdefault(each.path, []).append((folder, each))
    for path, key in generated.items():
        if is_values_file(key.key):
            for folder, each in maps.get(key.name, ()):
                if path.startswith(folder + os.sep):
                    _add(found, path, each)
    read = {os.path.abspath(each.source.path) for each in readings} if found else set()
    return {path: each for path, each in found.items() if path not in read}


def _add(found: dict[str, ValuesFile], path: str, said: ValuesFile) -> None:
    """Add a file, of which nothing is certain if several objects name it."""
    found[path] = said if path not in found or found[path][1:] == said[1:] else said._replace(is_alone=False)


def _read_values(path: str, said: ValuesFile) -> Reading | None:
    from kpl.inputs.charts.releases import documents_of_values
    from kpl.inputs.files import identify_file

    identified = identify_file(Found(path, named=False), YAML)
    documents = [] if isinstance(identified, Skipped) else list(documents_of_values(identified.source, said))
    if isinstance(identified, Skipped) or not documents:
        return None
    return Reading(identified.source, documents, YAML, NOT_WRITTEN)


def _read(path: str, key: GeneratedKey) -> Reading | None:
    from kpl.inputs.corefile.document import corefile_document
    from kpl.inputs.files import identify_file

    identified = identify_file(Found(path, named=False), COREFILE)
    if isinstance(identified, Skipped):
        return None
    source = identified.source
    embedding = Embedding(source.text, source.newline)
    document = corefile_document(source, embedding, key=key.key, name=key.name, namespace=key.namespace)
    return None if document is None else Reading(source, [document], COREFILE, NOT_WRITTEN)
