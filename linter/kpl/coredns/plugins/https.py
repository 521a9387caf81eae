"""The plugin ``https``. (CoreDNS plugin/https/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.serverlimits import read_limits


@dataclass
class Https:
    """How many connections the servers of ``https://`` keys take; None is CoreDNS's own limit, 0 none."""

    max_connections: int | None = None


def setup(c: Controller) -> Https:
    """``https`` with its block."""
    return Https(read_limits(c, {"max_connections": 0}).get("max_connections"))
