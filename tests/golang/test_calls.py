"""Calls whose stack is a list."""

from __future__ import annotations

import pytest

from kpl.golang.calls import Call, TooDeepError, run


def depth(levels: int) -> Call[int]:
    if not levels:
        return 0
    return 1 + (yield depth(levels - 1))


def leaves(tree: list[object]) -> Call[int]:
    count = 0
    for each in tree:
        count += (yield leaves(each)) if isinstance(each, list) else 1
    return count


def test_calls_return_to_their_caller() -> None:
    assert run(leaves([1, [2, [3], []], 4])) == 4


def test_deeper_than_python_goes() -> None:
    assert run(depth(100_000)) == 100_000


def test_errors_pass_through() -> None:
    def failing() -> Call[int]:
        yield depth(3)
        raise KeyError

    def careful() -> Call[int]:
        return (yield failing())

    with pytest.raises(KeyError):
        run(careful())


def test_a_limit() -> None:
    assert run(depth(4), deepest=5) == 4
    with pytest.raises(TooDeepError):
        run(depth(5), deepest=5)
