"""Prints what a fix changes, as a unified diff."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator

import click

from kpl.report.screen import printable, wants_color
from kpl.report.workflow import starts_command

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def print_diff(path: str, old: str, new: str, color: str) -> None:
    """Print the difference between two texts of the file `path`."""
    use_color = wants_color(color)
    for line in _lines(path, old, new):
        shown = printable(line.rstrip("\r\n"))
        style = _COLORS.get(line[:1]) if not line.startswith(("+++", "---")) else None
        click.echo(click.style(shown, fg=style) if style and use_color else shown, color=use_color)
        if not line.endswith("\n"):
            click.echo("\\ No newline at end of file")


def _lines(path: str, old: str, new: str) -> Iterator[str]:
    before, after = (list(io.StringIO(text, newline="\n")) for text in (old, new))  # str.splitlines knows more ends
    for line in difflib.unified_diff(before, after, path, path):
        if line.startswith(" ") and starts_command(line):
            # as a context line GitHub's runner would obey it; written so, the diff says the same
            yield f"-{line[1:]}"
            yield f"+{line[1:]}"
        else:
            yield line
