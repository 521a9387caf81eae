"""The clusters of a run, and ``kpl clusters``, which shows them.

What the files tell comes under what each ``.kpl.yaml`` tells, and that under what the command line tells.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.command import Command
from kpl.cli.options import (
    CONFIG_NAME,
    config_options,
    container_options,
    context_option,
    facts_options,
    input_options,
    own_config,
    repository_of,
    with_options,
)
from kpl.inputs.registry import as_words
from kpl.text.paths import common_folder

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

    folders = {os.path.abspath(folder) for folder in {os.path.dirname(each.source.path) for each in readings}}
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


@click.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Output format")
@click.option("--files", "list_files", is_flag=True, help="List the files of each cluster")
@input_options(as_words())
@context_option
@config_options
@facts_options
@container_options
def clusters(paths: tuple[str, ...], format_: str, list_files: bool, **options: Any) -> None:
    """Show which cluster each file belongs to. PATHS defaults to the current directory; `-` reads standard input.

    Each fact about a cluster is printed with its source. Exit codes: 0 success, 2 usage or configuration error, or
    unreadable file.
    """
    gc.disable()  # a short life with many objects, none of them garbage
    from kpl.cli.context import read_context
    from kpl.cli.load import load, stdin_bytes, tell_of_coverage
    from kpl.cli.options import settings_from
    from kpl.cluster import Cluster
    from kpl.clusters.known import known_facts
    from kpl.report.clusters import print_clusters
    from kpl.report.coverage import print_coverage

    settings = settings_from(options, paths)
    inputs = load(paths, settings, stdin_bytes(paths), options, wanted=lambda document: True)
    context = read_context(paths, inputs, settings, options)
    inputs.coverage.notes += find_clusters([*inputs.readings, *context], settings, options, of_one_file=True)
    own = {id(reading) for reading in inputs.readings}
    parts = settings.partition.clusters if settings.partition else []
    parts = [part for part in parts if any(id(reading) in own for reading in part.readings)]
    shared = Counter(id(reading) for part in parts for reading in part.readings)
    print_clusters(
        [
            (
                part.name,
                known_facts(Cluster([document for each in part.readings for document in each.documents], part.facts)),
                [(each.source.path, shared[id(each)] > 1) for each in part.readings],
            )
            for part in parts
        ],
        format_,
        list_files=list_files,
    )
    if format_ == "text":
        click.echo()
        print_coverage(inputs.coverage, show_skipped=options["show_skipped"])
    complete = tell_of_coverage(inputs.coverage, options)
    click.get_current_context().exit(0 if complete else 2)
