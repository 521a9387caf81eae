"""The clusters of a run: what the files tell, over what each ``.kpl.yaml`` and the command line tell."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kpl.cli.options import CONFIG_NAME, given_facts, own_config, repository_of

if TYPE_CHECKING:
    from kpl.cluster import Facts
    from kpl.inputs.document import Reading
    from kpl.lint.settings import Settings


def find_clusters(readings: Sequence[Reading], settings: Settings, options: dict[str, Any]) -> list[str]:
    """Work out the clusters of a run, for `settings`; what the user is to know of them. Raises UsageError."""
    if len(readings) < 2 and not settings.clusters:
        return []
    from kpl.clusters.partition import partition

    if not (options["no_config"] or options["config"]):
        settings.nested = _nested(readings, settings.root, given_facts(options))
    settings.partition = partition(readings, settings.facts, settings.clusters, settings.nested)
    return settings.partition.notes


def _nested(readings: Iterable[Reading], root: str, given: dict[str, Any]) -> dict[str, Facts]:
    """The facts of configuration files further down than that of the run, by their folder."""
    from kpl.cli.versions import with_known_versions
    from kpl.lint.config import load_config

    folders = {os.path.dirname(os.path.abspath(each.source.path)) for each in readings}
    common = os.path.commonpath(list(folders)) if folders else ""
    found: dict[str, Facts] = {}
    seen: set[str] = {root, os.path.dirname(common)}
    for folder in sorted(folders):
        while folder not in seen:
            seen.add(folder)
            candidate = os.path.join(folder, CONFIG_NAME)
            if os.path.lexists(candidate):
                path = own_config(candidate, repository_of(folder))
                if path is not None:
                    found[folder] = with_known_versions(replace(load_config(path).facts, **given))
            folder = os.path.dirname(folder)
    return found
