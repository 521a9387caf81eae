"""``kpl rules`` and ``kpl explain``."""

from __future__ import annotations

import shutil
import sys

import click

from kpl.cli.command import Command
from kpl.cli.options import PROFILES


@click.command(cls=Command)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Output format")
@click.option("--profile", type=click.Choice(PROFILES), default="all", help="List the rules of this profile")
def rules(format_: str, profile: str) -> None:
    """List all rules. A rule marked `strict` or `all` runs only in that profile, or if you select it."""
    from kpl.lint.registry import entries

    chosen = [entry for entry in entries() if entry.is_in(profile)]
    if format_ == "json":
        from kpl.report.jsontext import dumps

        shown = [
            {"code": e.code, "name": e.name, "severity": e.severity, "profile": e.profile, "summary": e.summary}
            for e in chosen
        ]
        click.echo(dumps(shown, indent=2))
        return
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    width = max(len(entry.name) for entry in chosen)
    for entry in chosen:
        state = entry.severity if entry.profile == "default" else f"{entry.severity}, {entry.profile}"
        line = f"{entry.code}  {entry.name:<{width}}  {state:<15}  {entry.summary}"
        click.echo(line if room is None or len(line) <= room else f"{line[: room - 1]}…")


@click.command(cls=Command)
@click.argument("rule")
@click.option("--all", "everything", is_flag=True, help="Show all examples")
def explain(rule: str, everything: bool) -> None:
    """Explain RULE, a code or a name: what it finds, what that costs and what the fix changes."""
    from kpl.lint.explain import page
    from kpl.lint.registry import find

    click.echo(page(find(rule).load(), everything=everything))
