"""The plugin ``quic``. (CoreDNS plugin/quic/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.serverlimits import read_limits


@dataclass
class Quic:
    """What the servers of ``quic://`` keys take at once, and how many workers answer; None is CoreDNS's own limit, 0 none."""

    max_streams: int | None = None
    worker_pool_size: int | None = None
    max_connections: int | None = None


def setup(c: Controller) -> Quic:
    """``quic`` with its block."""
    least = {"max_streams": 1, "worker_pool_size": 1}
    if c.since("1.15.0"):
        least["max_connections"] = 0
    limits = read_limits(c, least)
    return Quic(limits.get("max_streams"), limits.get("worker_pool_size"), limits.get("max_connections"))
