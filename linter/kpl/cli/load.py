"""Reads the files of a run, in two processes where that pays, and tells what was not checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kpl.errors import UsageError
from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.inputs.detect import is_archive_name
from kpl.inputs.discover import Found, discover
from kpl.inputs.document import STDIN_NAME, Document, Reading
from kpl.inputs.registry import as_words, only_tells
from kpl.parallel import can_fork, in_two_processes
from kpl.text.source import SourceOrigin

if TYPE_CHECKING:
    from kpl.lint.settings import Settings

PARALLEL_BYTES = 3_000_000
"""From this size on a second process is no slower and soon quicker: what it reads has to be sent back."""
PARALLEL_FILES = 1_000
_OPTIONS = ("markdown",)
"""The options that ask for files of more kinds; see `FileKind.option`."""
Item = TypeVar("Item")
_MOST_TOLD = 10
_GOLDEN = 0x9E3779B97F4A7C15
"""The golden section times two to the 64th."""


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


@dataclass(eq=False, repr=False)
class Inputs:
    """The readings of a run, that of standard input first, and what became of all its files."""

    readings: list[Reading]
    coverage: Coverage
    stdin: Reading | None = None
    generated: list[Reading] = field(default_factory=list)
    """Those that are Corefiles because a Kustomization says so."""


def is_checked(document: Document) -> bool:
    """Whether `kpl lint` and `kpl fix` look at `document`."""
    return not is_template(document) and (document.kind in _COMPARED or not only_tells(document))


_COMPARED = frozenset(("CalicoSettings", "ClusterSettings", "FlannelSettings", "KubeadmCluster", "KubeadmNode"))
"""What tells of a cluster and is checked too: rules compare these with each other."""


class Loading:
    """The files of a run, before they are read; `options` are those of `input_options`. Raises UsageError.

    A file counts as checked if one of its documents is `wanted`; `nothing` says what one is without.
    """

    def __init__(
        self,
        paths: Sequence[str],
        settings: Settings,
        stdin: bytes | None,
        options: dict[str, Any],
        wanted: Callable[[Document], bool] = is_checked,
        nothing: str = "contains nothing that kpl checks",
    ) -> None:
        self.as_kind = as_words().get(options["as_kind"] or "")
        self._paths = paths
        self._wanted, self._nothing = wanted, nothing
        self._coverage = Coverage()
        self._checked: set[str] = set()
        self._stdin: Reading | Skipped | None = None
        if stdin is not None:
            from kpl.inputs.read import read_bytes

            self._stdin_name = options["stdin_filename"] or STDIN_NAME
            self._stdin = read_bytes(self._stdin_name, stdin, as_kind=self.as_kind, origin=SourceOrigin.STANDARD_INPUT)
        found = find_files(
            paths, self._coverage, settings, named_only=self.as_kind is not None, options=asked_options(options)
        )
        self.found, self._archives = (found, []) if self.as_kind else without_archives(found)
        self.members = [each for one in self._archives for each in members(one, settings)]
        """What the files in the archives of the run hold."""

    def finish(self, read: Iterable[Reading | Skipped]) -> Inputs:
        """The inputs, when all of `found` is `read`."""
        inputs = Inputs([], self._coverage)
        if self._stdin is not None:
            if not self._add(self._stdin, inputs):
                inputs.coverage.add_empty(self._stdin_name, inputs.coverage.skipped)
            if isinstance(self._stdin, Reading):
                inputs.stdin = self._stdin
        self._checked.clear()  # a file may be called like standard input
        for each in (*read, *self.members):
            self._add(each, inputs)
        if any(
            document.kind in ("Application", "Kustomization", "ReleaseValues")
            for each in inputs.readings
            for document in each.documents
        ):
            from kpl.cli.generated import generated_files

            inputs.generated = generated_files(inputs.readings, inputs.coverage)
            for each in inputs.generated:
                self._add(each, inputs)
        add_empty_arguments(self._paths, [*self.found, *self._archives], self._checked, inputs.coverage)
        return inputs

    def _add(self, read: Reading | Skipped, inputs: Inputs) -> bool:
        if isinstance(read, Skipped):
            inputs.coverage.skipped.append(read)
            return False
        inputs.readings.append(read)
        checked = any(self._wanted(document) for document in read.documents)
        if checked:
            inputs.coverage.checked[read.kind] += 1
            self._checked.add(read.source.archive or read.source.path)
        templates = list(_templates(read, checked))
        if not (checked or templates):
            templates = [Skipped(read.source.path, SkipReason.NOTHING, self._nothing)]
        inputs.coverage.skipped += templates
        return checked


def asked_options(options: dict[str, Any]) -> list[str]:
    """Those of the `options` that ask for files of more kinds."""
    return [each for each in _OPTIONS if options.get(each)]


def without_archives(found: list[Found]) -> tuple[list[Found], list[Found]]:
    """The files that are no archives, and the archives that the user named."""
    archives = [each for each in found if each.named and is_archive_name(each.path)]
    return ([each for each in found if each not in archives] if archives else found), archives


def members(archive: Found, settings: Settings) -> list[Reading | Skipped]:
    """What the files in an archive hold."""
    from kpl.inputs.archives import read_archive

    return read_archive(archive.path, settings.excludes)


def load(
    paths: Sequence[str],
    settings: Settings,
    stdin: bytes | None,
    options: dict[str, Any],
    wanted: Callable[[Document], bool] = is_checked,
    nothing: str = "contains nothing that kpl checks",
) -> Inputs:
    """Read standard input and all files under `paths`; see `Loading`. Raises UsageError."""
    loading = Loading(paths, settings, stdin, options, wanted, nothing)
    return loading.finish(read_files(loading.found, loading.as_kind))


def find_files(
    paths: Sequence[str],
    coverage: Coverage,
    settings: Settings | None,
    *,
    named_only: bool,
    all_names: bool = False,
    options: Collection[str] = (),
) -> list[Found]:
    """The files under `paths`, or under the current folder, that `settings` do not exclude. Raises UsageError.

    Some files are looked for only with one of `options`.
    """
    given = [path for path in paths or ["."] if path != "-"]
    if named_only and (folder := next((path for path in given if os.path.isdir(path)), None)) is not None:
        raise UsageError(f"{folder} is a directory, but `--as` applies only to files and standard input")
    discovery = discover(given, all_names, options)
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


def is_template(document: Document) -> bool:
    """Whether `document` only parses when it is rendered."""
    return document.kind == "ParseFailure" and document.model.templated


def _templates(reading: Reading, is_checked: bool) -> Iterator[Skipped]:
    """The file, where all of it only parses when it is rendered, or the documents of it that do."""
    detail = "is a template that must be rendered first"
    templates = [document for document in reading.documents if is_template(document)]
    if templates and not is_checked:
        yield Skipped(reading.source.path, SkipReason.TEMPLATE, detail)
        return
    for document in templates:
        line, _ = reading.source.position(document.embedding.host_span(document.model.span).start)
        reason = SkipReason.IN_PART if document.model.is_read else SkipReason.TEMPLATE
        yield Skipped(reading.source.path, reason, f"contains a document that {detail}", line)
    part = next((each for each in reading.documents if each.unrendered is not None), None)
    if part is not None and not templates:  # its name says that it is one
        yield Skipped(reading.source.path, SkipReason.IN_PART, detail, 1)


def read_files(found: Sequence[Found], as_kind: str | None = None) -> list[Reading | Skipped]:
    """What `found` holds, in its order."""
    if is_much(found) and can_fork():
        first, second = halves(found)
        both = in_two_processes(lambda some: read_here(some, as_kind), first, second)
        return joined(both[: len(first)], both[len(first) :])
    return read_here(found, as_kind)


def halves(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """The items for each of two processes, in their order: never every other one, as folders hold the same files in turn."""
    numbered = list(enumerate(items))
    return [each for number, each in numbered if not _is_second(number)], [
        each for number, each in numbered if _is_second(number)
    ]


def joined(first: Sequence[Item], second: Sequence[Item]) -> list[Item]:
    """The items of both `halves`, as they were."""
    both = iter(first), iter(second)
    return [next(both[_is_second(number)]) for number in range(len(first) + len(second))]


def _is_second(number: int) -> bool:
    # the fraction of a multiple of the golden section: as often below as above one half, whatever the step
    return bool(number * _GOLDEN >> 63 & 1)


def read_here(found: Sequence[Found], as_kind: str | None = None) -> list[Reading | Skipped]:
    """What `found` holds, in its order, read by this process."""
    from kpl.inputs.files import read_file

    return [read_file(each, as_kind) for each in found]


def is_much(found: Sequence[Found]) -> bool:
    """Whether a second process pays for itself."""
    return len(found) > PARALLEL_FILES or (len(found) > 1 and sum(_size(each.path) for each in found) > PARALLEL_BYTES)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def tell_of_coverage(coverage: Coverage, options: dict[str, Any], *, lists_all: bool = False) -> bool:
    """Say on standard error how the files were found and what the run lacks; whether it is complete.

    A command that `lists_all` files has told the others already.
    """
    from kpl.report.screen import printable

    for note in coverage.notes:
        click.echo(f"kpl: warning: {printable(note)}", err=True)
    failures = coverage.failures(options["allow_empty"])
    for each in failures[:_MOST_TOLD]:
        click.echo(f"kpl: error: {printable(each.path)} was not checked: it {each.detail}", err=True)
    if len(failures) > _MOST_TOLD:
        more = len(failures) - _MOST_TOLD
        how = "" if lists_all else " (`--show-skipped` lists them)"
        click.echo(f"kpl: error: {more:,} more inputs were not checked{how}", err=True)
    if any(not each.reason.is_failure for each in failures):
        click.echo("kpl: use `--allow-empty` to accept inputs in which kpl checks nothing", err=True)
    return not failures
