"""``kpl lint``."""

from __future__ import annotations

import gc
from typing import Any

import click

from kpl.cli.command import Command
from kpl.cli.options import choice_options, container_options, context_option, facts_options, input_options
from kpl.inputs.registry import as_words


@click.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
@click.option(
    "--format", "format_", type=click.Choice(["text", "concise", "json", "jsonl"]), default="text", help="Output format"
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    help="Lowest severity that causes exit code 1 [default: warning]",
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use color")
@click.option(
    "--min-confidence",
    type=click.Choice(["low", "medium", "high"]),
    default="low",
    show_default=True,
    help="Report only findings of this confidence or a higher one",
)
@click.option("--statistics", is_flag=True, help="Count the problems of each rule instead of listing them")
@click.option("--timing", is_flag=True, help="Print how long each rule took, on standard error")
@input_options(as_words())
@context_option
@choice_options
@facts_options
@container_options
def lint(
    paths: tuple[str, ...],
    format_: str,
    fail_on: str | None,
    min_confidence: str,
    color: str,
    statistics: bool,
    timing: bool,
    **options: Any,
) -> None:
    """Check files and directories. PATHS defaults to the current directory; `-` reads standard input.

    Files that git ignores are skipped. Exit codes: 0 no findings, 1 findings of the --fail-on severity or higher,
    2 usage or configuration error, unreadable file, or a named input in which kpl checked nothing.
    """
    gc.disable()  # a short life with many objects, none of them garbage
    from kpl.cli.linting import lint_files
    from kpl.cli.load import stdin_bytes, tell_of_coverage
    from kpl.cli.options import settings_from
    from kpl.lint.rule import Confidence
    from kpl.report import report

    settings = settings_from(options, paths)
    if timing:
        from kpl.cli.timing import timed_lint

        result, coverage = timed_lint(paths, settings, stdin_bytes(paths), options)
    else:
        result, coverage = lint_files(paths, settings, stdin_bytes(paths), options)
    least = Confidence(min_confidence).rank
    result.findings = [finding for finding in result.findings if finding.confidence.rank >= least]
    report(result, coverage, format_, color=color, statistics=statistics, show_skipped=options["show_skipped"])
    complete = tell_of_coverage(coverage, options)
    floor = {"error": 2, "warning": 1, "info": 0, "never": 3}[fail_on or settings.fail_on]
    found = any(finding.severity.rank >= floor for finding in result.findings)
    click.get_current_context().exit(2 if not complete else 1 if found else 0)
