"""The plugin ``https``. (CoreDNS plugin/https/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.serverlimits import read_limits

MAX_UINT32 = 2**32 - 1


@dataclass
class Https:
    """What the servers of ``https://`` keys take at once; None is CoreDNS's own limit, 0 none."""

    max_connections: int | None = None
    max_streams: int | None = None
    """Of one connection; 0 leaves it to Go's HTTP/2."""


def setup(c: Controller) -> Https:
    """``https`` with its block."""
    least = {"max_connections": 0}
    if c.since("1.15.0"):
        least["max_streams"] = 0
    limits = read_limits(c, least, {"max_streams": MAX_UINT32})
    c.config.max_https_streams = limits.get("max_streams")
    return Https(limits.get("max_connections"), limits.get("max_streams"))
