"""``kpl verify``."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.command import Command
from kpl.cli.options import config_options, container_options, context_option, input_options
from kpl.facts import COMMAND_LINE

if TYPE_CHECKING:
    from kpl.inputs.coverage import Coverage
    from kpl.lint.settings import Settings
    from kpl.report.verdicts import Printed
    from kpl.verify.configurations import Contents
    from kpl.verify.judged import InCluster

PARALLEL_FILES = 200
"""From this number on a second process is quicker."""


@click.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
@click.option("--format", "format_", type=click.Choice(["text", "json", "jsonl"]), default="text", help="Output format")
@click.option("--coredns-version", metavar="VERSION", help="CoreDNS version to check against")
@click.option("--kubernetes-version", metavar="VERSION", help="kube-proxy version to check against")
@input_options(("corefile", "kube-proxy"), markdown=True)
@context_option
@container_options
@config_options
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use color")
def verify(paths: tuple[str, ...], format_: str, color: str, **options: Any) -> None:
    """Check whether CoreDNS and kube-proxy would start. PATHS defaults to the current directory; `-` reads standard input.

    Each configuration loads, is refused with the program's own message, or depends on something that is not in it,
    such as a file or a variable. kpl starts no program and uses no network. Exit codes: 0 none refused, 1 some
    refused, 2 usage error, invalid YAML, or a named input without a configuration.
    """
    gc.disable()  # a short life with many objects, none of them garbage
    from kpl.cli.load import stdin_bytes, tell_of_coverage
    from kpl.inputs.coverage import Coverage
    from kpl.report.coverage import print_coverage
    from kpl.report.screen import wants_color
    from kpl.report.verdicts import print_verdicts

    settings = _settings(paths, options)
    stdin = stdin_bytes(paths)
    as_kind = options["as_kind"]
    coverage = Coverage()
    files = list(_contents(paths, settings, stdin, options, coverage))
    clusters = _clusters(paths, files, settings, options, coverage)
    for each in clusters:
        _tell_of_unknown_versions(each, files)
    verdicts = _judge(files, clusters, as_they_are=as_kind is not None, format_=format_, color=wants_color(color))
    print_verdicts(verdicts, format_, wants_color(color))
    if format_ == "text":
        print_coverage(coverage, show_skipped=options["show_skipped"])
    unreadable = _tell_of_unreadable(files)
    complete = tell_of_coverage(coverage, options)
    refused = any(each.answer == "refuses" for each in verdicts)
    click.get_current_context().exit(1 if refused else 2 if unreadable or not complete else 0)


def _judge(
    files: Sequence[Contents], clusters: Sequence[InCluster], *, as_they_are: bool, format_: str, color: bool
) -> list[Printed]:
    from kpl.parallel import can_fork, in_two_processes
    from kpl.report.verdicts import printed
    from kpl.verify.judged import judge_in

    def work(some: Sequence[Contents]) -> list[Printed]:
        return [printed(each, format_, color) for each in judge_in(some, clusters, as_they_are=as_they_are)]

    if len(files) < PARALLEL_FILES or not can_fork():
        return work(files)
    half = len(files) // 2
    return in_two_processes(work, files[:half], files[half:])


def _settings(paths: Sequence[str], options: dict[str, Any]) -> Settings:
    from kpl.cli.options import configured, given_facts

    settings, given = configured(options, paths), given_facts(options)
    settings.facts = settings.facts.told(given, COMMAND_LINE)
    settings.clusters = [each._replace(facts=each.facts.told(given, COMMAND_LINE)) for each in settings.clusters]
    return settings


def _clusters(
    paths: Sequence[str], files: Sequence[Contents], settings: Settings, options: dict[str, Any], coverage: Coverage
) -> list[InCluster]:
    """The clusters that the files are of."""
    from kpl.cli.context import read_context
    from kpl.cli.load import Inputs
    from kpl.cli.partition import find_clusters
    from kpl.cluster import Cluster
    from kpl.inputs.document import Reading
    from kpl.verify.judged import InCluster

    readings = [
        Reading(documents[0].source, file.documents, file.kind)
        for file in files
        if (documents := file.documents or [each.document for each in file.configurations])
    ]
    context = read_context(paths, Inputs(readings, coverage), settings, options)
    find_clusters([*readings, *context], settings, options)
    parts = settings.partition.clusters if settings.partition else []
    if len(parts) < 2:
        facts = parts[0].facts if parts else settings.facts
        documents = [each for file in files for each in file.documents]
        documents += [each for reading in context for each in reading.documents]
        return [InCluster("", Cluster(documents, facts), frozenset())]
    return [
        InCluster(
            part.name,
            Cluster([document for each in part.readings for document in each.documents], part.facts),
            frozenset(each.source.path for each in part.readings),
        )
        for part in parts
    ]


def _contents(
    paths: Sequence[str], settings: Settings, stdin: bytes | None, options: dict[str, Any], coverage: Coverage
) -> Iterator[Contents]:
    """What each file holds; what holds no configuration is told to `coverage`."""
    from kpl.cli.load import add_empty_arguments, asked_options, find_files, members, without_archives
    from kpl.inputs.coverage import Skipped, SkipReason
    from kpl.inputs.document import STDIN_NAME, Reading
    from kpl.inputs.files import identify_file
    from kpl.inputs.read import identify
    from kpl.text.source import SourceOrigin
    from kpl.verify.configurations import Contents, contents, contents_of, kind_of

    as_kind = options["as_kind"]
    if stdin is not None:
        name = options["stdin_filename"] or STDIN_NAME
        read = (
            identify(name, stdin, as_kind=kind_of(as_kind), origin=SourceOrigin.STANDARD_INPUT)
            if stdin.strip()
            else Skipped(name, SkipReason.NOTHING, "is empty")
        )
        yield _counted(contents(name, read, as_kind), coverage)
        if not coverage.files:
            coverage.add_empty(name, coverage.skipped)
    found = find_files(
        paths,
        coverage,
        settings,
        named_only=False,
        all_names=as_kind is not None,
        options=() if as_kind else asked_options(options),
    )
    files, archives = (found, []) if as_kind else without_archives(found)
    checked = set()
    for each in files:
        file = contents(each.path, identify_file(each, kind_of(as_kind)), as_kind)
        yield _counted(file, coverage)
        if _is_verified(file):
            checked.add(each.path)
    for archive in archives:
        for member in members(archive, settings):
            file = contents_of(member) if isinstance(member, Reading) else Contents(member.path, skipped=member)
            yield _counted(file, coverage)
            if _is_verified(file):
                checked.add(archive.path)
    add_empty_arguments(paths, found, checked, coverage)


def _is_verified(file: Contents) -> bool:
    return bool(file.configurations) or any(not failure.templated for _, failure in file.unreadable)


def _counted(file: Contents, coverage: Coverage) -> Contents:
    from kpl.inputs.coverage import Skipped, SkipReason

    if file.configurations:
        coverage.checked[file.kind] += 1
        return file
    skipped = Skipped(file.path, SkipReason.NOTHING, "contains no configuration for CoreDNS or kube-proxy")
    if file.unreadable:
        templated = all(failure.templated for _, failure in file.unreadable)
        skipped = (
            Skipped(file.path, SkipReason.TEMPLATE, "is a template that must be rendered first")
            if templated
            else (Skipped(file.path, SkipReason.DAMAGED, "contains invalid YAML"))
        )
    coverage.skipped.append(file.skipped or skipped)
    return file


def _tell_of_unreadable(files: Sequence[Contents]) -> bool:
    """Say which YAML documents could not be read; whether one of them is no template."""
    from kpl.report.screen import printable

    certain = False
    for file in files:
        for document, failure in file.unreadable:
            line, column = document.source.position(document.embedding.host_span(failure.span).start)
            why = "is a template; render it first" if failure.templated else f"does not parse: {failure.message}"
            click.echo(
                f"{printable(file.path)}:{line}:{column}: not verified: this YAML document {printable(why)}", err=True
            )
            certain = certain or not failure.templated
    return certain


def _tell_of_unknown_versions(part: InCluster, files: Sequence[Contents]) -> None:
    """Say where the verdict is not that of the release asked for."""
    from kpl.cli.versions import tell_of_unknown_version

    told, cluster = set(), part.cluster
    own = [file for file in files if not part.paths or file.path in part.paths]
    for configuration in (each for file in own for each in file.configurations):
        if configuration.kind == "corefile":
            program, asked = "CoreDNS", cluster.facts.coredns
            judged = cluster.judged_coredns_version(configuration.document)
        else:
            program, asked = "kube-proxy", cluster.facts.kubernetes
            judged = cluster.judged_kubernetes_version(configuration.document)
        if judged.prerelease:
            asked = judged
        elif asked is None or asked == judged:
            continue
        if asked not in told:
            told.add(asked)
            tell_of_unknown_version(program, asked, judged)
