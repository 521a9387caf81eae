"""What fixes do to a file beyond what they say: its words, what CoreDNS makes of it, its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from kpl import troubles
from kpl.coredns.structure import flaw
from kpl.fix.outline import as_loaded, changes_outside, outline
from kpl.inputs.document import Reading, is_corefile
from kpl.inputs.read import read
from kpl.inputs.yaml.tree import YamlError
from kpl.lint.engine import Located, lint
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, apply_edits, are_apart, lost_comments
from kpl.text.span import Span


class Tried(NamedTuple):
    """A file after some fixes; `problem` says why they must not be made; `findings` is what lint says of it, if it ran."""

    after: Reading | None
    problem: str | None = None
    findings: list[Located] | None = None


class Trials:
    """What came of edits to files, each file read and compared once."""

    def __init__(self) -> None:
        self._tried: dict[tuple[int, tuple[Edit, ...]], tuple[Reading, Tried]] = {}

    def try_edits(self, before: Reading, batch: Sequence[Located]) -> Tried:
        """Make the fixes of `batch`, and look at the text that comes of it."""
        edits = sorted(edit for finding in batch if finding.fix for edit in finding.fix.edits)
        key = (id(before), tuple(edits))
        if key not in self._tried:
            with troubles.kept(before.source.path):
                self._tried[key] = before, _try_edits(before, batch)
        return self._tried[key][1] if key in self._tried else Tried(None, "it could not be tried")


def judging(settings: Settings) -> Settings:
    """The rules that a fix must not give work to: those that the user would hear of on the next run, too."""
    return replace(settings, select=(), extend=[*settings.select, *settings.extend], ignore=())


def same_rules(settings: Settings) -> bool:
    """Whether `judging(settings)` are the rules of `settings`."""
    return not (settings.select or settings.ignore or settings.overrides)


def try_fixes(
    readings: Sequence[Reading],
    number: int,
    batch: Sequence[Located],
    judge: Settings,
    trials: Trials,
    old: Sequence[Located] | None = None,
) -> Tried:
    """Make the fixes of `batch` in file `number` of `readings`, and look at everything that comes of it.

    `old` is what `judge` says of the file before, where that is known.
    """
    before = readings[number]
    tried = trials.try_edits(before, batch)
    if tried.after is None or tried.problem is not None:
        return tried
    others = list(readings)
    others[number] = tried.after
    if old is None:
        old = lint(readings, judge, only=[before]).findings
    new = lint(others, judge, only=[tried.after]).findings
    return Tried(tried.after, finding_problem(old, new, batch), new)


def _try_edits(before: Reading, batch: Sequence[Located]) -> Tried:
    source = before.source
    edits = [edit for finding in batch if finding.fix for edit in finding.fix.edits]
    restructures = any(finding.fix.restructures for finding in batch if finding.fix)
    if not are_apart(edits):
        return Tried(before, "its edits overlap")
    # what the file is, is known by now; its name and content need not prove it again
    after = read(source.path, source.encode(apply_edits(source.text, edits)), as_kind=before.kind)
    if after is None:
        return Tried(None, "the result contains nothing that kpl checks")
    return Tried(after, _text_problem(before, after, edits, restructures))


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


def finding_problem(old: Sequence[Located], new: Sequence[Located], batch: Sequence[Located]) -> str | None:
    """Why the findings `new` of a file must not take the place of the findings `old`.

    Findings milder than the gravest one that is fixed may come up.
    """
    before = Counter(finding.code for finding in old)
    now = Counter(finding.code for finding in new)
    for code, fixed in Counter(finding.code for finding in batch).items():
        if now[code] > before[code] - fixed:
            return "the finding remains after the fix"
    floor = max(finding.severity.rank for finding in batch)
    for finding in new:
        if now[finding.code] > before[finding.code] and finding.severity.rank >= floor:
            return f"it causes {finding.code} {finding.name}"
    return None
