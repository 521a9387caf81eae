"""Internal errors that cost a part of a run and do not end it: they are told at its end, and its exit code is 2."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kpl.errors import UsageError

if TYPE_CHECKING:
    from types import TracebackType

_LONGEST = 300

FAILURES = (Exception, SystemExit)
"""What the code of a rule may raise without ending the run: all but an interrupt from the keyboard."""


class Trouble:
    """One error, however many files and rules it came up in; `rules` are written ``KPL201 missing-cache of kpl_rules``."""

    def __init__(self, text: str, files: Iterable[str] = (), rules: Iterable[str] = (), details: str = "") -> None:
        self.text = text
        self.files = dict.fromkeys(files)
        self.rules = dict.fromkeys(rules)
        self.details = details

    def __str__(self) -> str:
        where = f"{_some(self.files, 1)}: " if self.files else ""
        rules = f"rule {_some(self.rules, 3)} raised " if self.rules else ""
        return f"{where}{rules}{self.text}"


def _some(words: Iterable[str], most: int) -> str:
    shown = list(words)
    more = f" and {len(shown) - most:,} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


_noted: dict[tuple[object, ...], Trouble] = {}


def noted() -> dict[tuple[object, ...], Trouble]:
    """The troubles of this process so far, by what makes them one."""
    return dict(_noted)


def forget() -> None:
    """Forget all of them."""
    _noted.clear()


def add(others: dict[tuple[object, ...], Trouble]) -> None:
    """Note what another process noted, or what is known by its text alone."""
    for key, other in others.items():
        known = _noted.setdefault(key, other)
        known.files |= other.files
        known.rules |= other.rules


def note(text: str) -> None:
    """Note what is wrong with a plug-in."""
    add({(text,): Trouble(text)})


def note_error(error: BaseException, file: str = "", rule: str = "", package: str = "", module: str = "") -> None:
    """Note an error that came up with `file`, in the rule `rule` of the module `module` in `package`.

    What is raised at one place is one trouble: a fault in what many rules look at is told once.
    """
    frames = list(_frames(error.__traceback__))
    at = None if isinstance(error, RecursionError) else frames[-1][1:]  # a stack overflows anywhere
    place = next((each for each in reversed(frames) if each[0] == module), frames[-1])
    text = f"{'' if rule else 'internal error: '}{describe(error)} ({place[1]}:{place[2]})"
    details = ""
    if os.environ.get("KPL_DEBUG"):
        import traceback

        details = "".join(traceback.format_exception(error))
    trouble = Trouble(text, [file] if file else [], [f"{rule} of {package}"] if rule else [], details)
    add({(package, type(error).__name__, at): trouble})


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, str, int]]:
    while trace is not None:
        yield trace.tb_frame.f_globals.get("__name__", ""), trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def describe(error: BaseException) -> str:
    """The type and the message of an error, on no more than a few lines of a screen."""
    try:
        said = str(error)
    except Exception:  # the class of an exception may be wrong, too
        said = ""
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    return f"{type(error).__name__}{': ' if said else ''}{said}"


@contextmanager
def kept(file: str, *expected: type[Exception]) -> Iterator[None]:
    """What fails in the block costs `file`, and the run goes on; the `expected` is the caller's."""
    try:
        yield
    except (UsageError, *expected):  # type: ignore[misc]
        raise
    except FAILURES as error:
        note_error(error, file)
