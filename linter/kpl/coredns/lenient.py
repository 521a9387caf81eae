"""The verdict for a linter: a plugin that CoreDNS does not have may be in the image all the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from kpl.coredns.judge import Circumstances, Judgement
from kpl.coredns.releases import DIRECTIVES, KEYWORDS
from kpl.coredns.versions import setup_order
from kpl.text.words import closest

MAX_UNKNOWN = 20

_UNKNOWN = re.compile(r".*:\d+ - Error during parsing: Unknown directive '([a-z][a-z0-9_-]*)'")


class Lenient(NamedTuple):
    """The verdict of a CoreDNS that was built with the plugins `assumed` beside its own."""

    judgement: Judgement
    circumstances: Circumstances
    assumed: tuple[str, ...]


def judge_leniently(judge: Callable[[Circumstances], Judgement], circumstances: Circumstances) -> Lenient:
    """`judge` in `circumstances`, and once more with each unknown plugin that is no slip of the pen.

    A word that is nearly a plugin, or an option of one, is taken for a mistake.
    """
    assumed: list[str] = []
    while True:
        judgement = judge(circumstances)
        found = _UNKNOWN.fullmatch(judgement.verdict.message or "")
        if found is None or len(assumed) == MAX_UNKNOWN or not _may_be_external(found[1], circumstances):
            return Lenient(judgement, circumstances, tuple(assumed))
        assumed.append(found[1])
        circumstances = replace(circumstances, external=circumstances.external | {found[1]})


def _may_be_external(name: str, circumstances: Circumstances) -> bool:
    if name in DIRECTIVES:  # of another release: what became of it is told elsewhere
        return True
    if any(name in options for options in KEYWORDS.values()):
        return False
    return closest(name, setup_order(circumstances.version)) is None
