"""Prints the clusters of a run; clusters.schema.json is the schema of the JSON."""

from __future__ import annotations

from collections.abc import Sequence

import click

from kpl.facts import Fact
from kpl.report.jsontext import dumps, path_fields
from kpl.report.screen import printable

Shown = tuple[str, Sequence[Fact], Sequence[tuple[str, bool]]]
"""A cluster's name, its facts, and its files, each with whether it is of other clusters too."""

ONLY = "the only cluster"


def print_clusters(clusters: Sequence[Shown], format_: str, *, list_files: bool) -> None:
    """Print `clusters` as `format_`: text or json."""
    if format_ == "json":
        click.echo(dumps([_record(*each) for each in clusters], indent=2))
        return
    for number, (name, facts, files) in enumerate(clusters):
        click.echo("\n" * (number > 0) + printable(name or ONLY))
        names = max(len(each.name) for each in facts)
        values = max(len(printable(each.value)) for each in facts)
        for each in facts:
            shown = f"  {each.name:<{names}}  {printable(each.value):<{values}}  {printable(str(each.origin))}"
            click.echo(shown.rstrip())
        shared = sum(1 for _, of_others in files if of_others)
        count = f"{len(files):,} file{'s' * (len(files) != 1)}"
        click.echo(f"  {count}, {shared:,} shared with other clusters" if shared else f"  {count}")
        for path, of_others in files if list_files else ():
            click.echo(f"    {printable(path)}{' (shared)' if of_others else ''}")


def _record(name: str, facts: Sequence[Fact], files: Sequence[tuple[str, bool]]) -> dict[str, object]:
    return {
        "name": name,
        "facts": [
            {"name": each.name, "value": each.value, "origin": each.origin.where, "line": each.origin.line}
            for each in facts
        ],
        "files": [{**path_fields(path), "shared": shared} for path, shared in files],
    }
