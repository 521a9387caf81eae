"""Reads the files of a run, in two processes where that pays, and tells what was not checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.options import KINDS
from kpl.errors import UsageError
from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.inputs.detect import STDIN_NAME
from kpl.inputs.discover import Found, discover
from kpl.inputs.document import Document, ParseFailure, Reading, only_tells
from kpl.parallel import can_fork, in_two_processes

if TYPE_CHECKING:
    from kpl.lint.settings import Settings

PARALLEL_BYTES = 3_000_000
"""From this size on a second process is no slower and soon quicker: what it reads has to be sent back."""
_MOST_TOLD = 10


def stdin_bytes(paths: Sequence[str]) -> bytes | None:
    """What comes from standard input, when ``-`` is among `paths`. Raises UsageError."""
    if "-" not in paths:
        return None
    from kpl.inputs.files import read_exactly
    from kpl.inputs.read import MAX_SIZE

    data = read_exactly(sys.stdin.buffer, MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise UsageError(f"standard input is larger than {MAX_SIZE >> 20} MiB")
    return data


@dataclass
class Inputs:
    """The readings of a run, that of standard input first, and what became of all its files."""

    readings: list[Reading]
    coverage: Coverage
    stdin: Reading | None = None


def load(
    paths: Sequence[str],
    settings: Settings,
    stdin: bytes | None,
    options: dict[str, Any],
    wanted: Callable[[Document], bool] = lambda document: not (_is_template(document) or only_tells(document)),
    nothing: str = "contains nothing that kpl checks",
) -> Inputs:
    """Read standard input and all files under `paths`; `options` are those of `input_options`.

    A file counts as checked if one of its documents is `wanted`; `nothing` says what one is without. Raises UsageError.
    """
    as_kind = KINDS.get(options["as_kind"] or "")
    inputs = Inputs([], Coverage())
    checked: set[str] = set()

    def add(read: Reading | Skipped) -> bool:
        if isinstance(read, Skipped):
            inputs.coverage.skipped.append(read)
            return False
        inputs.readings.append(read)
        is_checked = any(wanted(document) for document in read.documents)
        if is_checked:
            inputs.coverage.checked[read.kind] += 1
            checked.add(read.source.path)
        templates = list(_templates(read, is_checked))
        if not (is_checked or templates):
            templates = [Skipped(read.source.path, SkipReason.NOTHING, nothing)]
        inputs.coverage.skipped += templates
        return is_checked

    if stdin is not None:
        from kpl.inputs.read import read_bytes

        name = options["stdin_filename"] or STDIN_NAME
        read = read_bytes(name, stdin, as_kind=as_kind)
        if not add(read):
            inputs.coverage.add_empty(name, inputs.coverage.skipped)
        if isinstance(read, Reading):
            inputs.stdin = read
    found = find_files(paths, inputs.coverage, settings, named_only=as_kind is not None)
    checked.clear()  # a file may be called like standard input
    for read in read_files(found, as_kind):
        add(read)
    add_empty_arguments(paths, found, checked, inputs.coverage)
    return inputs


def find_files(
    paths: Sequence[str], coverage: Coverage, settings: Settings | None, *, named_only: bool, all_names: bool = False
) -> list[Found]:
    """The files under `paths`, or under the current folder, that `settings` do not exclude. Raises UsageError."""
    given = [path for path in paths or ["."] if path != "-"]
    if named_only and (folder := next((path for path in given if os.path.isdir(path)), None)) is not None:
        raise UsageError(f"{folder} is a directory, but `--as` applies only to files and standard input")
    discovery = discover(given, all_names)
    coverage.skipped += discovery.skipped
    coverage.notes += discovery.notes
    found = []
    for each in discovery.found:
        if settings is not None and settings.excludes(each.path):
            coverage.skipped.append(Skipped(each.path, SkipReason.EXCLUDED, "is excluded by the configuration"))
        else:
            found.append(each)
    return found


def add_empty_arguments(paths: Sequence[str], found: Sequence[Found], checked: set[str], coverage: Coverage) -> None:
    """Remember which of the `paths` led to no file that was `checked`.

    A directory may well hold nothing for kpl, as long as a file in it was looked at.
    """
    looked_at = checked | {each.path for each in coverage.skipped if each.reason is SkipReason.NOTHING}
    reached = {argument for each in found if each.path in checked for argument in each.arguments}
    reached |= {path for each in found if each.path in looked_at for path in each.arguments if path != each.path}
    for path in dict.fromkeys(paths):
        if path != "-" and path not in reached:
            coverage.add_empty(path, coverage.skipped)
    if not checked and all(path in reached for path in paths):
        coverage.notes.append("found no files to check")


def _is_template(document: Document) -> bool:
    return isinstance(document.model, ParseFailure) and document.model.templated


def _templates(reading: Reading, is_checked: bool) -> Iterator[Skipped]:
    """The file, where all of it only parses when it is rendered, or the documents of it that do."""
    detail = "is a template that must be rendered first"
    templates = [document for document in reading.documents if _is_template(document)]
    if templates and not is_checked:
        yield Skipped(reading.source.path, SkipReason.TEMPLATE, detail)
        return
    for document in templates:
        line, _ = reading.source.position(document.embedding.host_span(document.model.span).start)
        yield Skipped(reading.source.path, SkipReason.TEMPLATE, f"contains a document that {detail}", line)


def read_files(found: Sequence[Found], as_kind: str | None = None) -> list[Reading | Skipped]:
    """What `found` holds, in its order."""

    def read_all(some: Sequence[Found]) -> list[Reading | Skipped]:
        from kpl.inputs.files import read_file

        return [read_file(each, as_kind) for each in some]

    sizes = [_size(each.path) for each in found]
    if len(found) > 1 and sum(sizes) > PARALLEL_BYTES and can_fork():
        half, total = 0, 0
        while total < sum(sizes) / 2:
            total += sizes[half]
            half += 1
        return in_two_processes(read_all, found[:half], found[half:])
    return read_all(found)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def tell_of_coverage(coverage: Coverage, options: dict[str, Any]) -> bool:
    """Say on standard error how the files were found and what the run lacks; whether it is complete."""
    from kpl.report.screen import printable

    for note in coverage.notes:
        click.echo(f"kpl: warning: {printable(note)}", err=True)
    failures = coverage.failures(options["allow_empty"])
    for each in failures[:_MOST_TOLD]:
        click.echo(f"kpl: error: {printable(each.path)} was not checked: it {each.detail}", err=True)
    if len(failures) > _MOST_TOLD:
        more = len(failures) - _MOST_TOLD
        click.echo(f"kpl: error: {more:,} more inputs were not checked (`--show-skipped` lists them)", err=True)
    if any(not each.reason.is_failure for each in failures):
        click.echo("kpl: use `--allow-empty` to accept inputs in which kpl checks nothing", err=True)
    return not failures
