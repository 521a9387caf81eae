"""Applies fixes until there are none left, and believes none that it has not verified."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kpl import troubles
from kpl.fix.outline import differences, outline
from kpl.inputs.document import Reading
from kpl.inputs.read import read
from kpl.inputs.yamltree import YamlError
from kpl.lint.engine import Located, lint
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, apply_edits, collide, lost_comments
from kpl.text.span import Span

MAX_ROUNDS = 50


@dataclass
class Outcome:
    """What fixing came to: new texts, the fixes applied, and fixes that did not stand verification."""

    changed: list[tuple[Reading, str]] = field(default_factory=list)
    """The readings whose text is another one now, as they were, with that text."""
    applied: list[Located] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    unwritten: dict[str, str] = field(default_factory=dict)
    """The files with fixes that are not written back, with the reason."""

    @property
    def texts(self) -> dict[str, str]:
        """The new texts by path."""
        return {reading.source.path: text for reading, text in self.changed}


def fix_texts(readings: Sequence[Reading], settings: Settings, unsafe: bool) -> Outcome:
    """Fix all `readings` in memory, to a fixed point."""
    outcome = Outcome()
    current = list(readings)
    fixers = [_FileFixer(current, number, settings, unsafe, outcome) for number in range(len(readings))]
    for _ in range(MAX_ROUNDS):
        before = len(outcome.applied)
        result = lint(current, settings)
        outcome.unwritten = result.unwritten
        findings = result.findings
        to_fix = {id(finding.source) for finding in findings if finding.fix and (unsafe or finding.fix.safe)}
        for number, fixer in enumerate(fixers):
            if id(current[number].source) in to_fix:
                with troubles.kept(current[number].source.path):
                    fixer.run()
        if len(outcome.applied) == before:
            break
    for old, new in zip(readings, current, strict=True):
        if new.source.text != old.source.text:
            outcome.changed.append((old, new.source.text))
    return outcome


class _FileFixer:
    def __init__(
        self, readings: list[Reading], number: int, settings: Settings, unsafe: bool, outcome: Outcome
    ) -> None:
        self.readings = readings
        self.number = number
        self.settings = settings
        # a fix must not bring up what the user would be told about on the next run
        self.judge = replace(settings, select=(), extend=[*settings.select, *settings.extend], ignore=())
        self.unsafe = unsafe
        self.outcome = outcome
        self.refused: set[tuple[str, tuple[Edit, ...]]] = set()

    def run(self) -> None:
        for _ in range(MAX_ROUNDS):
            batch = self._batch()
            if not batch:
                return
            if len(batch) > 1 and self._try(batch) is None:
                self.outcome.applied += batch
                continue
            self._one_by_one(batch)

    def _batch(self) -> list[Located]:
        """Fixes that can be made together: none touches what another one touches."""
        found = lint(self.readings, self.settings, only=[self.readings[self.number]]).findings
        batch: list[Located] = []
        edits: list[Edit] = []
        for finding in found:
            fix = finding.fix
            if fix is None or not (fix.safe or self.unsafe) or (finding.code, fix.edits) in self.refused:
                continue
            if not collide(fix.edits, edits):
                batch.append(finding)
                for edit in fix.edits:
                    insort(edits, edit)
        return batch

    def _one_by_one(self, batch: Sequence[Located]) -> None:
        """The first fix of the batch that stands; the others may have moved by then."""
        for finding in batch:
            problem = self._try([finding])
            if problem is None:
                self.outcome.applied.append(finding)
                return
            assert finding.fix is not None
            self.refused.add((finding.code, finding.fix.edits))
            line, column = finding.source.position(finding.span.start)
            self.outcome.bugs.append(f"{finding.path}:{line}:{column}: {finding.code} {finding.name}: {problem}")

    def _try(self, batch: Sequence[Located]) -> str | None:
        """Apply the fixes of `batch` if they verify; otherwise say why not."""
        before = self.readings[self.number]
        edits = [edit for finding in batch if finding.fix for edit in finding.fix.edits]
        after = _reread(before, edits)
        if after is None:
            return "the file holds nothing any more"
        problem = _text_problem(before, after, edits, _restructures(batch)) or self._finding_problem(
            before, after, batch
        )
        if problem is None:
            self.readings[self.number] = after
        return problem

    def _finding_problem(self, before: Reading, after: Reading, batch: Sequence[Located]) -> str | None:
        others = list(self.readings)
        others[self.number] = after
        old = Counter(finding.code for finding in lint(self.readings, self.judge, only=[before]).findings)
        findings = lint(others, self.judge, only=[after]).findings
        now = Counter(finding.code for finding in findings)
        for code, fixed in Counter(finding.code for finding in batch).items():
            if now[code] > old[code] - fixed:
                return "the finding is still there after the fix"
        floor = max(finding.severity.rank for finding in batch)
        for finding in findings:
            if now[finding.code] > old[finding.code] and finding.severity.rank >= floor:
                return f"the fix brings up {finding.code} {finding.name}"
        return None


def _reread(before: Reading, edits: Sequence[Edit]) -> Reading | None:
    source = before.source
    text = apply_edits(source.text, edits)
    # what the file is, is known by now; its name and content need not prove it again
    return read(source.path, source.encode(text), as_kind=before.kind)


def _restructures(batch: Sequence[Located]) -> bool:
    return any(finding.fix.restructures for finding in batch if finding.fix)


def _text_problem(before: Reading, after: Reading, edits: Sequence[Edit], restructures: bool) -> str | None:
    lost = [comment for comment in lost_comments(before.source.text, edits) if "kpl:" not in comment]
    if lost:
        return f"the comment {lost[0]!r} would be lost"
    try:
        old = outline(before, [Span(edit.start, edit.end) for edit in edits], restructures)
        new = outline(after, _new_ranges(edits), restructures)
    except YamlError as error:
        return f"the result does not parse: {error.message}"
    changed = differences(old, new, edits)
    return f"the fix changes more than it says: {changed[0]}" if changed else None


def _new_ranges(edits: Sequence[Edit]) -> list[Span]:
    ranges = []
    by = 0
    for edit in sorted(edits):
        ranges.append(Span(edit.start + by, edit.start + by + len(edit.text)))
        by += len(edit.text) - (edit.end - edit.start)
    return ranges
