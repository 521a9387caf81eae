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

MAX_TRIES = 60
MAX_TRIED_TEXT = 6_000_000
"""In characters: how much is read again to find the fixes of one file that are at fault."""
MAX_LAYERS = 4
"""How many fixes may meet at one place before they are tried apart."""


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
    something is wrong are tried apart.
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
    readings: Sequence[Reading],
    numbers: dict[int, list[Located]],
    findings: Sequence[Located],
    settings: Settings,
    layers: int = MAX_LAYERS,
) -> dict[int, list[Located]]:
    """The fixes to try apart, by the number of their file."""
    if not numbers or not layers:
        return numbers
    suspects: dict[int, list[Located]] = {}
    below: dict[int, list[Located]] = {}
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
            below[number] = others
    judge = judging(settings)
    same_rules = not (settings.select or settings.ignore or settings.overrides)
    old = findings if same_rules else lint(readings, judge, only=[readings[number] for number in batches]).findings
    new = lint(after, judge, only=[after[number] for number in batches]).findings
    old_of, new_of = _by_source(old), _by_source(new)
    for number, batch in batches.items():
        was, now = old_of.get(id(readings[number].source), []), new_of.get(id(after[number].source), [])
        if finding_problem(was, now, batch) is not None:
            suspects[number] = batch
    for number, found in _suspects(readings, below, findings, settings, layers - 1).items():
        suspects.setdefault(number, []).extend(found)
    return suspects


def _by_source(findings: Iterable[Located]) -> dict[int, list[Located]]:
    found: dict[int, list[Located]] = {}
    for finding in findings:
        found.setdefault(id(finding.source), []).append(finding)
    return found


def _tried(
    readings: Sequence[Reading], number: int, suspects: Sequence[Located], settings: Settings
) -> Iterable[Withheld]:
    """Those of `suspects` that are at fault: halves of them are tried, and halves of what fails."""
    tries = min(MAX_TRIES, max(MAX_TRIED_TEXT // (len(readings[number].source.text) + 1), 1))
    judge = judging(settings)
    waiting = _halves(list({id(finding): finding for finding in suspects}.values()))
    while waiting:
        group, others = together(waiting.pop())
        if others:
            waiting.append(others)
        if tries == 0:
            yield from (Withheld(finding, "too many fixes of this file fail verification") for finding in group)
            continue
        tries -= 1
        problem = try_fixes(readings, number, group, judge).problem
        if problem is not None and len(group) == 1:
            yield Withheld(group[0], problem)
        elif problem is not None:
            waiting += _halves(group)


def _halves(findings: list[Located]) -> list[list[Located]]:
    """`findings` in two parts, the first one last."""
    half = (len(findings) + 1) // 2
    return [part for part in (findings[half:], findings[:half]) if part]
