"""``kpl lint --timing``: the rules in one process, each with its time."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import click

from kpl.cli.linting import lint_files
from kpl.inputs.coverage import Coverage
from kpl.lint.located import Result
from kpl.lint.settings import Settings
from kpl.lint.timing import rules_timed
from kpl.report.timing import timing_lines


def timed_lint(
    paths: Sequence[str], settings: Settings, stdin: bytes | None, options: dict[str, Any]
) -> tuple[Result, Coverage]:
    """As `lint_files`, without the cache; the times are printed on standard error."""
    start = perf_counter()
    with rules_timed() as seconds:
        done = lint_files(paths, settings, stdin, {**options, "no_cache": True}, alone=True)
    for line in timing_lines(seconds, perf_counter() - start):
        click.echo(line, err=True)
    return done
