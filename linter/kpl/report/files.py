"""Prints what kpl takes each file for; files.schema.json is the schema of the JSON."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from kpl.inputs.basis import Basis
from kpl.inputs.coverage import Coverage, Skipped
from kpl.report.coverage import kind_title, print_coverage, skipped_line
from kpl.report.jsontext import dumps, path_fields
from kpl.report.screen import printable

_BASES = {
    Basis.OPTION: "`--as`",
    Basis.NAME: "its name",
    Basis.NAME_AND_CONTENT: "its name and content",
    Basis.CONTENT: "its content",
    Basis.OBJECTS: "kind and apiVersion",
}


@dataclass
class Listed:
    """A file: what it is and by what that was recognized, if it was read; what is in it; and what was not checked."""

    path: str
    kind: str = ""
    basis: Basis | None = None
    holds: Counter[str] = field(default_factory=Counter)
    """How many models of each type are in it."""
    is_checked: bool = False
    """Whether there are others than those that only tell of a cluster."""
    skipped: list[Skipped] = field(default_factory=list)


def print_files(files: Sequence[Listed], coverage: Coverage, format_: str) -> None:
    """Print `files` as `format_`: text or json, in the order of their paths, and how many there are."""
    ordered = sorted(files, key=lambda each: each.path.split(os.sep))
    if format_ == "json":
        click.echo(dumps({"files": [_record(each) for each in ordered], "counts": _counts(files, coverage)}, indent=2))
        return
    for each in ordered:
        for line in _lines(each):
            click.echo(line)
    print_coverage(coverage, show_skipped=False)


def _lines(file: Listed) -> list[str]:
    parts = [skipped_line(each) for each in file.skipped if each.line is not None]
    if file.basis is None or not (file.holds or len(parts) == len(file.skipped)):
        return [skipped_line(each) for each in file.skipped]
    held = ", ".join(_held(*each) for each in file.holds.most_common()) or "nothing that kpl checks"
    told = "" if file.is_checked or not file.holds else "; not checked, used only for facts about the cluster"
    title = f"{printable(file.path)}: {kind_title(file.kind)} with {held}"
    return [f"{title} (recognized by {_BASES[file.basis]}){told}", *parts]


def _held(name: str, count: int) -> str:
    return f"{count:,} {name if name != 'ParseFailure' else 'unparsed part' + 's' * (count > 1)}"


def _record(file: Listed) -> dict[str, object]:
    return {
        **path_fields(file.path),
        "kind": file.kind or None,
        "recognized_by": None if file.basis is None else file.basis.value,
        "checked": file.is_checked,
        "holds": dict(file.holds),
        "skipped": [
            {"line": each.line, "reason": each.reason.value, "message": each.sentence} for each in file.skipped
        ],
    }


def _counts(files: Sequence[Listed], coverage: Coverage) -> dict[str, dict[str, int]]:
    holds: Counter[str] = Counter()
    for each in files:
        holds.update(each.holds)
    return {
        "checked": dict(coverage.checked),
        "holds": dict(holds.most_common()),
        "skipped": {reason.value: count for reason, count in coverage.count()},
    }
