"""The plugin ``loop``. (CoreDNS plugin/loop/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.coredns.zones import zones_of


def setup(c: Controller) -> str:
    """``loop``, once; the zone of the block that is asked for a name which nobody has."""
    zones = ["."]
    while c.next_only():
        if c.next_arg():
            raise c.arg_err()
        found = zones_of(str(c.config.zones[0]), c.instance.version)
        if found or not c.since("1.13.0"):
            zones = found
    if not zones:
        if not c.since("1.8.4"):
            return ""
        raise c.panic("runtime error: index out of range [0] with length 0")
    return zones[0]
