"""Help for a refused Corefile, and the fix after which CoreDNS refuses it no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kpl.coredns.judge import Circumstances
from kpl.coredns.mends.refusal import Mend, Refusal
from kpl.coredns.mends.setup import SETUP
from kpl.coredns.mends.syntax import SYNTAX
from kpl.text.edit import Edit, Fix, apply_edits
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
    for _ in range(MAX_MENDS):
        if not mend.edits:
            return None
        done = apply_edits(done, mend.edits)
        safe = safe and mend.safe
        titles.append(mend.help)
        verdict = judge(done)
        if verdict.answer != "refuses":
            edits = first.edits if len(titles) == 1 else _difference(text, done)
            whole = tuple(_of_whole_words(text, edit) for edit in edits)
            return Fix(" ".join(dict.fromkeys(titles)).rstrip("."), whole, safe, restructures=True)
        rest = _mends(Refusal(done, verdict, circumstances))
        if not rest:
            return None
        mend = next((each for each in rest if each.edits), rest[0])
    return None


def _difference(old: str, new: str) -> list[Edit]:
    """The edits that make `new` of `old`, line by line."""
    from difflib import SequenceMatcher

    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    return [
        _narrowed(old, starts[a], starts[b], "".join(after[c:d]))
        for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if kind != "equal"
    ]


def _narrowed(old: str, start: int, end: int, text: str) -> Edit:
    """An edit without what both sides start and end with."""
    while start < end and text and old[start] == text[0]:
        start, text = start + 1, text[1:]
    while start < end and text and old[end - 1] == text[-1]:
        end, text = end - 1, text[:-1]
    return Edit(start, end, text)


def _of_whole_words(old: str, edit: Edit) -> Edit:
    """`edit` with the rest of the words that it adds to: it says by its range what it changes."""
    start, end, text = edit.start, edit.end, edit.text
    while text and start > 0 and not (text[0].isspace() or old[start - 1].isspace()):
        start, text = start - 1, old[start - 1] + text
    while text and end < len(old) and not (text[-1].isspace() or old[end].isspace()):
        end, text = end + 1, text + old[end]
    return Edit(start, end, text)
