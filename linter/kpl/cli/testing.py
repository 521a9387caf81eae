"""``kpl test``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kpl.cli.command import Command

if TYPE_CHECKING:
    from kpl.lint.registry import RuleEntry


@click.command(cls=Command)
@click.argument("package")
@click.option("-v", "--verbose", is_flag=True, help="List every example")
def test(package: str, verbose: bool) -> None:
    """Run the examples of the rules in PACKAGE, an installed package of rules or a part of one.

    PACKAGE is a Python name, for example `kpl_rules` or `kpl_rules.coredns`. Each Bad example must be flagged and fixed
    as it promises, each Good example must have no finding.

    Exit codes: 0 all examples pass, 1 some fail, 2 usage error, or a rule that cannot be loaded or raises an error.
    """
    passed = failed = 0
    for name, problems in _results(package):
        passed, failed = passed + (not problems), failed + bool(problems)
        if problems:
            click.echo(f"FAIL  {name}: {'; '.join(problems)}")
        elif verbose:
            click.echo(f"ok    {name}")
    total = passed + failed
    click.echo(f"{failed:,} of {total:,} examples failed" if failed else f"{total:,} examples passed")
    click.get_current_context().exit(1 if failed else 0)


def _results(package: str) -> Iterator[tuple[str, list[str]]]:
    """Each example with what it promises and does not keep. A kind of which a rule has none is one that fails."""
    from kpl.lint.rule import BUILTIN
    from kpl.testing import missing, unmet

    chosen = _rules_in(package)
    select = [entry.code for entry in {*_rules_in(BUILTIN), *_rules_in(package.partition(".")[0])}]
    for entry in chosen:
        rule = entry.load()
        name = f"{rule.code} {rule.name}"
        for kind in missing(rule):
            yield name, [f"expected at least one {kind} example"]
        for number, example in enumerate(rule.examples, 1):
            yield f"{name}, example {number} ({type(example).__name__})", unmet(rule, example, select)


def _rules_in(package: str) -> list[RuleEntry]:
    """The rules in `package`. Raises UsageError where there is none."""
    from kpl.errors import UsageError
    from kpl.lint.registry import entries, some_are_missing

    found = [entry for entry in entries() if f"{entry.module}.".startswith(f"{package}.")]
    if not found and not some_are_missing():
        packages = ", ".join(sorted({f"`{entry.module.partition('.')[0]}`" for entry in entries()}))
        raise UsageError(f"no rules are in `{package}`; installed packages of rules: {packages}")
    return found
