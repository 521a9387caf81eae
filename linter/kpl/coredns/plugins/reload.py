"""The plugin ``reload``. (CoreDNS plugin/reload/setup.go)"""

from __future__ import annotations

from typing import NamedTuple

from kpl.coredns.controller import Controller
from kpl.golang.values import parse_duration

SECOND = 10**9


class Reload(NamedTuple):
    """How often the Corefile is looked at, and by how much that varies; nanoseconds."""

    interval: int = 30 * SECOND
    jitter: int = 15 * SECOND


def setup(c: Controller) -> Reload:
    """``reload [INTERVAL] [JITTER]``; only the first occurrence is read."""
    c.next()
    args = c.args()
    if len(args) > 2:
        raise c.arg_err()
    interval, jitter = Reload()
    if args:
        interval = c.read(parse_duration, args[0])
    if interval < 2 * SECOND:
        raise c.refuse("interval value must be greater or equal to 2s", args[0])
    if len(args) > 1:
        jitter = c.read(parse_duration, args[1])
    may_be_none = c.since("1.14.2")
    if jitter < SECOND and not (may_be_none and jitter == 0):
        least = "0 or greater or equal to 1s" if may_be_none else "greater or equal to 1s"
        raise c.refuse(f"jitter value must be {least}", args[1])
    return Reload(interval, min(jitter, interval // 2))
