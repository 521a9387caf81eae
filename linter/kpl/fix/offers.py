"""Which fixes are offered: those that `kpl fix` would make."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kpl.fix.verification import finding_problem, judging, try_edits, try_fixes
from kpl.inputs.document import Reading
from kpl.lint.engine import Located, lint
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, collide

MAX_SUSPECTS = 40
"""In one file: each is tried by itself, which takes as long as reading the file does."""


class Withheld(NamedTuple):
    """A finding whose fix is not offered, and why."""

    finding: Located
    problem: str


class Offers(NamedTuple):
    """All findings, those of `withheld` without their fix."""

    findings: list[Located]
    withheld: list[Withheld]


def offers(readings: Sequence[Reading], findings: Sequence[Located], settings: Settings) -> Offers:
    """Try the fixes of `findings`, which are what lint says of `readings`.

    All of them are tried at once, as `kpl fix` does it, with the unsafe ones and without; only those of a file where
    something is wrong are tried one by one.
    """
    numbers = {id(reading.source): number for number, reading in enumerate(readings)}
    fixes: dict[int, list[Located]] = {}
    for finding in findings:
        if finding.fix is not None:
            fixes.setdefault(numbers[id(finding.source)], []).append(finding)
    safe = {number: [each for each in found if each.fix and each.fix.safe] for number, found in fixes.items()}
    mixed = {number: found for number, found in fixes.items() if len(safe[number]) < len(found)}
    suspects: dict[int, list[Located]] = {}
    for chosen in ({number: found for number, found in safe.items() if found}, mixed):
        for number, found in _suspects(readings, chosen, findings, settings).items():
            suspects.setdefault(number, []).extend(found)
    withheld = [
        Withheld(finding, problem)
        for number, found in suspects.items()
        for finding, problem in _tried(readings, number, found, settings)
    ]
    without = {id(each.finding) for each in withheld}
    return Offers([each._replace(fix=None) if id(each) in without else each for each in findings], withheld)


def together(findings: Iterable[Located]) -> tuple[list[Located], list[Located]]:
    """Findings whose fixes can be made together, as none touches what another one touches, and the others."""
    batch: list[Located] = []
    others: list[Located] = []
    edits: list[Edit] = []
    for finding in findings:
        if finding.fix is None:
            continue
        if collide(finding.fix.edits, edits):
            others.append(finding)
            continue
        batch.append(finding)
        for edit in finding.fix.edits:
            insort(edits, edit)
    return batch, others


def _suspects(
    readings: Sequence[Reading], numbers: dict[int, list[Located]], findings: Sequence[Located], settings: Settings
) -> dict[int, list[Located]]:
    """The fixes to try one by one, by the number of their file."""
    suspects: dict[int, list[Located]] = {}
    if not numbers:
        return suspects
    after = list(readings)
    batches: dict[int, list[Located]] = {}
    for number, fixes in numbers.items():
        batch, others = together(fixes)
        tried = try_edits(readings[number], batch)
        if tried.after is None or tried.problem is not None:
            suspects[number] = fixes
            continue
        after[number], batches[number] = tried.after, batch
        if others:
            suspects[number] = others
    judge = judging(settings)
    same_rules = not (settings.select or settings.ignore or settings.overrides)
    old = findings if same_rules else lint(readings, judge, only=[readings[number] for number in batches]).findings
    new = lint(after, judge, only=[after[number] for number in batches]).findings
    old_of, new_of = _by_source(old), _by_source(new)
    for number, batch in batches.items():
        was, now = old_of.get(id(readings[number].source), []), new_of.get(id(after[number].source), [])
        if finding_problem(was, now, batch) is not None:
            suspects[number] = numbers[number]
    return suspects


def _by_source(findings: Iterable[Located]) -> dict[int, list[Located]]:
    found: dict[int, list[Located]] = {}
    for finding in findings:
        found.setdefault(id(finding.source), []).append(finding)
    return found


def _tried(
    readings: Sequence[Reading], number: int, suspects: Sequence[Located], settings: Settings
) -> Iterable[Withheld]:
    suspects = list({id(finding): finding for finding in suspects}.values())
    for finding in suspects[:MAX_SUSPECTS]:
        problem = try_fixes(readings, number, [finding], judging(settings)).problem
        if problem is not None:
            yield Withheld(finding, problem)
    for finding in suspects[MAX_SUSPECTS:]:
        yield Withheld(finding, f"more than {MAX_SUSPECTS} fixes of this file are doubtful")
