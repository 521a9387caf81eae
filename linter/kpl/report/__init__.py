"""Printing findings, one module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpl.inputs.coverage import Coverage
    from kpl.lint.located import Result


def report(
    result: Result,
    coverage: Coverage,
    format_: str,
    *,
    color: str = "never",
    statistics: bool = False,
    show_skipped: bool = False,
) -> None:
    """Print `result` on standard output as `format_`: text, concise, json or jsonl, and what was not checked.

    `statistics` counts the findings of each rule instead.
    """
    if format_ in ("json", "jsonl"):
        from kpl.report.records import print_records, record

        if statistics:
            from kpl.report.statistics import counted

            records = [vars(each) for each in counted(result.findings)]
        else:
            records = [record(each) for each in result.findings]
        print_records(records, coverage.skipped if show_skipped else (), lines=format_ == "jsonl")
        return
    from kpl.report.coverage import print_coverage
    from kpl.report.screen import print_concise, print_text, wants_color

    if statistics:
        from kpl.report.statistics import print_statistics

        print_statistics(result, coverage.files)
    elif format_ == "concise":
        print_concise(result, coverage.files)
    else:
        print_text(result, coverage.files, wants_color(color))
    print_coverage(coverage, show_skipped=show_skipped)
