"""How long the rules took, as ``kpl lint --timing`` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpl.lint.registry import entries

_SHOWN = 20
"""How many rules are listed."""


def timing_lines(seconds: Mapping[str, float], total: float) -> Iterator[str]:
    """A line for each of the slowest rules: its seconds, its share of the `total` of the run, its code and name."""
    names = {entry.code: entry.name for entry in entries()}
    slowest = sorted(seconds.items(), key=lambda each: (-each[1], each[0]))
    yield f"{len(seconds)} rules took {sum(seconds.values()):.3f} s of {total:.3f} s, in one process and without the cache."
    for code, taken in slowest[:_SHOWN]:
        yield f"{taken:9.3f} s  {taken / total if total else 0:6.1%}  {code} {names.get(code, '')}".rstrip()
    others = slowest[_SHOWN:]
    if others:
        rest = sum(taken for _, taken in others)
        yield f"{rest:9.3f} s  {rest / total if total else 0:6.1%}  {len(others)} other rules"
