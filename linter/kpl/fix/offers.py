"""Which fixes are offered: those that `kpl fix` would make."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kpl.fix.verification import Trials, by_source, finding_problem, judging, same_rules, try_fixes
from kpl.inputs.document import Reading
from kpl.lint.engine import lint
from kpl.lint.located import Located, Withheld
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, collide

MAX_TRIES = 60
MAX_TRIED_TEXT = 6_000_000
"""In characters: how much is read again to find the fixes of one file that are at fault."""
MAX_LAYERS = 4
"""How many fixes may meet at one place before they are tried apart."""


class Offers(NamedTuple):
    """All findings, those of `withheld` without their fix."""

    findings: list[Located]
    withheld: list[Withheld]


def offers(
    readings: Sequence[Reading], findings: Sequence[Located], settings: Settings, trials: Trials | None = None
) -> Offers:
    """Try the fixes of `findings`, which are what lint says of `readings`.

    All of them are tried at once, as `kpl fix` does it, with the unsafe ones and without; only those of a file where
    something is wrong are tried apart. Those with edits in several files are tried after the others.
    """
    trying = _Trying(readings, findings, settings, trials or Trials())
    numbers = {id(reading.source): number for number, reading in enumerate(readings)}
    of_file: dict[int, list[Located]] = {}
    for finding in findings:
        if finding.fix is not None:
            of_file.setdefault(numbers[id(finding.source)], []).append(finding)
    safe, mixed = dict[int, list[Located]](), dict[int, list[Located]]()
    for number, found in of_file.items():
        safe[number], mixed[number] = _tried_together(found)
    suspects: dict[int, list[Located]] = {}
    for chosen in safe, mixed:
        for number, found in trying.suspects({number: found for number, found in chosen.items() if found}).items():
            suspects.setdefault(number, []).extend(found)
    withheld = [each for number, found in suspects.items() for each in trying.of_file(number, found)]
    withheld += trying.of_several_files([finding for finding in findings if finding.fix and finding.fix.elsewhere])
    without = {id(each.finding) for each in withheld}
    return Offers([each._replace(fix=None) if id(each) in without else each for each in findings], withheld)


def try_early(reading: Reading, findings: Sequence[Located], trials: Trials) -> None:
    """Make the fixes in a file that `offers` will make, while all that its check has read is at hand."""
    for fixes in _tried_together(findings):
        if fixes:
            trials.try_edits(reading, together(fixes)[0])


def _tried_together(findings: Sequence[Located]) -> tuple[list[Located], list[Located]]:
    """Those of a file's findings whose fixes are tried first: the safe ones, and all, if there are unsafe ones."""
    fixes = [each for each in findings if each.fix is not None and not each.fix.elsewhere]
    safe = [each for each in fixes if each.fix is not None and each.fix.safe]
    return safe, fixes if len(safe) < len(fixes) else []


def together(findings: Iterable[Located]) -> tuple[list[Located], list[Located]]:
    """Findings whose fixes can be made together, as none touches what another one touches, and the others."""
    batch: list[Located] = []
    others: list[Located] = []
    edits: defaultdict[int, list[Edit]] = defaultdict(list)
    for finding in findings:
        if finding.fix is None:
            continue
        if any(collide(own, edits[id(source)]) for source, own in finding.edited):
            others.append(finding)
            continue
        batch.append(finding)
        for source, own in finding.edited:
            for edit in own:
                insort(edits[id(source)], edit)
    return batch, others


@dataclass(eq=False)
class _Trying:
    """Fixes of `findings`, which are what lint says of `readings`."""

    readings: Sequence[Reading]
    findings: Sequence[Located]
    settings: Settings
    trials: Trials

    def suspects(self, numbers: dict[int, list[Located]], layers: int = MAX_LAYERS) -> dict[int, list[Located]]:
        """The fixes to try apart, by the number of their file."""
        if not numbers or not layers:
            return numbers
        suspects: dict[int, list[Located]] = {}
        below: dict[int, list[Located]] = {}
        after = list(self.readings)
        batches: dict[int, list[Located]] = {}
        for number, fixes in numbers.items():
            batch, others = together(fixes)
            tried = self.trials.try_edits(self.readings[number], batch)
            if tried.after is None or tried.problem is not None:
                suspects[number] = fixes
                continue
            after[number], batches[number] = tried.after, batch
            if others:
                below[number] = others
        old_of = self._old
        new_of = by_source(lint(after, judging(self.settings), only=[after[number] for number in batches]).findings)
        for number, batch in batches.items():
            was, now = old_of.get(id(self.readings[number].source), []), new_of.get(id(after[number].source), [])
            if finding_problem(was, now, batch, self.readings[number].source) is not None:
                suspects[number] = batch
        for number, found in self.suspects(below, layers - 1).items():
            suspects.setdefault(number, []).extend(found)
        return suspects

    @cached_property
    def _old(self) -> dict[int, list[Located]]:
        """What lint says of the files before, by the identity of their source, with the rules that judge a fix."""
        if same_rules(self.settings):
            return by_source(self.findings)
        fixable = {id(finding.source) for finding in self.findings if finding.fix is not None}
        files = [reading for reading in self.readings if id(reading.source) in fixable]
        return by_source(lint(self.readings, judging(self.settings), only=files).findings)

    def of_file(self, number: int, suspects: Sequence[Located]) -> Iterable[Withheld]:
        """Those of `suspects`, all in one file, that are at fault: halves of them are tried, and halves of what fails."""
        old = self._old.get(id(self.readings[number].source), [])
        return self._apart(_halves(list({id(finding): finding for finding in suspects}.values())), old)

    def of_several_files(self, fixes: Sequence[Located]) -> Iterable[Withheld]:
        """Those of `fixes` that are at fault in one of their files."""
        unsafe = [finding for finding in fixes if finding.fix and not finding.fix.safe]
        safe = [finding for finding in fixes if finding.fix and finding.fix.safe]
        return self._apart([each for each in (unsafe, safe) if each], None)

    def _apart(self, waiting: list[list[Located]], old: Sequence[Located] | None) -> Iterable[Withheld]:
        judge = judging(self.settings)
        tries, tried_text = 0, 0
        while waiting:
            group, others = together(waiting.pop())
            if others:
                waiting.append(others)
            tried_text += sum(
                {id(source): len(source.text) + 1 for each in group for source, _ in each.edited}.values()
            )
            if tries == MAX_TRIES or (tries and tried_text > MAX_TRIED_TEXT):
                yield from (Withheld(finding, "too many fixes of this file fail verification") for finding in group)
                continue
            tries += 1
            problem = try_fixes(self.readings, group, judge, self.trials, old).problem
            if problem is not None and len(group) == 1:
                yield Withheld(group[0], problem)
            elif problem is not None:
                waiting += _halves(group)


def _halves(findings: list[Located]) -> list[list[Located]]:
    """`findings` in two parts, the first one last."""
    half = (len(findings) + 1) // 2
    return [part for part in (findings[half:], findings[:half]) if part]
