"""``kpl rules`` and ``kpl explain``."""

from __future__ import annotations

import shutil
import sys

import click

from kpl.cli.command import Command


@click.command(cls=Command)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Output format")
def rules(format_: str) -> None:
    """List all rules. A rule marked `off` runs only if you select it."""
    from kpl.lint.registry import entries

    if format_ == "json":
        from kpl.report.jsontext import dumps

        shown = [
            {"code": e.code, "name": e.name, "severity": e.severity, "default": e.default, "summary": e.summary}
            for e in entries()
        ]
        click.echo(dumps(shown, indent=2))
        return
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    width = max(len(entry.name) for entry in entries())
    for entry in entries():
        state = entry.severity if entry.default else f"{entry.severity}, off"
        line = f"{entry.code}  {entry.name:<{width}}  {state:<12}  {entry.summary}"
        click.echo(line if room is None or len(line) <= room else f"{line[: room - 1]}…")


@click.command(cls=Command)
@click.argument("rule")
@click.option("--all", "everything", is_flag=True, help="Show all examples")
def explain(rule: str, everything: bool) -> None:
    """Explain RULE, a code or a name: what it finds, what that costs and what the fix changes."""
    from kpl.lint.explain import page
    from kpl.lint.registry import find

    click.echo(page(find(rule).load(), everything=everything))
