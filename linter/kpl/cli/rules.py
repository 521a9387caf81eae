"""``kpl rules`` and ``kpl explain``."""

from __future__ import annotations

import click


@click.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def rules(format_: str) -> None:
    """List the rules: code, name, severity, and what each finds. Rules marked off run only when they are selected."""
    from kpl.lint.registry import entries

    if format_ == "json":
        from kpl.report.jsontext import dumps

        shown = [
            {"code": e.code, "name": e.name, "severity": e.severity, "default": e.default, "summary": e.summary}
            for e in entries()
        ]
        click.echo(dumps(shown, indent=2))
        return
    width = max(len(entry.name) for entry in entries())
    for entry in entries():
        state = entry.severity if entry.default else f"{entry.severity}, off"
        click.echo(f"{entry.code}  {entry.name:<{width}}  {state:<12}  {entry.summary}")


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain RULE (a code or a name): what it finds, what that costs, what its fix does, with examples."""
    from kpl.lint.explain import page
    from kpl.lint.registry import find

    click.echo(page(find(rule).load()))
