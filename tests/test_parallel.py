from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import IO

import pytest

from kpl.errors import UsageError
from kpl.parallel import Swap, can_fork, in_two_processes, side_by_side

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def squares(numbers: Sequence[int]) -> list[tuple[int, int]]:
    return [(number * number, os.getpid()) for number in numbers]


def test_half_of_the_work_is_done_in_a_child() -> None:
    done = in_two_processes(squares, [1, 2], [3, 4])
    assert [square for square, _ in done] == [1, 4, 9, 16]
    assert [process == os.getpid() for _, process in done] == [True, True, False, False]


def test_without_a_child_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr("kpl.parallel.os.fork", refused)
    assert in_two_processes(squares, [1], [3]) == [(1, os.getpid()), (9, os.getpid())]


def test_what_a_dead_child_left_is_done_here() -> None:
    here = os.getpid()

    def dies(numbers: Sequence[int]) -> list[tuple[int, int]]:
        if os.getpid() != here:
            os._exit(3)
        return squares(numbers)

    assert in_two_processes(dies, [1], [3]) == [(1, here), (9, here)]


def test_the_error_of_a_child_is_raised_here() -> None:
    def fails(numbers: Sequence[int]) -> list[int]:
        if 3 in numbers:
            raise UsageError("no such file")
        return list(numbers)

    with pytest.raises(UsageError, match="no such file"):
        in_two_processes(fails, [1], [3])


def test_no_child_and_no_descriptor_is_left_where_this_process_fails() -> None:
    here = os.getpid()

    def fails_here(numbers: Sequence[int]) -> list[int]:
        if os.getpid() == here:
            raise KeyboardInterrupt
        time.sleep(600)
        return list(numbers)

    spare = os.dup(0)
    os.close(spare)
    with pytest.raises(KeyboardInterrupt):
        in_two_processes(fails_here, [1], [3])
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    again = os.dup(0)
    os.close(again)
    assert again == spare, "the lowest free descriptor is the same as before"


def test_half_an_answer_of_a_child_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(value: object, pipe: IO[bytes], protocol: int) -> None:
        pipe.write(b"\x80\x05half")
        pipe.flush()
        os._exit(1)

    monkeypatch.setattr("pickle.dump", breaks_off)
    assert in_two_processes(squares, [1], [3]) == [(1, os.getpid()), (9, os.getpid())]


def test_one_processor_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpl.parallel.os.cpu_count", lambda: 1)
    assert not can_fork()


def test_values_are_swapped() -> None:
    def work(numbers: Sequence[int], swap: Swap) -> list[int]:
        return [*numbers, *swap([-each for each in numbers]), os.getpid()]

    done = side_by_side(work, [1], [2])
    assert done is not None
    own, theirs = done
    assert theirs is not None
    assert (own[:-1], theirs[:-1]) == ([1, -2], [2, -1])
    assert own[-1] == os.getpid() != theirs[-1]


def test_large_values_are_swapped_without_waiting_for_each_other() -> None:
    def work(numbers: Sequence[int], swap: Swap) -> int:
        return len(swap(b"x" * 5_000_000)) + len(swap(b"y" * 1_000_000))

    assert side_by_side(work, [1], [2]) == (6_000_000, 6_000_000)


def test_a_child_that_dies_before_a_swap_leaves_nothing_done() -> None:
    here = os.getpid()

    def work(numbers: Sequence[int], swap: Swap) -> int:
        if os.getpid() != here:
            os._exit(3)
        return int(swap(1))

    assert side_by_side(work, [1], [2]) is None


def test_the_error_of_a_child_before_a_swap_is_raised_here() -> None:
    here = os.getpid()

    def work(numbers: Sequence[int], swap: Swap) -> int:
        if os.getpid() != here:
            raise UsageError("no such cluster")
        return int(swap(1))

    with pytest.raises(UsageError, match="no such cluster"):
        side_by_side(work, [1], [2])
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
