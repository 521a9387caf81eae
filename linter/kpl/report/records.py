"""JSON and JSON lines; finding.schema.json is their schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from kpl.inputs.coverage import Skipped
from kpl.lint.located import Located
from kpl.report.jsontext import dumps, path_fields, text_fields
from kpl.text.source import Source
from kpl.text.span import Span


def record(finding: Located) -> dict[str, Any]:
    """One finding as the schema says."""
    fix = finding.fix
    return {
        **path_fields(finding.path),
        **_place(finding.source, finding.span),
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "help": finding.help,
        "url": finding.url or None,
        "object": None
        if finding.object is None
        else {name: value or None for name, value in finding.object._asdict().items()},
        **({"template": finding.template} if finding.template else {}),
        **({"clusters": list(finding.clusters)} if finding.clusters else {}),
        "fix": None
        if fix is None
        else {
            "title": fix.title,
            "safe": fix.safe,
            "edits": [
                {
                    **(path_fields(source.path) if source is not finding.source else {}),
                    **_place(source, Span(edit.start, edit.end)),
                    **text_fields(edit.text),
                }
                for source, edits in finding.edited
                for edit in edits
            ],
        },
        "related": [
            {**path_fields(each.source.path), "line": line, "column": column, "message": each.message}
            for each in finding.related
            for line, column in [each.source.position(each.span.start)]
        ],
    }


def _place(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


def skipped_record(skipped: Skipped) -> dict[str, Any]:
    """One file that was not checked, as the schema says."""
    return {
        **path_fields(skipped.path),
        "line": skipped.line,
        "skipped": skipped.reason.value,
        "message": skipped.sentence,
    }


def print_records(found: Sequence[dict[str, Any]], skipped: Sequence[Skipped], lines: bool) -> None:
    """Print what was found, then what was not checked: one JSON array, or one object a line. ASCII only, so that no
    terminal is harmed."""
    records = [*found, *(skipped_record(each) for each in skipped)]
    if lines:
        for each in records:
            click.echo(dumps(each))
    else:
        click.echo(dumps(records, indent=2))
