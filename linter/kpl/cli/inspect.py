"""``kpl inspect``."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.command import Command
from kpl.cli.options import input_options
from kpl.inputs.registry import as_words

if TYPE_CHECKING:
    from kpl.inputs.document import Document
    from kpl.proxy.dumps.inspection import Inspection
    from kpl.proxy.node.state import NodeState

_KINDS = {"Ruleset": "inspect_iptables", "NftRuleset": "inspect_nft", "IpvsDump": "inspect_ipvs"}
"""The function that tells what a dump is, by the type of its model."""


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="DUMP...")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Output format")
@click.option("--service", metavar="NAME", help="Show the rules of one Service: namespace/name or namespace/name:port")
@click.option(
    "--diff",
    "other",
    type=click.Path(),
    metavar="OTHER",
    help="Show the Services and endpoints that changed from DUMP to OTHER",
)
@input_options(as_words(only_dumps=True))
def inspect(paths: tuple[str, ...], format_: str, service: str | None, other: str | None, **options: Any) -> None:
    """Show what a node's dump contains and which kube-proxy wrote it.

    DUMP is the output of iptables-save, nft list ruleset (also with -j) or ipvsadm -ln; `-` reads standard input.
    Exit codes: 0 success, 1 something changed (with --diff), 2 usage error, a file that is not a dump, or an unknown
    Service.
    """
    gc.disable()  # a short life with many objects, none of them garbage
    from kpl.errors import UsageError

    documents, complete = _documents(paths, options)
    if other is not None:
        if service is not None or len(paths) != 1:
            raise UsageError("`--diff` compares exactly one DUMP with OTHER and cannot be combined with `--service`")
        others, others_complete = _documents((other,), options)
        changed = _show_changes(documents, others, format_)
        click.get_current_context().exit(2 if not (complete and others_complete) else 1 if changed else 0)
    if service is not None:
        if not _show_service(documents, service):
            raise UsageError(
                f"no dump contains the Service `{service}`; write it as namespace/name or namespace/name:port"
            )
        click.get_current_context().exit(0 if complete else 2)
    found = ((document.path, each) for document in documents for each in _inspections(document))
    for number, (path, inspection) in enumerate(found):
        _show(path, inspection, format_, first=number == 0)
    click.get_current_context().exit(0 if complete else 2)


def _documents(paths: tuple[str, ...], options: dict[str, Any]) -> tuple[list[Document], bool]:
    """The dumps in `paths`, and whether each of them holds one; what holds none is told on standard error."""
    from kpl.cli.load import load, stdin_bytes, tell_of_coverage
    from kpl.errors import UsageError
    from kpl.inputs.registry import is_dump
    from kpl.lint.settings import Settings

    inputs = load(paths, Settings(), stdin_bytes(paths), options, wanted=is_dump, nothing="contains no dump")
    complete = tell_of_coverage(inputs.coverage, options)
    found = [document for reading in inputs.readings for document in reading.documents if is_dump(document)]
    if not found:
        raise UsageError(
            "none of the files is a dump; kpl inspect reads the output of iptables-save, nft list ruleset and ipvsadm -ln "
            "(iptables -L omits too much, and ipvsadm -Lnc shows only connections)"
        )
    if options["show_skipped"]:
        from kpl.report.coverage import skipped_lines

        for line in skipped_lines(inputs.coverage):
            click.echo(line, err=True)
    return found, complete


def _inspections(document: Document) -> Iterator[Inspection]:
    from kpl import troubles
    from kpl.proxy.dumps import inspection

    inspect_kind = getattr(inspection, _KINDS[document.kind])
    with troubles.kept(document.path):
        yield from inspect_kind(document.model)


def _show(path: str, inspection: Inspection, format_: str, first: bool) -> None:
    from kpl.report.inspections import record, text_lines

    if format_ == "json":
        from kpl.report.jsontext import dumps

        click.echo(dumps(record(path, inspection)))
        return
    if not first:
        click.echo()
    for line in text_lines(path, inspection):
        click.echo(line)


def _show_service(documents: list[Document], service: str) -> bool:
    from kpl.report.screen import printable

    shown = False
    for document in documents:
        lines = list(_service_lines(document, service))
        if lines and len(documents) > 1:
            click.echo(f"{printable(document.path)}:")
        for line in lines:
            click.echo(line)
        shown = shown or bool(lines)
    return shown


def _service_lines(document: Document, service: str) -> Iterator[str]:
    from kpl.proxy.iptables.states import dumps_in
    from kpl.proxy.iptables.tree import is_called, service_tree
    from kpl.report.inspections import port_lines, tree_lines

    if document.kind == "Ruleset":
        for dump in dumps_in(document.model):
            for chain, branch in service_tree(dump, service):
                yield from tree_lines(chain, branch)
        return
    for inspection in _inspections(document):
        for port in inspection.state.ports:
            if port.name is not None and is_called(port.name, service):
                yield from port_lines(port)


def _show_changes(before: list[Document], after: list[Document], format_: str) -> bool:
    """Print what changed between two dumps; whether anything did."""
    from kpl.errors import UsageError
    from kpl.proxy.node.compare import differences
    from kpl.report.changes import change_lines, record

    old, new = _by_family(before), _by_family(after)
    changes = []
    for family in sorted(old.keys() | new.keys()):
        if family not in old or family not in new:
            raise UsageError(f"only one of the dumps is for IPv{family}; compare dumps of the same IP family")
        changes += differences(old[family], new[family])
    if format_ == "json":
        from kpl.report.jsontext import dumps

        for change in changes:
            click.echo(dumps(record(change)))
        return bool(changes)
    for line in change_lines(changes):
        click.echo(line)
    return bool(changes)


def _by_family(documents: list[Document]) -> dict[int, NodeState]:
    """The state of each IP family; of several dumps the last one counts. Raises UsageError where none can be read."""
    from kpl.errors import UsageError

    found = [inspection for each in documents for inspection in _inspections(each)]
    states = {inspection.state.ip_family: inspection.state for inspection in found if inspection.read}
    if not states:
        raise UsageError("nft prints the rules of iptables only in part; compare the output of iptables-save")
    return states
