"""Prints verdicts: for people, and as JSON (verdict.schema.json is the schema of one)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from kpl.report.screen import printable, snippet_lines

if TYPE_CHECKING:
    from kpl.verify.judged import Judged

PROGRAMS = {"corefile": "CoreDNS", "kube-proxy": "kube-proxy"}

_COLORS = {"loads": "green", "refuses": "red", "depends": "yellow"}
_HELP = {
    "file": "Say that it exists in the container: --assume-file {name}",
    "environment variable": "Say what it holds: --env {name}=VALUE",
    "template": "Render it first, and verify what comes out: helm template . | kpl verify -",
}


def record(judged: Judged) -> dict[str, Any]:
    """One verdict as the schema says."""
    verdict = judged.verdict
    line, column = judged.source.position(judged.span.start) if judged.span else (None, None)
    return {
        "path": judged.path,
        "index": judged.number,
        "kind": judged.kind,
        "version": version_text(judged),
        "verdict": verdict.answer,
        "phase": verdict.phase,
        "message": verdict.message,
        "line": line,
        "column": column,
        "inner_line": verdict.inner_line,
        "depends_on": [need._asdict() for need in verdict.needs],
    }


def version_text(judged: Judged) -> str:
    """CoreDNS's releases have three numbers, ``1.7.0``; of Kubernetes the minor release may be all that is known."""
    return ".".join(map(str, judged.version.numbers)) if judged.kind == "corefile" else str(judged.version)


def print_json(verdicts: Iterable[Judged], lines: bool) -> None:
    """One object a line, or one array; ASCII only, so that no terminal is harmed."""
    if lines:
        for judged in verdicts:
            click.echo(json.dumps(record(judged)))
    else:
        click.echo(json.dumps([record(judged) for judged in verdicts], indent=2))


def print_text(verdicts: Iterable[Judged], color: bool) -> None:
    """A line for what loads; the program's message and the place in the source for the rest; then how many of each."""
    counts: Counter[str] = Counter()
    for judged in verdicts:
        counts[judged.verdict.answer] += 1
        click.echo(render(judged, color), color=color)
    if not counts:
        click.echo("No configurations were found.")
        return
    parts = [f"{counts[answer]} {word}" for answer, word in _words(counts) if counts[answer]]
    click.echo(f"{', '.join(parts)}.")


def _words(counts: Counter[str]) -> list[tuple[str, str]]:
    return [
        ("loads", "loads" if counts["loads"] == 1 else "load"),
        ("refuses", "is refused" if counts["refuses"] == 1 else "are refused"),
        ("depends", "depends" if counts["depends"] == 1 else "depend"),
    ]


def render(judged: Judged, color: bool) -> str:
    """One verdict, without a line end at the end."""
    verdict = judged.verdict
    place = printable(judged.path)
    if judged.span is not None:
        place = "{}:{}:{}".format(place, *judged.source.position(judged.span.start))
    elif judged.number:
        place = f"{place} (configuration {judged.number + 1})"
    program = f"{PROGRAMS[judged.kind]} {version_text(judged)}"
    answer = verdict.answer
    word = click.style(answer, fg=_COLORS[answer], bold=True) if color else answer
    if answer == "loads":
        return f"{place}: {word} ({program})"
    out = [f"{place}: {word} ({program}{f', {verdict.phase}' if verdict.phase else ''})"]
    gutter = "  "
    if judged.span is not None:
        shown, gutter = snippet_lines(judged.source, judged.span, _COLORS[answer], color)
        out += shown
    if answer == "refuses":
        says = verdict.message if verdict.message is not None else "(nothing: it never comes to an end)"
        out += [f"{gutter} = {printable(line)}" for line in says.split("\n")]
    for need in verdict.needs:
        out.append(f"{gutter} = on the {need.kind} {printable(need.name)}")
        if need.kind in _HELP:
            out.append(f"{gutter}   {_HELP[need.kind].format(name=printable(need.name))}")
    return "\n".join(out)
