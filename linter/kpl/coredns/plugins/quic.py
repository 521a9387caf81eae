"""The plugin ``quic``. (CoreDNS plugin/quic/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.serverlimits import read_limits


@dataclass
class Quic:
    """What the servers of ``quic://`` keys take at once, and how many workers answer; None is CoreDNS's own limit."""

    max_streams: int | None = None
    worker_pool_size: int | None = None


def setup(c: Controller) -> Quic:
    """``quic`` with its block."""
    limits = read_limits(c, {"max_streams": 1, "worker_pool_size": 1})
    return Quic(limits.get("max_streams"), limits.get("worker_pool_size"))
