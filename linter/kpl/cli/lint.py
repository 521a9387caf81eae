"""``kpl lint``."""

from __future__ import annotations

import gc
from typing import Any

import click

from kpl.cli.options import choice_options, container_options, facts_options


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS|-]...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "concise", "json", "jsonl"]), default="text", help="How to print."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="Exit 1 from this severity on (warning).",
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to colour (auto).")
@choice_options
@facts_options
@container_options
def lint(paths: tuple[str, ...], format_: str, fail_on: str | None, color: str, **options: Any) -> None:
    """Find faults in PATHS: files, folders, or - for standard input; without any, in this folder.

    Files that git ignores are left out of folders. Exit codes: 0 clean, 1 findings from --fail-on upwards, 2 wrong
    usage or configuration.
    """
    gc.disable()  # a short life with many objects, none of them garbage
    from kpl.cli.load import load, stdin_bytes
    from kpl.cli.options import settings_from
    from kpl.lint import engine
    from kpl.report import report

    settings = settings_from(options, paths)
    readings = load(paths, settings, stdin_bytes(paths), options["stdin_filename"])
    result = engine.lint(readings, settings)
    if any(finding.fix for finding in result.findings):
        from kpl.fix.offers import offers

        result.findings = offers(readings, result.findings, settings).findings
    report(result, format_, files=len(readings), color=color)
    floor = {"error": 2, "warning": 1, "info": 0, "never": 3}[fail_on or settings.fail_on]
    click.get_current_context().exit(1 if any(finding.severity.rank >= floor for finding in result.findings) else 0)
