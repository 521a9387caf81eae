"""Says what a run did not check."""

from __future__ import annotations

from collections.abc import Iterator

import click

from kpl.inputs.coverage import Coverage, SkipReason
from kpl.report.screen import printable

_WORDS = {
    SkipReason.OTHER_NAME: ("1 has a name that kpl does not read", "{:,} have names that kpl does not read"),
    SkipReason.NOTHING: ("1 holds nothing for kpl", "{:,} hold nothing for kpl"),
    SkipReason.TEMPLATE: ("1 is a template", "{:,} are templates"),
    SkipReason.ENCRYPTED: ("1 is encrypted", "{:,} are encrypted"),
    SkipReason.BINARY: ("1 is binary", "{:,} are binary"),
    SkipReason.EXCLUDED: ("1 is excluded", "{:,} are excluded"),
    SkipReason.LINK: ("1 is a link to the outside", "{:,} are links to the outside"),
    SkipReason.NOT_A_FILE: ("1 is not a regular file", "{:,} are not regular files"),
    SkipReason.TOO_LARGE: ("1 is too large", "{:,} are too large"),
    SkipReason.DAMAGED: ("1 is damaged", "{:,} are damaged"),
    SkipReason.FAILED: ("1 could not be checked", "{:,} could not be checked"),
    SkipReason.UNREADABLE: ("1 is not readable", "{:,} are not readable"),
}
_KINDS = {"corefile": "Corefile", "corefile fragment": "Corefile fragment", "yaml": "YAML"}


def coverage_line(coverage: Coverage) -> str:
    """``3 files checked (2 YAML, 1 Corefile); not checked: 7 hold nothing for kpl, 1 is a template.``"""
    kinds = [f"{count:,} {_KINDS.get(kind, kind)}" for kind, count in coverage.checked.most_common()]
    checked = f"{coverage.files:,} file{'s' * (coverage.files != 1)} checked" + (
        f" ({', '.join(kinds)})" if kinds else ""
    )
    left = [_WORDS[reason][count > 1].format(count) for reason, count in coverage.count()]
    return checked + (f"; not checked: {', '.join(left)}." if left else ".")


def skipped_lines(coverage: Coverage) -> Iterator[str]:
    """A line for each file, or part of one, that was not checked."""
    for each in coverage.skipped:
        place = f"{each.path}:{each.line}" if each.line else each.path
        yield f"{printable(place)}: not checked: it {printable(each.detail)}"


def print_coverage(coverage: Coverage, *, show_skipped: bool, err: bool = False) -> None:
    """The files that were not checked, if they are asked for, and the last line of a report for people."""
    for line in skipped_lines(coverage) if show_skipped else ():
        click.echo(line, err=err)
    click.echo(coverage_line(coverage), err=err)
