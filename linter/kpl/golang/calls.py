"""Recursion that is as deep as the input likes: calls are generators, their stack is a list."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

# A function that calls another one by yielding it, is sent what that returns, and returns a value of the same type.
Call: TypeAlias = Generator["Call[T]", T, T]


class TooDeepError(Exception):
    """More calls are open than was allowed."""


def run(call: Call[T], deepest: int | None = None) -> T:
    """What the call returns. Raises TooDeepError where more than `deepest` calls are open."""
    open_calls = [call]
    value: T | None = None
    while True:
        try:
            # (None starts a generator)
            called = open_calls[-1].send(value)  # type: ignore[arg-type]
        except StopIteration as returned:
            open_calls.pop()
            value = returned.value
            if not open_calls:
                return returned.value  # type: ignore[no-any-return]
            continue
        if deepest is not None and len(open_calls) >= deepest:
            raise TooDeepError
        open_calls.append(called)
        value = None
