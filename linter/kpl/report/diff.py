"""Prints what a fix changes, as a unified diff.

`git apply` takes it unless a line in it, changed or around a change, holds what `printable` escapes, ``##[`` for one.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator

import click

from kpl.report.screen import printable, wants_color
from kpl.report.workflow import starts_command

_CONTEXTS = (3, 4, 6, 10, 20)
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
    lines: list[str] = []
    for context in _CONTEXTS:
        lines = list(difflib.unified_diff(before, after, path, path, n=context))
        if not _begins_or_ends_with_command(lines):
            break
    for line in lines:
        if _is_command(line):
            # as a context line GitHub's runner would obey it; written so, the diff says the same, to git at least
            yield f"-{line[1:]}"
            yield f"+{line[1:]}"
        else:
            yield line


def _is_command(line: str) -> bool:
    return line.startswith(" ") and starts_command(line)


def _begins_or_ends_with_command(lines: list[str]) -> bool:
    """Whether a hunk would have no context at an end, which git takes for an end of the file."""
    around = zip(["@@", *lines], lines, [*lines[1:], "@@"], strict=False)
    return any(_is_command(line) and "@@" in (before[:2], after[:2]) for before, line, after in around)
