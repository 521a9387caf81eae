"""The plugin ``timeouts``. (CoreDNS plugin/timeouts/timeouts.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller, Word
from kpl.coredns.dispenser import RefusedError
from kpl.golang.durations import duration_string, seconds_or_duration
from kpl.golang.values import atoi

SECOND = 10**9
DAY = 24 * 3600 * SECOND


@dataclass
class Timeouts:
    """Of the servers that speak TCP, TLS or HTTPS, in nanoseconds; None is CoreDNS's own."""

    read: int | None = None
    write: int | None = None
    idle: int | None = None
    max_tcp_queries: int | None = None
    """How many queries a TCP connection may carry; -1 is any number."""


def setup(c: Controller) -> Timeouts:
    """``timeouts`` with its block."""
    timeouts = Timeouts()
    while c.next():
        if c.args():
            raise _named_twice(c.arg_err())
        empty = True
        while c.next_block():
            empty = False
            _line(c, timeouts)
        if empty:
            raise _named_twice(c.err("timeouts block with no timeouts specified"))
    return timeouts


def _named_twice(error: RefusedError) -> RefusedError:
    error.message = f"plugin/timeouts: {error.message}"
    return error


def _line(c: Controller, timeouts: Timeouts) -> None:
    name = c.val()
    arg = c.only()
    if name == "maxtcpqueries" and c.since("1.14.7"):
        timeouts.max_tcp_queries = _max_tcp_queries(c, arg)
        return
    try:
        timeout = seconds_or_duration(arg)
    except ValueError as error:
        raise c.err(str(error)) from None
    if not SECOND <= timeout <= DAY:
        raise c.err(f"timeout provided '{duration_string(timeout)}' needs to be between 1 second and 24 hours")
    if name == "read":
        timeouts.read = timeout
    elif name == "write":
        timeouts.write = timeout
    elif name == "idle":
        timeouts.idle = timeout
    else:
        raise c.err(f"unknown option: '{name}'")


def _max_tcp_queries(c: Controller, word: Word) -> int:
    try:
        number = atoi(word)
    except ValueError as error:
        raise c.err(f"invalid value for maxtcpqueries '{word}': {error}") from None
    if number == 0 or number < -1:
        raise c.err(f"maxtcpqueries provided '{number}' needs to be -1 (unlimited) or a positive integer")
    return number
