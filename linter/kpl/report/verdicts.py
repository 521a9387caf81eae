"""Prints verdicts: for people, and as JSON (verdict.schema.json is the schema of one)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from kpl.report.jsontext import dumps, path_fields
from kpl.report.screen import printable, snippet_lines
from kpl.text import late
from kpl.text.words import listed

if TYPE_CHECKING:
    from kpl.text.source import Source
    from kpl.text.span import Span
    from kpl.text.version import Version
    from kpl.verify.judged import Judged

PROGRAMS = {"corefile": "CoreDNS", "kube-proxy": "kube-proxy"}

_LONGEST = 2000
_UNKNOWN_PLUGIN = late.pattern(r"Unknown directive '([a-z][a-z0-9_-]*)'$")
_COLORS = {"loads": "green", "refuses": "red", "depends": "yellow"}
_HELP = {
    "file": "If it exists in the container, add `--assume-file {name}`.",
    "environment variable": "If you know its value, add `--env {name}=VALUE`.",
    "template": "Another tool fills in this placeholder; verify the rendered file.",
}


def record(judged: Judged) -> dict[str, Any]:
    """One verdict as the schema says."""
    verdict = judged.verdict
    line, column = judged.source.position(judged.span.start) if judged.span else (None, None)
    imported = {}
    if judged.imported is not None:
        source, span = judged.imported
        place = source.position(span.start)
        imported["imported"] = {"path": source.path, "line": place[0], "column": place[1]}
    return {
        **path_fields(judged.path),
        "index": judged.number,
        "kind": judged.kind,
        "version": version_text(judged),
        **({"clusters": list(judged.clusters)} if judged.clusters else {}),
        "verdict": verdict.answer,
        "phase": verdict.phase,
        "message": verdict.message,
        "line": line,
        "column": column,
        **imported,
        "inner_line": verdict.inner_line,
        "depends_on": [need._asdict() for need in verdict.needs],
    }


def version_text(judged: Judged) -> str:
    """CoreDNS's releases have three numbers, ``1.7.0``; of Kubernetes the minor release may be all that is known."""
    return ".".join(map(str, judged.version.numbers)) if judged.kind == "corefile" else str(judged.version)


class Printed(NamedTuple):
    """A verdict as it is to be printed."""

    answer: str
    text: str


def printed(judged: Judged, format_: str, color: bool) -> Printed:
    """The verdict as `format_`: text, json or jsonl."""
    if format_ == "text":
        return Printed(judged.verdict.answer, render(judged, color))
    return Printed(judged.verdict.answer, dumps(record(judged), indent=2 if format_ == "json" else None))


def print_verdicts(verdicts: Sequence[Printed], format_: str, color: bool) -> None:
    """One verdict after the other; in text, how many there are of each in the end; as json, one array."""
    if format_ == "json":
        items = ",\n".join(each.text for each in verdicts)
        click.echo(f"[{items}]")
        return
    for each in verdicts:
        click.echo(each.text, color=color)
    if format_ == "text":
        counts = Counter(each.answer for each in verdicts)
        parts = [f"{counts[answer]} {word}" for answer, word in _words(counts) if counts[answer]]
        click.echo(f"{', '.join(parts)}." if parts else "Found no configurations.")


def _about_plugin(name: str, version: Version) -> Iterator[str]:
    """What to do about a plugin that CoreDNS does not know: it is another one, or may be in the image."""
    from kpl.coredns.lenient import may_be_external
    from kpl.coredns.versions import removed_in, setup_order
    from kpl.text.words import closest

    known = setup_order(version)
    meant = closest(name, known)
    if meant is not None:
        yield f"Replace `{name}` with `{meant[0]}`."
    elif removed_in(name) is None and may_be_external(name, known):
        yield f"If the image contains this plugin, add `--plugins {name}`."


def _words(counts: Counter[str]) -> list[tuple[str, str]]:
    return [
        ("loads", "loads" if counts["loads"] == 1 else "load"),
        ("refuses", "refused"),
        ("depends", "depends" if counts["depends"] == 1 else "depend"),
    ]


def _shortened(line: str) -> str:
    """A message quotes words of any length: here, the middle is left out; in JSON it is whole."""
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 4 :]}"


def _place(source: Source, span: Span) -> str:
    return "{}:{}:{}".format(printable(source.path), *source.position(span.start))


def render(judged: Judged, color: bool) -> str:
    """One verdict, without a line end at the end."""
    verdict = judged.verdict
    source, span = judged.imported or (judged.source, judged.span)
    if span is not None:
        place = _place(source, span)
    elif judged.number:
        place = f"{printable(judged.path)} (configuration {judged.number + 1})"
    else:
        place = printable(judged.path)
    program = f"{PROGRAMS[judged.kind]} {version_text(judged)}"
    if judged.clusters:
        program += f", in {printable(listed(judged.clusters))}"
    answer = verdict.answer
    word = click.style(answer, fg=_COLORS[answer], bold=True) if color else answer
    if answer == "loads":
        return f"{place}: {word} ({program})"
    out = [f"{place}: {word} ({program}{f', {verdict.phase}' if verdict.phase else ''})"]
    gutter = "  "
    if span is not None:
        shown, gutter = snippet_lines(source, span, _COLORS[answer], color)
        out += shown
    if answer == "refuses":
        says = verdict.message if verdict.message is not None else "(no message: it never terminates)"
        out += [f"{gutter} = {_shortened(printable(line))}" for line in says.split("\n")]
        unknown = _UNKNOWN_PLUGIN.search(says)
        if unknown is not None:
            out += [f"{gutter}   {line}" for line in _about_plugin(unknown[1], judged.version)]
    if judged.imported is not None and judged.span is not None:
        out.append(f"{gutter} = imported at {_place(judged.source, judged.span)}")
    for need in verdict.needs:
        out.append(f"{gutter} = depends on the {need.kind} {printable(need.name)}")
        if need.kind in _HELP:
            out.append(f"{gutter}   {_HELP[need.kind].format(name=printable(need.name))}")
    return "\n".join(out)
