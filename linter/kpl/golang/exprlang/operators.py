"""How tightly operators bind. Mirrors parser/operator/operator.go of expr."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from kpl.golang.exprlang.faults import Release

COMPARISONS = frozenset(("<", ">", ">=", "<="))
"""Since 1.16, ``a < b < c`` is ``a < b && b < c``."""
NEGATABLE = frozenset(("contains", "matches", "startsWith", "endsWith", "in"))
"""Since 1.16, what ``not`` may stand before."""
BOOLEAN = frozenset(("and", "or", "&&", "||"))


class Operators(NamedTuple):
    """The precedence of each operator, and which of two operands associate to the right."""

    unary: dict[str, int]
    binary: dict[str, int]
    right: frozenset[str]


@cache
def operators(release: Release) -> Operators:
    """The operators of a release of expr."""
    sign, power = (500, 70) if release < (1, 12) else (90, 100)
    binary = {"or": 10, "||": 10, "and": 15, "&&": 15}
    binary |= dict.fromkeys("== != < > >= <= in matches contains startsWith endsWith".split(), 20)
    binary |= {"..": 25, "+": 30, "-": 30, "*": 60, "/": 60, "%": 60, "**": power}
    if release < (1, 12):
        binary["not in"] = 20
    else:
        binary |= {"^": power, "??": 500}
    if release >= (1, 14):
        binary["|"] = 0
    return Operators({"not": 50, "!": 50, "-": sign, "+": sign}, binary, frozenset(("**", "^")))
