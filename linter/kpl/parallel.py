"""Half of a run's work in a forked child."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

from kpl import troubles
from kpl.errors import UsageError

Item = TypeVar("Item")
Done = TypeVar("Done")

Swap = Callable[[Any], Any]
"""Gives a value to the other process, and returns the one that it gives."""


class _Answer(NamedTuple):
    """What a child has done, or the UsageError that it came to, and the troubles that it noted."""

    problem: str
    noted: dict[tuple[object, ...], troubles.Trouble]
    done: Any


class _OtherIsGoneError(Exception):
    """The other process came to an end before it said what was asked of it."""


def can_fork() -> bool:
    """Whether a second process is to be had, and a processor for it.

    Elsewhere than on Linux and the BSDs all is done in one: Windows has no fork, and macOS none that its own libraries survive.
    """
    return hasattr(os, "fork") and sys.platform != "darwin" and (os.cpu_count() or 1) > 1


def in_two_processes(
    work: Callable[[Sequence[Item]], list[Done]], mine: Sequence[Item], others: Sequence[Item]
) -> list[Done]:
    """`work` on `mine`, and in a forked child on `others`, whose results come through a pipe; its UsageError is raised here.

    Where there is no child to be had, or it dies, its work is done here. There is none left when this comes to an end.
    """
    done = side_by_side(lambda items, _: work(items), mine, others)
    if done is None:
        return work(mine) + work(others)
    own, theirs = done
    return own + (work(others) if theirs is None else theirs)


def side_by_side(
    work: Callable[[Sequence[Item], Swap], Done], mine: Sequence[Item], others: Sequence[Item]
) -> tuple[Done, Done | None] | None:
    """`work` on `mine` here and on `others` in a forked child, which may swap values in between; both results.

    The second one is None where the child died. None where there was none to be had, or where it died before a swap: nothing is
    done then. A UsageError of the child is raised here.
    """
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()
    try:
        child = os.fork()
    except OSError:  # a limit of processes or memory
        for each in (from_child, to_parent, from_parent, to_child):
            os.close(each)
        return None
    if child == 0:
        os.close(from_child)
        os.close(to_child)
        _answer(work, others, from_parent, to_parent)
    os.close(to_parent)
    os.close(from_parent)
    status = None
    try:
        with os.fdopen(from_child, "rb") as incoming, os.fdopen(to_child, "wb") as outgoing:

            def swap(value: Any) -> Any:
                theirs = _receive(incoming)
                if isinstance(theirs, _Answer):
                    raise UsageError(theirs.problem)
                _send(outgoing, value)
                return theirs

            try:
                own = work(mine, swap)
            except _OtherIsGoneError:
                return None
            try:
                answer: _Answer = _receive(incoming)
            except _OtherIsGoneError:
                return own, None
        _, status = os.waitpid(child, 0)
    finally:
        if status is None:  # nobody waits for the answer any more
            from signal import SIGKILL

            os.kill(child, SIGKILL)
            os.waitpid(child, 0)
    troubles.add(answer.noted)
    if answer.problem:
        raise UsageError(answer.problem)
    return own, answer.done


def _send(pipe: Any, value: Any) -> None:
    import pickle

    try:
        pickle.dump(value, pipe, protocol=pickle.HIGHEST_PROTOCOL)
        pipe.flush()
    except BrokenPipeError:
        raise _OtherIsGoneError from None


def _receive(pipe: Any) -> Any:
    import pickle

    try:
        return pickle.load(pipe)  # from our own child or parent
    except (EOFError, pickle.UnpicklingError):
        raise _OtherIsGoneError from None


def _answer(
    work: Callable[[Sequence[Item], Swap], Done], items: Sequence[Item], from_parent: int, to_parent: int
) -> NoReturn:
    status = 1
    try:
        troubles.forget()  # the parent has its own
        with os.fdopen(from_parent, "rb") as incoming, os.fdopen(to_parent, "wb") as outgoing:

            def swap(value: Any) -> Any:
                # the parent takes first, so that neither waits for the other one to take
                _send(outgoing, value)
                return _receive(incoming)

            problem, done = "", None
            try:
                done = work(items, swap)
            except UsageError as error:
                problem = str(error)
            _send(outgoing, _Answer(problem, troubles.noted(), done))
        status = 0
    finally:
        os._exit(status)
