"""What fixes do to a file beyond what they say: its words, what CoreDNS makes of it, its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from kpl import troubles
from kpl.coredns.structure import flaw
from kpl.fix.outline import as_loaded, changes_outside, outline
from kpl.inputs.document import Reading, is_corefile
from kpl.inputs.read import read
from kpl.inputs.yaml.tree import YamlError
from kpl.lint.engine import lint
from kpl.lint.located import Located
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, apply_edits, are_apart, lost_comments
from kpl.text.source import Source
from kpl.text.span import Span


class TriedFile(NamedTuple):
    """A file after some fixes; `problem` says why they must not be made."""

    after: Reading | None
    problem: str | None = None


class Tried(NamedTuple):
    """All files after some fixes, by their number; `findings` is what lint says of them, if it ran."""

    after: dict[int, Reading]
    problem: str | None = None
    findings: list[Located] | None = None


class Trials:
    """What came of edits to files, each file read and compared once."""

    def __init__(self) -> None:
        self._tried: dict[tuple[int, tuple[Edit, ...]], tuple[Reading, TriedFile]] = {}

    def try_edits(self, before: Reading, batch: Sequence[Located]) -> TriedFile:
        """Make the fixes of `batch` in one file, and look at the text that comes of it."""
        edits = edits_in(before.source, batch)
        key = (id(before), tuple(edits))
        if key not in self._tried:
            with troubles.kept(before.source.path):
                restructures = any(finding.fix.restructures for finding in batch if finding.fix)
                self._tried[key] = before, _try_edits(before, edits, restructures)
        return self._tried[key][1] if key in self._tried else TriedFile(None, "it could not be tried")


def edits_in(source: Source, batch: Sequence[Located]) -> list[Edit]:
    """What the fixes of `batch` edit in one file."""
    return sorted(edit for finding in batch for where, edits in finding.edited if where is source for edit in edits)


def judging(settings: Settings) -> Settings:
    """The rules that a fix must not give work to: those that the user would hear of on the next run, too."""
    return replace(settings, select=(), extend=[*settings.select, *settings.extend], ignore=())


def same_rules(settings: Settings) -> bool:
    """Whether `judging(settings)` are the rules of `settings`."""
    return not (settings.select or settings.ignore or settings.overrides)


def try_fixes(
    readings: Sequence[Reading],
    batch: Sequence[Located],
    judge: Settings,
    trials: Trials,
    old: Sequence[Located] | None = None,
) -> Tried:
    """Make the fixes of `batch` in `readings`, and look at everything that comes of it in the files that they edit.

    `old` is what `judge` says of these files before, where that is known.
    """
    touching: dict[int, list[Located]] = {}
    for finding in batch:
        for source, _ in finding.edited:
            touching.setdefault(id(source), []).append(finding)
    numbers = [number for number, reading in enumerate(readings) if id(reading.source) in touching]
    after = {}
    for number in numbers:
        before = readings[number]
        tried = trials.try_edits(before, touching[id(before.source)])
        if tried.after is None or tried.problem is not None:
            return Tried({}, _in_file(str(tried.problem), before, numbers))
        after[number] = tried.after
    if old is None:
        old = lint(readings, judge, only=[readings[number] for number in numbers]).findings
    everything = [after.get(number, reading) for number, reading in enumerate(readings)]
    new = lint(everything, judge, only=list(after.values())).findings
    old_of, new_of = by_source(old), by_source(new)
    for number in numbers:
        before = readings[number]
        was, now = old_of.get(id(before.source), []), new_of.get(id(after[number].source), [])
        problem = finding_problem(was, now, touching[id(before.source)], before.source)
        if problem is not None:
            return Tried(after, _in_file(problem, before, numbers), new)
    return Tried(after, None, new)


def by_source(findings: Iterable[Located]) -> dict[int, list[Located]]:
    """The findings by the identity of the file that they are in."""
    found: dict[int, list[Located]] = {}
    for finding in findings:
        found.setdefault(id(finding.source), []).append(finding)
    return found


def _in_file(problem: str, file: Reading, numbers: Sequence[int]) -> str:
    return problem if len(numbers) == 1 else f"{problem} in {file.source.path}"


def _try_edits(before: Reading, edits: Sequence[Edit], restructures: bool) -> TriedFile:
    source = before.source
    if not are_apart(edits):
        return TriedFile(before, "its edits overlap")
    # what the file is, is known by now; its name and content need not prove it again
    after = read(source.path, source.encode(apply_edits(source.text, edits)), as_kind=before.kind)
    if after is None:
        return TriedFile(None, "the result contains nothing that kpl checks")
    return TriedFile(after, _text_problem(before, after, edits, restructures))


def _text_problem(before: Reading, after: Reading, edits: Sequence[Edit], restructures: bool) -> str | None:
    lost = [comment for comment in lost_comments(before.source.text, edits) if "kpl:" not in comment]
    if lost:
        return f"the comment {lost[0]!r} would be lost"
    try:
        old = outline(before, [Span(edit.start, edit.end) for edit in edits], restructures)
        new = outline(after, _new_ranges(edits), restructures)
    except YamlError as error:
        return f"the result does not parse: {error.message}"
    if restructures:
        changed = changes_outside(old, new, edits)
        return f"it changes text outside its edits: {changed[0]}" if changed else _flaw(after)
    was, now = as_loaded(before), as_loaded(after)
    if was is not None:
        if now is None:
            return "CoreDNS's parser refuses the result"
        old, new = [*old, *was], [*new, *now]
    changed = changes_outside(old, new, edits)
    return f"it changes text outside its edits: {changed[0]}" if changed else None


def _flaw(after: Reading) -> str | None:
    found = (flaw(each.embedding.text, each.is_fragment) for each in after.documents if is_corefile(each))
    return next((each for each in found if each is not None), None)


def _new_ranges(edits: Sequence[Edit]) -> list[Span]:
    ranges = []
    by = 0
    for edit in sorted(edits):
        ranges.append(Span(edit.start + by, edit.start + by + len(edit.text)))
        by += len(edit.text) - (edit.end - edit.start)
    return ranges


def finding_problem(
    old: Sequence[Located], new: Sequence[Located], batch: Sequence[Located], source: Source
) -> str | None:
    """Why the findings `new` of the file that was `source` must not take the place of the findings `old`.

    `batch` are the fixes that edit the file. Findings milder than the gravest one that is fixed may come up.
    """
    before = Counter(finding.code for finding in old)
    now = Counter(finding.code for finding in new)
    for code, fixed in Counter(finding.code for finding in batch if finding.source is source).items():
        if now[code] > before[code] - fixed:
            return "the finding remains after the fix"
    floor = max(finding.severity.rank for finding in batch)
    for finding in new:
        if now[finding.code] > before[finding.code] and finding.severity.rank >= floor:
            return f"it causes {finding.code} {finding.name}"
    return None
