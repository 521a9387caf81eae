"""How often each rule reports something; statistics.schema.json is the schema of the JSON."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import click

from kpl.lint.located import Located, Result
from kpl.report.screen import summary


@dataclass(frozen=True)
class Counted:
    """The findings of one rule, and how many of them a fix is offered for."""

    code: str
    name: str
    count: int
    fixable: int


def counted(findings: Iterable[Located]) -> list[Counted]:
    """The rules of `findings`, those that report most first."""
    counts: Counter[tuple[str, str]] = Counter()
    fixable: Counter[tuple[str, str]] = Counter()
    for each in findings:
        counts[each.code, each.name] += 1
        fixable[each.code, each.name] += each.fix is not None
    rows = (Counted(*rule, count, fixable[rule]) for rule, count in counts.items())
    return sorted(rows, key=lambda each: (-each.count, each.code))


def print_statistics(result: Result, files: int) -> None:
    """One line a rule, and the sum of all."""
    rows = counted(result.findings)
    count_width = max((len(f"{each.count:,}") for each in rows), default=0)
    name_width = max((len(each.name) for each in rows), default=0)
    for each in rows:
        fixable = f"{each.fixable:,} fixable" if each.fixable else ""
        click.echo(f"{each.count:>{count_width},}  {each.code}  {each.name:<{name_width}}  {fixable}".rstrip())
    click.echo(summary(result, files))
