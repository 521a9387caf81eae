"""Printing findings, one module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpl.lint.engine import Result


def report(result: Result, format_: str, *, files: int, color: str = "never") -> None:
    """Print `result` on standard output as `format_`: text, concise, json or jsonl."""
    if format_ in ("json", "jsonl"):
        from kpl.report.records import print_records

        print_records(result.findings, lines=format_ == "jsonl")
        return
    from kpl.report.screen import print_concise, print_text, wants_color

    if format_ == "concise":
        print_concise(result, files)
    else:
        print_text(result, files, wants_color(color))
