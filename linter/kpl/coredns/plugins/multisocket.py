"""The plugin ``multisocket``. (CoreDNS plugin/multisocket/multisocket.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.values import atoi

MAX_SOCKETS = 1024
FITS_IN_MEMORY = 10**6
"""Before there was a maximum, CoreDNS made servers until its memory was full."""


@dataclass
class Multisocket:
    """How many sockets listen on each address; None is as many as CoreDNS has processors."""

    sockets: int | None = None


def setup(c: Controller) -> Multisocket:
    """``multisocket [NUM_SOCKETS]``."""
    c.next()
    args = c.args()
    if len(args) > 1 or c.next():
        raise c.arg_err()
    if not args:
        return Multisocket()
    sockets = c.read(atoi, args[0], "invalid num sockets: {}")
    if sockets < 1:
        raise c.refuse(f"num sockets can not be zero or negative: {sockets}", args[0])
    if sockets > MAX_SOCKETS and c.since("1.13.2"):
        raise c.refuse(f"num sockets exceeds maximum ({MAX_SOCKETS}): {sockets}", args[0])
    if sockets > FITS_IN_MEMORY:
        c.need("size", f"{sockets} sockets")
    return Multisocket(sockets)
