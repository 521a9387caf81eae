"""The clusters of a run.

What the files tell comes under what each ``.kpl.yaml`` tells, and that under what the command line tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kpl.cli.options import CONFIG_NAME, own_config, repository_of, with_options
from kpl.text.paths import absolute_paths, common_folder

if TYPE_CHECKING:
    from kpl.inputs.document import Reading
    from kpl.lint.settings import Settings


def find_clusters(
    readings: Sequence[Reading], settings: Settings, options: dict[str, Any], *, of_one_file: bool = False
) -> list[str]:
    """Work out the clusters of a run, for `settings`; what the user is to know of them. Raises UsageError.

    One file alone is of one cluster, and nothing is to be worked out unless `of_one_file` asks for it.
    """
    if len(readings) < 2 and not (settings.clusters or of_one_file):
        return []
    from kpl.clusters.partition import partition

    if not (options["no_config"] or options["config"]):
        settings.nested = _nested(readings, settings.root, options)
    nested = {folder: each.facts for folder, each in settings.nested.items()}
    home = settings.root if settings.configured and not options["config"] else None
    settings.partition = partition(readings, settings.facts, settings.clusters, nested, home)
    return settings.partition.notes


def _nested(readings: Iterable[Reading], root: str, options: dict[str, Any]) -> dict[str, Settings]:
    """What configuration files further down than that of the run tell, by their folder."""
    from kpl.lint.config import load_config

    folders = set(absolute_paths({os.path.dirname(each.source.path) for each in readings}).values())
    common = common_folder(folders)
    found: dict[str, Settings] = {}
    seen: set[str] = {root, os.path.dirname(common)}
    for folder in sorted(folders):
        while folder not in seen:
            seen.add(folder)
            candidate = os.path.join(folder, CONFIG_NAME)
            if os.path.lexists(candidate):
                path = own_config(candidate, repository_of(folder))
                if path is not None:
                    found[folder] = with_options(load_config(path), options)
            folder = os.path.dirname(folder)
    return found
