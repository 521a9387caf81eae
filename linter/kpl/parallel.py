"""Half of a run's work in a forked child."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

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

    Where there is no child to be had, or it dies, its work is done here.
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
        status = 1
        try:
            os.close(reading_end)
            try:
                answer: tuple[str, object] = ("", work(others))
            except UsageError as error:
                answer = (str(error), None)
            with os.fdopen(writing_end, "wb") as pipe:
                pickle.dump(answer, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            status = 0
        finally:
            os._exit(status)
    os.close(writing_end)
    done = work(mine)
    with os.fdopen(reading_end, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        return done + work(others)
    problem, rest = pickle.loads(data)  # from our own child
    if problem:
        raise UsageError(problem)
    others_done: list[Done] = rest
    return done + others_done
