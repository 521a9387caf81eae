"""``kpl fix``."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.options import choice_options, container_options, facts_options

if TYPE_CHECKING:
    from kpl.fix.fixer import Outcome
    from kpl.fix.offers import Withheld


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS|-]...")
@click.option("--unsafe-fixes", is_flag=True, help="Make fixes too that may change what the configuration means.")
@click.option("--diff", is_flag=True, help="Print what would change, write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when something would change.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to colour (auto).")
@choice_options
@facts_options
@container_options
def fix(paths: tuple[str, ...], unsafe_fixes: bool, diff: bool, check: bool, color: str, **options: Any) -> None:
    """Mend what can be mended in PATHS: files, folders, or - for standard input to standard output.

    Only the characters of each fix change. Every fix is verified before it is written; one that fails verification
    because of the others is named and not applied. Exit codes: 0 done (or nothing to do), 1 with --check when something
    would change, 2 wrong usage, or a fix that lint offers and that fails verification, a bug in kpl.
    """
    gc.disable()
    from kpl.cli.load import load, stdin_bytes
    from kpl.cli.options import settings_from
    from kpl.fix.fixer import fix_texts
    from kpl.fix.write import replace_file
    from kpl.inputs.document import STDIN_NAME

    settings = settings_from(options, paths)
    stdin = stdin_bytes(paths)
    stdin_name = options["stdin_filename"] or STDIN_NAME
    readings = load(paths, settings, stdin, stdin_name)
    outcome = fix_texts(readings, settings, unsafe_fixes)
    for reading in readings:
        source = reading.source
        text = outcome.texts.get(source.path)
        if diff and text is not None:
            _print_diff(source.path, source.text, text, color)
        elif stdin is not None and source.path == stdin_name and not check and not diff:
            stdin = source.encode(source.text if text is None else text)
        elif text is not None and not check and not diff:
            replace_file(source.path, source.encode(source.text), source.encode(text))
    if stdin is not None and not check and not diff:
        sys.stdout.buffer.write(stdin)
    _summary(outcome, written=not (diff or check))
    if outcome.bugs:
        click.get_current_context().exit(2)
    click.get_current_context().exit(1 if check and outcome.texts else 0)


def _print_diff(path: str, old: str, new: str, color: str) -> None:
    import difflib
    import io

    from kpl.report.screen import printable, wants_color

    painted = {"+": "green", "-": "red", "@": "cyan"}
    use_color = wants_color(color)
    before, after = (list(io.StringIO(text, newline="\n")) for text in (old, new))  # str.splitlines knows more ends
    lines = difflib.unified_diff(before, after, path, path)
    for line in lines:
        shown = printable(line.rstrip("\r\n"))
        style = painted.get(line[:1]) if not line.startswith(("+++", "---")) else None
        click.echo(click.style(shown, fg=style) if style and use_color else shown, color=use_color)
        if not line.endswith("\n"):
            click.echo("\\ No newline at end of file")


def _place(refused: Withheld) -> str:
    from kpl.report.screen import printable

    finding = refused.finding
    line, column = finding.source.position(finding.span.start)
    return f"{printable(finding.path)}:{line}:{column}: {finding.code} {finding.name}"


def _summary(outcome: Outcome, written: bool) -> None:
    for refused in outcome.not_applied:
        click.echo(f"kpl: {_place(refused)}: the fix was not applied because {refused.problem}", err=True)
    for bug in outcome.bugs:
        click.echo(f"kpl: {_place(bug)}: the fix failed verification, which is a bug in kpl: {bug.problem}", err=True)
    done = "Fixed" if written else "Would fix"
    count, files = len(outcome.applied), len(outcome.texts)
    if count:
        click.echo(f"{done} {count} finding{'s' * (count != 1)} in {files} file{'s' * (files != 1)}.", err=True)
    else:
        click.echo("Nothing to fix.", err=True)
