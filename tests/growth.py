"""How what is done grows with its input, measured so that a busy machine makes no difference."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

SMALL = 1000
"""In characters: a shape of this size and one of four times the size."""
MOST = 8
"""Four times the input may take so many times as long: sixteen is a square."""
RETRIES = 2
FINE = 0.002
"""What takes less time than this cannot be measured."""


T = TypeVar("T")


def growth(work: Callable[[T], object], make: Callable[[int], T], size: int = SMALL) -> float:
    """How many times as long `work` takes for four times the size, in CPU time; of each the best of a few tries where it matters."""
    work(make(size // 8))  # what is loaded once
    gc.collect()
    gc.disable()  # as each command does
    try:
        least, best = _seconds(work, make(size)), _seconds(work, make(4 * size))
        for _ in range(RETRIES):
            if best < MOST * max(least, FINE):
                break
            least, best = min(least, _seconds(work, make(size))), min(best, _seconds(work, make(4 * size)))
        return best / max(least, FINE)
    finally:
        gc.enable()


def _seconds(work: Callable[[T], object], made: T) -> float:
    start = time.process_time()
    work(made)
    return time.process_time() - start
