"""Applies fixes until there are none left, and believes none that it has not verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kpl import troubles
from kpl.fix.offers import Withheld, offers, together
from kpl.fix.verification import Trials, judging, same_rules, try_fixes
from kpl.inputs.document import Reading
from kpl.lint.engine import lint
from kpl.lint.located import Located
from kpl.lint.settings import Settings
from kpl.text.edit import Edit

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
    """Fixes that are offered, and fail verification once others were made."""
    bugs: list[Withheld] = field(default_factory=list)
    """Fixes that are offered, and fail verification in the very file that they are offered for."""
    unwritten: dict[str, str] = field(default_factory=dict)
    """The files with fixes that are not written back, with the reason."""

    @property
    def texts(self) -> dict[str, str]:
        """The new texts by path."""
        return {reading.source.path: text for reading, text in self.changed}


def fix_texts(
    readings: Sequence[Reading], settings: Settings, unsafe: bool, context: Sequence[Reading] = ()
) -> Outcome:
    """Fix all `readings` in memory, to a fixed point; `context` are other files of their clusters."""
    outcome = Outcome()
    current = [*readings, *context]
    first = lint(current, settings, only=readings)
    outcome.unwritten = first.unwritten
    trials = Trials()
    findings, outcome.withheld = offers(current, first.findings, settings, trials)
    fixers = [_FileFixer(current, number, settings, unsafe, outcome, trials) for number in range(len(readings))]
    for fixer in fixers:
        fixer.start(findings)
    alone = fixers[0] if len(fixers) == 1 else None
    if alone is not None:
        alone.found = findings
    for _ in range(MAX_ROUNDS):
        before = len(outcome.applied)
        to_fix = {id(finding.source) for finding in findings if finding.fix and (unsafe or finding.fix.safe)}
        for number, fixer in enumerate(fixers):
            if id(current[number].source) in to_fix:
                with troubles.kept(current[number].source.path):
                    fixer.run()
                if alone is None:
                    fixer.found = None
        if len(outcome.applied) == before:
            break
        known = alone.found if alone is not None else None
        findings = lint(current, settings, only=current[: len(readings)]).findings if known is None else known
    for old, new in zip(readings, current, strict=False):
        if new.source.text != old.source.text:
            outcome.changed.append((old, new.source.text))
    return outcome


class _FileFixer:
    def __init__(
        self,
        readings: list[Reading],
        number: int,
        settings: Settings,
        unsafe: bool,
        outcome: Outcome,
        trials: Trials,
    ) -> None:
        self.readings = readings
        self.number = number
        self.settings = settings
        self.judge = judging(settings)
        self.unsafe = unsafe
        self.outcome = outcome
        self.trials = trials
        self.first = readings[number].source
        self.offered: set[tuple[str, str]] = set()
        self.refused: set[tuple[str, tuple[Edit, ...]]] = set()
        self.found: list[Located] | None = None
        """What lint says of the file as it stands, where that is known: a change of another file may change it."""

    def start(self, findings: Sequence[Located]) -> None:
        """Learn what is offered, and what is not to be tried again."""
        self.offered = {(each.code, each.message) for each in findings if each.fix and each.source is self.first}
        for finding, _ in self.outcome.withheld:
            if finding.source is self.first and finding.fix:
                self.refused.add((finding.code, finding.fix.edits))

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
            self.found = lint(self.readings, self.settings, only=[self.readings[self.number]]).findings
        return together(
            finding
            for finding in self.found
            if finding.fix
            and (finding.fix.safe or self.unsafe)
            and (finding.code, finding.fix.edits) not in self.refused
        )[0]

    def _one_by_one(self, batch: Sequence[Located]) -> None:
        """The first fix of the batch that stands; the others may have moved by then."""
        for finding in batch:
            problem = self._try([finding])
            if problem is None:
                self.outcome.applied.append(finding)
                return
            assert finding.fix is not None
            self.refused.add((finding.code, finding.fix.edits))
            self._tell(Withheld(finding, problem))

    def _tell(self, refused: Withheld) -> None:
        finding = refused.finding
        if (finding.code, finding.message) not in self.offered:
            self.outcome.withheld.append(refused)
        elif finding.source is self.first and not refused.problem.startswith("it causes"):
            self.outcome.bugs.append(refused)
        else:
            self.outcome.not_applied.append(refused)

    def _try(self, batch: Sequence[Located]) -> str | None:
        """Apply the fixes of `batch` if they verify; otherwise say why not."""
        old = self.found if same_rules(self.settings) else None
        tried = try_fixes(self.readings, self.number, batch, self.judge, self.trials, old)
        if tried.problem is None and tried.after is not None:
            self.readings[self.number] = tried.after
            self.found = tried.findings if same_rules(self.settings) else None
        return tried.problem
