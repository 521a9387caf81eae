"""The plugin ``health``. (CoreDNS plugin/health/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.values import GoError, parse_duration


@dataclass
class Health:
    """Where ``/health`` is answered, empty for :8080, and for how many nanoseconds after the signal to stop."""

    address: str = ""
    lameduck: int = 0


def setup(c: Controller) -> Health:
    """``health [ADDRESS]`` with its block; of several the last one counts."""
    health = Health()
    while c.next():
        health.address = c.address() or health.address
        while c.next_block():
            if c.val() != "lameduck":
                raise c.err(f"unknown property '{c.val()}'") if c.since("1.14.4") else c.arg_err()
            arg = c.only()
            try:
                health.lameduck = parse_duration(arg)
            except GoError as error:
                why = f"unable to parse lameduck duration value: '{arg}' : {error}"
                raise c.refuse(why, arg) from None
    return health
