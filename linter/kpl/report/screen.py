"""For people: findings with the source and a caret, or one line each."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from kpl.report.workflow import ANYWHERE
from kpl.text.source import Source
from kpl.text.span import Span
from kpl.text.words import listed

if TYPE_CHECKING:
    from kpl.lint.located import Located, Result

_COLORS = {"error": "red", "warning": "yellow", "info": "blue"}
_WIDTH = 160
_MAX_LINES = 6


def wants_color(choice: str) -> bool:
    """Whether to colour: as told, else when standard output is a terminal and NO_COLOR is not set."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """`text` with everything escaped that a terminal or GitHub's runner would obey, or that is not there to be seen."""
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    return "".join(_printed(text))


def _printed(text: str) -> list[str]:
    """Each character of `text` as `printable` writes it."""
    shown = [c if c == "\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text]
    for command in ANYWHERE.finditer(text):
        shown[command.start()] = "\\x23"
    return shown


def print_concise(result: Result, files: int) -> None:
    """One line a finding."""
    for finding in result.findings:
        line, column = finding.source.position(finding.span.start)
        where = f"{printable(finding.path)}:{line}:{column}"
        click.echo(f"{where}: {finding.severity.value} {finding.code} [{finding.name}] {printable(finding.message)}")
    click.echo(summary(result, files))


def print_text(result: Result, files: int, color: bool) -> None:
    """Each finding with its source, what happens there and what to write instead."""
    for finding in result.findings:
        click.echo(render(finding, color), color=color)
        click.echo()
    click.echo(summary(result, files), color=color)


def render(finding: Located, color: bool) -> str:
    """One finding, without a line end at the end."""

    def paint(text: str, **style: object) -> str:
        return click.style(text, **style) if color else text  # type: ignore[arg-type]

    tint = _COLORS[finding.severity.value]
    lines, gutter = snippet_lines(finding.source, finding.span, tint, color)
    line, column = finding.source.position(finding.span.start)
    place = f"{paint(printable(finding.path), bold=True)}:{line}:{column}"
    title = paint(f"{finding.code} {finding.name}", bold=True)
    out = [f"{place}: {paint(finding.severity.value, fg=tint, bold=True)} {title}{_home(finding)}", *lines]
    out.append(f"{gutter} = {printable(finding.message)}")
    if finding.help:
        out.append(f"{gutter} = {paint('help:', fg='cyan')} {printable(finding.help)}")
    for each in finding.related:
        there = "{}:{}:{}".format(printable(each.source.path), *each.source.position(each.span.start))
        out.append(f"{gutter} = {paint('see:', fg='cyan')} {there}: {printable(each.message)}")
    if finding.fix:
        command = "kpl fix" if finding.fix.safe else "kpl fix --unsafe-fixes"
        if finding.fix.elsewhere:
            command += f", also edits {listed([printable(each.source.path) for each in finding.fix.elsewhere])}"
        out.append(f"{gutter} = {paint('fix:', fg='cyan')} {printable(finding.fix.title)} ({command})")
    return "\n".join(out)


def _home(finding: Located) -> str:
    """The object that a finding is in, and what it was rendered from."""
    named = f" in {finding.object}" if finding.object is not None and finding.object.name else ""
    rendered = f"{',' if named else ''} from {finding.template}" if finding.template else ""
    return "".join(printable(f"{each[:_WIDTH]}…" if len(each) > _WIDTH else each) for each in (named, rendered))


def snippet_lines(source: Source, span: Span, tint: str, color: bool) -> tuple[list[str], str]:
    """The lines of `span` with their numbers and carets, and the blank that is as wide as a number."""
    width = len(str(source.position(max(span.end - 1, span.start))[0]))
    gutter = " " * width
    out = []
    for number, text, carets in _snippet(source, span):
        bar, mark = f"{number:>{width}} |", carets
        if color:
            bar, mark = click.style(bar, fg="bright_black"), click.style(carets, fg=tint, bold=True)
        out.append(f"{bar} {text}".rstrip())
        if carets:
            bar = click.style(f"{gutter} |", fg="bright_black") if color else f"{gutter} |"
            out.append(f"{bar} {mark}")
    return out, gutter


def _snippet(source: Source, span: Span) -> list[tuple[int, str, str]]:
    """Line number, text and carets of the lines of `span`."""
    first = source.position(span.start)[0]
    last = source.position(max(span.end - 1, span.start))[0]
    shown = []
    for number in range(first, min(last, first + _MAX_LINES - 1) + 1):
        line = source.line_span(number)
        start = max(span.start, line.start)
        end = min(max(span.end, span.start + 1), line.end)
        text = source.text[line.start : line.end]
        if number > first:
            start = min(line.start + len(text) - len(text.lstrip()), end)
        shown_text, carets = _window(text, start - line.start, max(end - line.start, start - line.start))
        blank = number > first and start == end
        shown.append((number, shown_text, "" if blank else carets))
    if last - first >= _MAX_LINES:
        shown.append((last, "...", ""))
    return shown


def _window(text: str, start: int, end: int) -> tuple[str, str]:
    """The line with carets under ``[start, end)``, cut to a width that a screen has."""
    end = max(end, start + 1)
    left = 0
    if len(text) > _WIDTH:
        left = max(min(start - 20, len(text) - _WIDTH), 0)
    right = left + _WIDTH
    # carets cannot be under a width that only the terminal knows
    shown = [each.replace("\t", "    ") for each in _printed(text[left:right])]
    until = min(end, right) - left
    before, marked, after = (
        "".join(shown[each]) for each in (slice(start - left), slice(start - left, until), slice(until, None))
    )
    cut = ("…" if left else "", "…" if right < len(text) else "")
    blank = " " * sum(_columns(c) for c in cut[0] + before)
    carets = "^" * max(sum(_columns(c) for c in marked), 1)
    return f"{cut[0]}{before}{marked}{after}{cut[1]}", blank + carets


def _columns(character: str) -> int:
    """How many columns a terminal gives to a character."""
    if character.isascii():
        return 1
    import unicodedata

    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def summary(result: Result, files: int) -> str:
    """What was found, in how many files, and how much of it can be fixed."""
    counts = Counter(finding.severity.value for finding in result.findings)
    where = f" in {files:,} file{'s' * (files != 1)}" if files else ""  # a template is told and not checked
    total = len(result.findings)
    if not total:
        return f"No problems found{where}." if files else "Nothing was checked."
    parts = [
        f"{counts[name]:,} {name}{'s' * (counts[name] != 1)}" for name in ("error", "warning", "info") if counts[name]
    ]
    found = f"Found {total:,} problem{'s' * (total != 1)} ({', '.join(parts)}){where}."
    safe = sum(1 for finding in result.findings if finding.fix and finding.fix.safe)
    unsafe = sum(1 for finding in result.findings if finding.fix and not finding.fix.safe)
    fixes = [f"{safe:,} can be fixed with `kpl fix`"] if safe else []
    if unsafe:
        fixes.append(f"{unsafe:,} {'more' if safe else 'can be fixed'} with `kpl fix --unsafe-fixes`")
    return f"{found} {', '.join(fixes)}." if fixes else found
