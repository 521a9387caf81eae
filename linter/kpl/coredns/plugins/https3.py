"""The plugin ``https3``. (CoreDNS plugin/https3/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.serverlimits import read_limits


@dataclass
class Https3:
    """What the servers of ``https3://`` keys take at once; None is CoreDNS's own limit, 0 none."""

    max_streams: int | None = None
    max_connections: int | None = None


def setup(c: Controller) -> Https3:
    """``https3`` with its block."""
    least = {"max_streams": 0}
    if c.since("1.14.7"):
        least["max_connections"] = 0
    limits = read_limits(c, least)
    return Https3(limits.get("max_streams"), limits.get("max_connections"))
