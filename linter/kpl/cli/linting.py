"""The work of ``kpl lint``: in two processes that read and check half of the files each, where that pays.

Only shares and findings cross over, and each process comes to the same clusters; but of dumps, which are compared with each other
and with all Services, both halves are read into one process, and a large one is checked by every other rule.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kpl.cli.context import cache_folder, open_cache, read_context, work_tree_of_all
from kpl.cli.load import Inputs, Loading, halves, is_much, joined, read_files, read_here
from kpl.cli.partition import find_clusters
from kpl.inputs.coverage import Coverage, Skipped
from kpl.inputs.detect import DUMP, kind_by_name
from kpl.inputs.discover import Found
from kpl.inputs.document import Reading
from kpl.lint import engine
from kpl.lint.located import Located, Result
from kpl.lint.settings import Settings
from kpl.parallel import Swap, can_fork, in_two_processes, side_by_side

if TYPE_CHECKING:
    from kpl.cache import Cache
    from kpl.fix.verification import Trials
    from kpl.lint.registry import RuleEntry
    from kpl.lint.rule import Finding


Half = tuple[Result, Coverage, Any]
"""Findings, what became of the files, and what the cache has to learn."""


def lint_files(
    paths: Sequence[str], settings: Settings, stdin: bytes | None, options: dict[str, Any], alone: bool = False
) -> tuple[Result, Coverage]:
    """The findings in `paths`, and what became of all files; with `alone`, in one process. Raises UsageError."""
    root, ready = work_tree_of_all(paths), None
    if any(os.path.isdir(each) for each in paths or (os.curdir,)):
        from kpl.cli.ahead import got_ready

        with got_ready(cache_folder(root, options)) as ready:
            loading = Loading(paths, settings, stdin, options)
    else:
        loading = Loading(paths, settings, stdin, options)
    cache = open_cache(loading.found, root, options, ready)
    unknown = loading.found if cache is None else [each for each in loading.found if not cache.knows(each.path)]
    if (
        not alone
        and is_much(unknown)
        and can_fork()
        and not (loading.members or any(map(_may_be_a_dump, loading.found)))
    ):
        mine, others = halves(loading.found)

        def work(found: Sequence[Found], swap: Swap) -> Half:
            return _lint_half(loading, found, swap, found is mine, paths, settings, options, cache)

        done = side_by_side(work, mine, others)
        if done is not None and done[1] is not None:
            (own, coverage, _), (theirs, _, learned) = done[0], done[1]
            own.add(theirs)
            order = {each.path: number for number, each in enumerate(loading.found)}
            own.findings.sort(key=lambda each: order.get(each.path, -1))  # standard input comes first
            if cache is not None:
                cache.add({}, learned)
                cache.save()
            return own, coverage
        loading = Loading(paths, settings, stdin, options)
    read = read_files(loading.found, loading.as_kind) if cache is None else _read(loading.found, loading.as_kind, cache)
    inputs = loading.finish(read)
    context = read_context(paths, inputs, settings, options)
    result = _checked(inputs, inputs.readings, context, settings, options, cache, alone=alone)
    if cache is not None:
        cache.save()
    return result, inputs.coverage


def _read(found: Sequence[Found], as_kind: str | None, cache: Cache | None) -> list[Reading | Skipped]:
    if cache is None:
        return read_here(found, as_kind)
    from kpl.cli.caching import CachedReader

    return CachedReader(cache, as_kind).read(found)


def _may_be_a_dump(found: Found) -> bool:
    return found.named or kind_by_name(os.path.basename(found.path)) == DUMP


def _lint_half(
    loading: Loading,
    found: Sequence[Found],
    swap: Swap,
    is_first: bool,
    paths: Sequence[str],
    settings: Settings,
    options: dict[str, Any],
    cache: Cache | None,
) -> Half:
    from kpl.cli.caching import reader
    from kpl.shares.sent import received, to_send

    own = _read(found, loading.as_kind, cache)
    sent = [to_send(each) if isinstance(each, Reading) else each for each in own]
    known = None if cache is None else cache.part(each.path for each in found)
    sent, known = swap((sent, known))
    if cache is not None and known is not None:
        cache.add(*known)
    asked = {each.path: each.as_kind for each in loading.found if each.as_kind is not None}
    theirs = [
        each
        if isinstance(each, Reading | Skipped)
        else received(each, reader(each.path, asked.get(each.path, loading.as_kind)))
        for each in sent
    ]
    inputs = loading.finish(joined(own, theirs) if is_first else joined(theirs, own))
    chosen = [each for each in own if isinstance(each, Reading)]
    if is_first and inputs.stdin is not None:
        chosen.insert(0, inputs.stdin)
    if is_first:
        chosen += inputs.generated
    context = read_context(paths, inputs, settings, options, here=True)
    result = _checked(inputs, chosen, context, settings, options, cache)
    if is_first:
        return result, inputs.coverage, None
    # the first one has come to the same coverage, and knows what was read
    return result, Coverage(), None if cache is None else cache.part(each.path for each in found)[1]


def _checked(
    inputs: Inputs,
    chosen: Sequence[Reading],
    context: Sequence[Reading],
    settings: Settings,
    options: dict[str, Any],
    cache: Cache | None,
    alone: bool = False,
) -> Result:
    """The findings in the `chosen` ones of the inputs."""
    readings = [*inputs.readings, *context]
    inputs.coverage.notes += find_clusters(readings, settings, options)
    results = None
    if cache is not None:
        from kpl.cli.caching import KeptResults

        results = KeptResults(cache, readings, settings)
    known, unknown = results.take(chosen) if results is not None else ([], chosen)
    share = share_out if can_fork() and not alone else None
    trials: list[Trials] = []

    def seen(reading: Reading, findings: Sequence[Located]) -> None:
        if any(finding.fix for finding in findings):
            from kpl.fix.offers import try_early
            from kpl.fix.verification import Trials

            trials[:] = trials or [Trials()]
            try_early(reading, findings, trials[0])

    result = engine.lint(readings, settings, only=unknown, share_out=share, seen=seen)
    if trials:
        from kpl.fix.offers import offers

        result.findings = offers(readings, result.findings, settings, trials[0]).findings
    if results is not None:
        results.keep(unknown, result)
        numbers = {id(each.source): number for number, each in enumerate(readings)}
        result.findings = sorted([*known, *result.findings], key=lambda each: numbers[id(each.source)])
    return result


def share_out(check: Callable[[Sequence[RuleEntry]], list[Finding]], rules: Sequence[RuleEntry]) -> list[Finding]:
    """Let a second process check every other rule."""
    return in_two_processes(check, rules[::2], rules[1::2])
