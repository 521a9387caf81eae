"""How long the rules of a run take, where somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SECONDS: ContextVar[dict[str, float] | None] = ContextVar("seconds", default=None)


@contextmanager
def rules_timed() -> Iterator[dict[str, float]]:
    """Collect the seconds that each rule takes in this thread, by its code."""
    seconds: dict[str, float] = {}
    token = _SECONDS.set(seconds)
    try:
        yield seconds
    finally:
        _SECONDS.reset(token)


def seconds_of_rules() -> dict[str, float] | None:
    """What is collected, None where nobody asks."""
    return _SECONDS.get()
