"""``kpl fix``."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.command import Command
from kpl.cli.options import choice_options, container_options, context_option, facts_options, input_options
from kpl.inputs.registry import as_words

if TYPE_CHECKING:
    from kpl.cli.load import Inputs
    from kpl.fix.fixer import Outcome
    from kpl.lint.located import Withheld


@click.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
@click.option("--unsafe-fixes", is_flag=True, help="Also apply fixes that may change what the configuration means")
@click.option("--diff", is_flag=True, help="Print the changes as a diff without writing them")
@click.option("--check", is_flag=True, help="Exit with 1 if a file would change, without writing it")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use color")
@input_options(as_words())
@context_option
@choice_options
@facts_options
@container_options
def fix(paths: tuple[str, ...], unsafe_fixes: bool, diff: bool, check: bool, color: str, **options: Any) -> None:
    """Fix files and directories in place. PATHS defaults to the current directory; `-` reads standard input.

    Fixed standard input is written to standard output. kpl verifies every fix before it writes it, and changes no
    other text. Exit codes: 0 success, 1 a file would change (with --check), 2 usage error, or a fix that failed
    verification.
    """
    gc.disable()
    from kpl.cli.context import read_context
    from kpl.cli.load import load, stdin_bytes, tell_of_coverage
    from kpl.cli.options import settings_from
    from kpl.cli.partition import find_clusters
    from kpl.fix.fixer import fix_texts
    from kpl.report.coverage import print_coverage
    from kpl.report.diff import print_diff

    settings = settings_from(options, paths)
    stdin = stdin_bytes(paths)
    inputs = load(paths, settings, stdin, options)
    context = read_context(paths, inputs, settings, options)
    inputs.coverage.notes += find_clusters([*inputs.readings, *context], settings, options)
    outcome = fix_texts(inputs.readings, settings, unsafe_fixes, context)
    problems: list[str] = []
    if diff:
        for reading, text in outcome.changed:
            print_diff(reading.source.path, reading.source.text, text, color)
    elif not check:
        problems = _write_files(inputs, outcome)
        if stdin is not None:
            new = next((text for reading, text in outcome.changed if reading is inputs.stdin), None)
            sys.stdout.buffer.write(stdin if new is None or inputs.stdin is None else inputs.stdin.source.encode(new))
            sys.stdout.buffer.flush()  # before the summary says that it is done
    _summary(outcome, problems, written=not (diff or check))
    print_coverage(inputs.coverage, show_skipped=options["show_skipped"], err=True)
    complete = tell_of_coverage(inputs.coverage, options)
    if outcome.bugs or problems or not complete:
        click.get_current_context().exit(2)
    click.get_current_context().exit(1 if check and outcome.changed else 0)


def _write_files(inputs: Inputs, outcome: Outcome) -> list[str]:
    """Write the new texts; what could not be written, a line a file, is taken out of `outcome`."""
    import os

    from kpl.errors import UsageError
    from kpl.fix.write import Change, clean, replace_files
    from kpl.report.screen import printable
    from kpl.text.words import listed

    files = [reading.source.path for reading in inputs.readings if reading is not inputs.stdin]
    for folder in dict.fromkeys(os.path.dirname(os.path.realpath(path)) for path in files):
        clean(folder)
    problems = []
    for group in outcome.groups:
        changed = [(reading.source, text) for reading, text in group if reading is not inputs.stdin]
        changes = [Change(each.path, each.encode(each.text), each.encode(text)) for each, text in changed]
        try:
            links = replace_files(changes)
        except UsageError as error:
            paths = [each.path for each in changes]
            torn = f"; {listed(paths)} have fixes in common, so none of them was written" if len(paths) > 1 else ""
            problems.append(f"{error}{torn}")
            outcome.changed = [each for each in outcome.changed if each not in group or each[0] is inputs.stdin]
            outcome.applied = [
                each for each in outcome.applied if not any(source.path in paths for source, _ in each.edited)
            ]
            continue
        for (source, _), count in zip(changed, links, strict=True):
            if count:
                told = f"{source.path} had {count + 1} hard links; the other{'s keep' if count > 1 else ' one keeps'} the old text"
                click.echo(f"kpl: warning: {printable(told)}", err=True)
    return problems


def _place(refused: Withheld) -> str:
    from kpl.report.screen import printable

    finding = refused.finding
    line, column = finding.source.position(finding.span.start)
    return f"{printable(finding.path)}:{line}:{column}: {finding.code} {finding.name}"


def _summary(outcome: Outcome, problems: list[str], written: bool) -> None:
    from kpl.report.screen import printable

    for problem in problems:
        click.echo(f"kpl: error: {printable(problem)}", err=True)
    for path, reason in outcome.unwritten.items():
        click.echo(f"kpl: warning: {printable(path)} {reason}, so kpl fix does not write it", err=True)
    for refused in outcome.not_applied:
        click.echo(f"kpl: {_place(refused)}: the fix was not applied because {printable(refused.problem)}", err=True)
    for bug in outcome.bugs:
        what = "the fix failed verification and was not applied, which is a bug in kpl"
        click.echo(f"kpl: {_place(bug)}: {what}: {printable(bug.problem)}", err=True)
    done = "Fixed" if written else "Would fix"
    count, files = len(outcome.applied), len(outcome.changed)
    if count:
        click.echo(f"{done} {count} problem{'s' * (count != 1)} in {files} file{'s' * (files != 1)}.", err=True)
    else:
        click.echo("Nothing was fixed." if problems else "Nothing to fix.", err=True)
