"""Half of a run's work in a forked child."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from kpl import troubles
from kpl.errors import UsageError

Item = TypeVar("Item")
Done = TypeVar("Done")


def can_fork() -> bool:
    """Whether a second process is to be had, and a processor for it."""
    return hasattr(os, "fork") and (os.cpu_count() or 1) > 1


def in_two_processes(
    work: Callable[[Sequence[Item]], list[Done]], mine: Sequence[Item], others: Sequence[Item]
) -> list[Done]:
    """`work` on `mine`, and in a forked child on `others`, whose results come through a pipe; its UsageError is raised here.

    Where there is no child to be had, or it dies, its work is done here. There is none left when this comes to an end.
    """
    import pickle

    reading_end, writing_end = os.pipe()
    try:
        child = os.fork()
    except OSError:  # a limit of processes or memory
        os.close(reading_end)
        os.close(writing_end)
        return work(mine) + work(others)
    if child == 0:
        _answer(work, others, writing_end)
    os.close(writing_end)
    status = None
    try:
        with os.fdopen(reading_end, "rb") as pipe:
            done = work(mine)
            data = pipe.read()
        _, status = os.waitpid(child, 0)
    finally:
        if status is None:  # nobody waits for the answer any more
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    if status != 0:
        return done + work(others)
    problem, noted, rest = pickle.loads(data)  # from our own child
    troubles.add(noted)
    if problem:
        raise UsageError(problem)
    others_done: list[Done] = rest
    return done + others_done


def _answer(work: Callable[[Sequence[Item]], list[Done]], items: Sequence[Item], writing_end: int) -> NoReturn:
    import pickle

    status = 1
    try:
        troubles.forget()  # the parent has its own
        problem, done = "", None
        try:
            done = work(items)
        except UsageError as error:
            problem = str(error)
        with os.fdopen(writing_end, "wb") as pipe:
            pickle.dump((problem, troubles.noted(), done), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)
