"""``kpl clusters``."""

from __future__ import annotations

import gc
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.command import Command
from kpl.cli.options import (
    config_options,
    container_options,
    context_option,
    facts_options,
    input_options,
)
from kpl.cli.partition import find_clusters
from kpl.inputs.registry import as_words

if TYPE_CHECKING:
    pass


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
