"""``kpl files``."""

from __future__ import annotations

import gc
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from kpl.cli.command import Command
from kpl.cli.options import config_options, input_options
from kpl.inputs.registry import as_words

if TYPE_CHECKING:
    from kpl.cli.load import Inputs
    from kpl.report.files import Listed


@click.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="Output format")
@input_options(as_words(), lists_all=True)
@config_options
def files(paths: tuple[str, ...], format_: str, **options: Any) -> None:
    """List what kpl takes each file for. PATHS defaults to the current directory; `-` reads standard input.

    Each file is listed with what it contains and what kpl recognizes it by, or with the reason why kpl does not check
    it. Exit codes: 0 success, 2 usage or configuration error, unreadable file, or a named input in which kpl checks
    nothing.
    """
    gc.disable()  # a short life with many objects, none of them garbage
    from kpl.cli.load import load, stdin_bytes, tell_of_coverage
    from kpl.cli.options import configured
    from kpl.report.files import print_files

    inputs = load(paths, configured(options, paths), stdin_bytes(paths), options)
    print_files(_listed(inputs, as_words().get(options["as_kind"] or "")), inputs.coverage, format_)
    complete = tell_of_coverage(inputs.coverage, options, lists_all=True)
    click.get_current_context().exit(0 if complete else 2)


def _listed(inputs: Inputs, as_kind: str | None) -> list[Listed]:
    from kpl import troubles
    from kpl.cli.load import is_checked, is_template
    from kpl.inputs.basis import basis_of
    from kpl.inputs.coverage import failed
    from kpl.report.files import Listed

    found = []
    for reading in inputs.readings:
        one = Listed(reading.source.path, reading.kind)
        found.append(one)
        with troubles.kept(one.path):
            # of a document that is read late, its model tells whether it is what its text promised
            read = [each for each in reading.documents if each.model is not None and not is_template(each)]
            one.holds = Counter(each.kind for each in read)
            one.is_checked = any(map(is_checked, read))
            one.basis = basis_of(reading, as_kind)
        if one.basis is None:
            one.skipped.append(failed(one.path))
    by_path = {each.path: each for each in reversed(found)}
    for each in inputs.coverage.skipped:
        if each.path not in by_path:
            by_path[each.path] = Listed(each.path)
            found.append(by_path[each.path])
        by_path[each.path].skipped.append(each)
    return found
