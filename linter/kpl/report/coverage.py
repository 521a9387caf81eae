"""Says what a run did not check."""

from __future__ import annotations

from collections.abc import Iterator

import click

from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.report.screen import printable

_WORDS = {
    SkipReason.OTHER_NAME: ("1 with an unrelated name", "{:,} with unrelated names"),
    SkipReason.NOTHING: ("1 without relevant content", "{:,} without relevant content"),
    SkipReason.TEMPLATE: ("1 template", "{:,} templates"),
    SkipReason.IN_PART: ("1 template in part", "{:,} templates in part"),
    SkipReason.ENCRYPTED: ("1 encrypted", "{:,} encrypted"),
    SkipReason.BINARY: ("1 binary", "{:,} binary"),
    SkipReason.EXCLUDED: ("1 excluded", "{:,} excluded"),
    SkipReason.LINK: ("1 link out of the tree", "{:,} links out of the tree"),
    SkipReason.NOT_A_FILE: ("1 not a regular file", "{:,} not regular files"),
    SkipReason.TOO_LARGE: ("1 too large", "{:,} too large"),
    SkipReason.DAMAGED: ("1 damaged", "{:,} damaged"),
    SkipReason.FAILED: ("1 failed", "{:,} failed"),
    SkipReason.UNREADABLE: ("1 unreadable", "{:,} unreadable"),
}
_KINDS = {"corefile": "Corefile", "corefile fragment": "Corefile fragment", "yaml": "YAML"}


def kind_title(kind: str) -> str:
    """What people call files of a kind."""
    return _KINDS.get(kind, kind)


def coverage_line(coverage: Coverage) -> str:
    """``3 files checked (2 YAML, 1 Corefile); not checked: 7 without relevant content, 1 template.``"""
    kinds = [f"{count:,} {kind_title(kind)}" for kind, count in coverage.checked.most_common()]
    checked = f"{coverage.files:,} file{'s' * (coverage.files != 1)} checked" + (
        f" ({', '.join(kinds)})" if kinds else ""
    )
    left = [_WORDS[reason][count > 1].format(count) for reason, count in coverage.count()]
    return checked + (f"; not checked: {', '.join(left)}." if left else ".")


def skipped_lines(coverage: Coverage) -> Iterator[str]:
    """A line for each file, or part of one, that was not checked."""
    yield from map(skipped_line, coverage.skipped)


def skipped_line(skipped: Skipped) -> str:
    """A file, or part of one, that was not checked, with the reason."""
    place = f"{skipped.path}:{skipped.line}" if skipped.line else skipped.path
    return f"{printable(place)}: {printable(skipped.sentence)}"


def print_coverage(coverage: Coverage, *, show_skipped: bool, err: bool = False) -> None:
    """The files that were not checked, if they are asked for, and the last line of a report for people."""
    for line in skipped_lines(coverage) if show_skipped else ():
        click.echo(line, err=err)
    click.echo(coverage_line(coverage), err=err)
