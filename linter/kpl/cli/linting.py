"""The work of ``kpl lint``: in two processes that read and check half of the files each, where that pays.

Only shares and findings cross over, and each process comes to the same clusters; but of dumps, which are compared with each other
and with all Services, both halves are read into one process, and a large one is checked by every other rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kpl.cli.clusters import find_clusters
from kpl.cli.context import read_context
from kpl.cli.load import Inputs, Loading, in_turn, is_much, read_files, read_here
from kpl.inputs.coverage import Coverage, Skipped
from kpl.inputs.detect import IPTABLES, kind_by_name
from kpl.inputs.discover import Found
from kpl.inputs.document import Reading
from kpl.lint import engine
from kpl.lint.engine import Result
from kpl.lint.settings import Settings
from kpl.parallel import Swap, can_fork, in_two_processes, side_by_side

if TYPE_CHECKING:
    from kpl.lint.registry import RuleEntry
    from kpl.lint.rule import Finding


def lint_files(
    paths: Sequence[str], settings: Settings, stdin: bytes | None, options: dict[str, Any]
) -> tuple[Result, Coverage]:
    """The findings in `paths`, and what became of all files. Raises UsageError."""
    loading = Loading(paths, settings, stdin, options)
    if is_much(loading.found) and can_fork() and not any(map(_may_be_a_dump, loading.found)):
        mine, others = loading.found[::2], loading.found[1::2]

        def work(found: Sequence[Found], swap: Swap) -> tuple[Result, Coverage]:
            return _lint_half(loading, found, swap, found is mine, paths, settings, options)

        done = side_by_side(work, mine, others)
        if done is not None and done[1] is not None:
            own, coverage = done[0]
            own.add(done[1][0])
            order = {each.path: number for number, each in enumerate(loading.found)}
            own.findings.sort(key=lambda each: order.get(each.path, -1))  # standard input comes first
            return own, coverage
        loading = Loading(paths, settings, stdin, options)
    inputs = loading.finish(read_files(loading.found, loading.as_kind))
    context = read_context(paths, inputs, settings, options)
    return _checked(inputs, inputs.readings, context, settings, options), inputs.coverage


def _may_be_a_dump(found: Found) -> bool:
    return found.named or kind_by_name(found.path.rpartition("/")[2]) == IPTABLES


def _lint_half(
    loading: Loading,
    found: Sequence[Found],
    swap: Swap,
    is_first: bool,
    paths: Sequence[str],
    settings: Settings,
    options: dict[str, Any],
) -> tuple[Result, Coverage]:
    from kpl.shares.sent import to_send

    own = read_here(found, loading.as_kind)
    theirs = _received(swap([to_send(each) if isinstance(each, Reading) else each for each in own]), loading.as_kind)
    inputs = loading.finish(in_turn(own, theirs) if is_first else in_turn(theirs, own))
    chosen = [each for each in own if isinstance(each, Reading)]
    if is_first and inputs.stdin is not None:
        chosen.insert(0, inputs.stdin)
    context = read_context(paths, inputs, settings, options, here=True)
    return _checked(inputs, chosen, context, settings, options), inputs.coverage


def _received(sent: Sequence[Any], as_kind: str | None) -> list[Reading | Skipped]:
    from kpl.shares.sent import received

    def reader(path: str) -> Callable[[], Reading | None]:
        def read() -> Reading | None:
            (reading,) = read_here([Found(path, named=False)], as_kind)
            return reading if isinstance(reading, Reading) else None

        return read

    return [
        each
        if isinstance(each, Skipped)
        else received(each, reader(each.source.path if isinstance(each, Reading) else each.path))
        for each in sent
    ]


def _checked(
    inputs: Inputs,
    chosen: Sequence[Reading],
    context: Sequence[Reading],
    settings: Settings,
    options: dict[str, Any],
) -> Result:
    """The findings in the `chosen` ones of the inputs."""
    readings = [*inputs.readings, *context]
    inputs.coverage.notes += find_clusters(readings, settings, options)
    result = engine.lint(readings, settings, only=chosen, share_out=share_out if can_fork() else None)
    if any(finding.fix for finding in result.findings):
        from kpl.fix.offers import offers

        result.findings = offers(readings, result.findings, settings).findings
    return result


def share_out(check: Callable[[Sequence[RuleEntry]], list[Finding]], rules: Sequence[RuleEntry]) -> list[Finding]:
    """Let a second process check every other rule."""
    return in_two_processes(check, rules[::2], rules[1::2])
