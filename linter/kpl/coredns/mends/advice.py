"""Help for a refused Corefile, and the fix after which CoreDNS refuses it no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kpl.coredns.judge import Circumstances
from kpl.coredns.mends.refusal import Mend, Refusal
from kpl.coredns.mends.setup import SETUP
from kpl.coredns.mends.syntax import SYNTAX
from kpl.text.edit import Edit, Fix, apply_edits, composed
from kpl.verdict import Verdict

MAX_MENDS = 8

Judge = Callable[[str], Verdict]


class Advice(NamedTuple):
    """What to write, in words, and as a fix where one way is certain to end the refusal."""

    help: str
    fix: Fix | None


def advise(text: str, verdict: Verdict, circumstances: Circumstances, judge: Judge) -> Advice:
    """Advice on the refusal `verdict`; `judge` gives the verdict on another text in the same circumstances.

    A Corefile with several mistakes is refused for one after the other: the fix mends all of them, or is none.
    """
    mends = _mends(Refusal(text, verdict, circumstances))
    if not mends:
        return Advice("", None)
    for first in mends:
        fix = _fix(text, first, circumstances, judge)
        if fix is not None:
            return Advice(first.help, fix)
    return Advice(mends[0].help, None)


def _mends(refusal: Refusal) -> list[Mend]:
    if refusal.at < 0:
        return []
    return [mend for each in (*SYNTAX, *SETUP) if (mend := each(refusal)) is not None]


def _fix(text: str, first: Mend, circumstances: Circumstances, judge: Judge) -> Fix | None:
    """`first`, then the first mend of each refusal that comes up after it."""
    done, mend, safe, titles = text, first, True, list[str]()
    rounds: list[tuple[Edit, ...]] = []
    for _ in range(MAX_MENDS):
        if not mend.edits:
            return None
        done = apply_edits(done, mend.edits)
        rounds.append(mend.edits)
        safe = safe and mend.safe
        titles.append(mend.help)
        verdict = judge(done)
        if verdict.answer != "refuses":
            edits = first.edits
            if len(rounds) > 1:
                narrowed = (_narrowed(text, edit) for edit in composed(len(text), rounds))
                edits = tuple(edit for edit in narrowed if edit.text or edit.end > edit.start)
            whole = tuple(_of_whole_words(text, edit) for edit in edits)
            return Fix(" ".join(dict.fromkeys(titles)).rstrip("."), whole, safe, restructures=True)
        rest = _mends(Refusal(done, verdict, circumstances))
        if not rest:
            return None
        mend = next((each for each in rest if each.edits), rest[0])
    return None


def _narrowed(old: str, edit: Edit) -> Edit:
    """An edit without what both sides start and end with."""
    same = _same(old[edit.start : edit.end], edit.text)
    start, text = edit.start + same, edit.text[same:]
    same = _same(old[start : edit.end][::-1], text[::-1])
    return Edit(start, edit.end - same, text[: len(text) - same])


def _same(a: str, b: str) -> int:
    """How many characters both start with."""
    pairs = zip(a, b, strict=False)
    return next((at for at, (x, y) in enumerate(pairs) if x != y), min(len(a), len(b)))


def _of_whole_words(old: str, edit: Edit) -> Edit:
    """`edit` with the rest of the words that it adds to: it says by its range what it changes."""
    start, end, text = edit
    if text and not text[0].isspace():
        while start > 0 and not old[start - 1].isspace():
            start -= 1
    if text and not text[-1].isspace():
        while end < len(old) and not old[end].isspace():
            end += 1
    return Edit(start, end, old[start : edit.start] + text + old[edit.end : end])
