"""Applies fixes until there are none left, and believes none that it has not verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kpl import troubles
from kpl.fix.offers import offers, together
from kpl.fix.verification import Trials, by_source, judging, same_rules, try_fixes
from kpl.inputs.document import NOT_GIVEN, Reading
from kpl.lint.engine import lint
from kpl.lint.located import Located, Withheld
from kpl.lint.settings import Settings

MAX_ROUNDS = 50


@dataclass
class Outcome:
    """What fixing came to: new texts, the fixes applied, and what became of the others."""

    changed: list[tuple[Reading, str]] = field(default_factory=list)
    """The readings whose text is another one now, as they were, with that text."""
    applied: list[Located] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    """Fixes that failed verification by themselves: lint does not offer them."""
    not_applied: list[Withheld] = field(default_factory=list)
    """Fixes that are offered, and fail verification once others were made; and those that cannot be made in all of their files."""
    bugs: list[Withheld] = field(default_factory=list)
    """Fixes that are offered, and fail verification in the very file that they are offered for."""
    unwritten: dict[str, str] = field(default_factory=dict)
    """The files with fixes that are not written back, with the reason."""

    @property
    def texts(self) -> dict[str, str]:
        """The new texts by path."""
        return {reading.source.path: text for reading, text in self.changed}

    @property
    def groups(self) -> list[list[tuple[Reading, str]]]:
        """`changed` in parts: files are in one part if a fix has edits in both."""
        group_of = {path: frozenset((path,)) for path in self.texts}
        for finding in self.applied:
            if finding.fix is not None and finding.fix.elsewhere:
                paths = {source.path for source, _ in finding.edited}
                joined = frozenset(paths.union(*(group_of.get(path, ()) for path in paths)))
                group_of |= dict.fromkeys(joined, joined)
        parts: dict[frozenset[str], list[tuple[Reading, str]]] = {}
        for each in self.changed:
            parts.setdefault(group_of[each[0].source.path], []).append(each)
        return list(parts.values())


def fix_texts(
    readings: Sequence[Reading], settings: Settings, unsafe: bool, context: Sequence[Reading] = ()
) -> Outcome:
    """Fix all `readings` in memory, to a fixed point; `context` are other files of their clusters, which stay as they are."""
    outcome = Outcome()
    current = [*readings, *(replace(each, not_written=NOT_GIVEN) for each in context)]
    first = lint(current, settings, only=readings)
    outcome.unwritten = first.unwritten
    trials = Trials()
    findings, withheld = offers(current, first.findings, settings, trials)
    for each in dict.fromkeys([*first.withheld, *withheld]):
        fix = each.finding.fix
        if fix is None or not fix.elsewhere:
            outcome.withheld.append(each)
        elif fix.safe or unsafe:
            outcome.not_applied.append(each)
    fixers = [_Fixer(current, [number], settings, unsafe, outcome, trials) for number in range(len(readings))]
    joint = _Fixer(current, range(len(readings)), settings, unsafe, outcome, trials)
    joint.start(findings, [each.finding for each in withheld])
    of_file, withheld_of_file = by_source(findings), by_source(each.finding for each in withheld)
    for fixer, reading in zip(fixers, readings, strict=True):
        fixer.start(of_file.get(id(reading.source), ()), withheld_of_file.get(id(reading.source), ()))
    alone = fixers[0] if len(fixers) == 1 else None
    if alone is not None:
        alone.found = findings
    for _ in range(MAX_ROUNDS):
        before = len(outcome.applied)
        to_fix = [finding for finding in findings if finding.fix and (unsafe or finding.fix.safe)]
        of_one_file = {id(finding.source) for finding in to_fix if finding.fix and not finding.fix.elsewhere}
        for number, fixer in enumerate(fixers):
            if id(current[number].source) in of_one_file:
                with troubles.kept(current[number].source.path):
                    fixer.run()
                if alone is None:
                    fixer.found = None
        of_several_files = next((finding for finding in to_fix if finding.fix and finding.fix.elsewhere), None)
        if of_several_files is not None:
            with troubles.kept(of_several_files.path):
                joint.run()
            joint.found = None
        if len(outcome.applied) == before:
            break
        known = alone.found if alone is not None else None
        findings = lint(current, settings, only=current[: len(readings)]).findings if known is None else known
    for old, new in zip(readings, current, strict=False):
        if new.source.text != old.source.text:
            outcome.changed.append((old, new.source.text))
    return outcome


class _Fixer:
    """Makes the fixes of one file, or those with edits in several of its files."""

    def __init__(
        self,
        readings: list[Reading],
        numbers: Sequence[int],
        settings: Settings,
        unsafe: bool,
        outcome: Outcome,
        trials: Trials,
    ) -> None:
        self.readings = readings
        self.numbers = numbers
        self.settings = settings
        self.judge = judging(settings)
        self.unsafe = unsafe
        self.outcome = outcome
        self.trials = trials
        self.several = len(numbers) > 1
        self.first = [readings[number].source for number in numbers]
        self.offered: set[tuple[str, str, str]] = set()
        self.refused: set[tuple[object, ...]] = set()
        self.found: list[Located] | None = None
        """What lint says of the files as they stand, where that is known: a change of another file may change it."""

    def start(self, findings: Sequence[Located], withheld: Sequence[Located]) -> None:
        """Learn what is offered, and what is not to be tried again."""
        self.offered = {(each.path, each.code, each.message) for each in findings if self._is_mine(each)}
        self.refused = {_key(each) for each in withheld if self._is_mine(each)}

    def _is_mine(self, finding: Located) -> bool:
        return finding.fix is not None and bool(finding.fix.elsewhere) == self.several

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
        if self.found is None:
            files = [self.readings[number] for number in self.numbers]
            self.found = lint(self.readings, self.settings, only=files).findings
        return together(
            finding
            for finding in self.found
            if finding.fix
            and (finding.fix.safe or self.unsafe)
            and self._is_mine(finding)
            and _key(finding) not in self.refused
        )[0]

    def _one_by_one(self, batch: Sequence[Located]) -> None:
        """The first fix of the batch that stands; the others may have moved by then."""
        for finding in batch:
            problem = self._try([finding])
            if problem is None:
                self.outcome.applied.append(finding)
                return
            self.refused.add(_key(finding))
            self._tell(Withheld(finding, problem))

    def _tell(self, refused: Withheld) -> None:
        finding = refused.finding
        unchanged = all(any(source is first for first in self.first) for source, _ in finding.edited)
        offered = (finding.path, finding.code, finding.message) in self.offered
        if not (offered or self.several):
            self.outcome.withheld.append(refused)
        elif offered and unchanged and not refused.problem.startswith("it causes"):
            self.outcome.bugs.append(refused)
        else:
            self.outcome.not_applied.append(refused)

    def _try(self, batch: Sequence[Located]) -> str | None:
        """Apply the fixes of `batch` in all of their files if they verify; otherwise say why not."""
        old = self.found if same_rules(self.settings) else None
        tried = try_fixes(self.readings, batch, self.judge, self.trials, old)
        if tried.problem is None:
            for number, after in tried.after.items():
                self.readings[number] = after
            self.found = tried.findings if same_rules(self.settings) and not self.several else None
        return tried.problem


def _key(finding: Located) -> tuple[object, ...]:
    """What a fix does, whatever the other words of the files have become."""
    return finding.code, *((source.path, edits) for source, edits in finding.edited)
