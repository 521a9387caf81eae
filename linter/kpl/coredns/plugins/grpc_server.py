"""The plugin ``grpc_server``. (CoreDNS plugin/grpc_server/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.serverlimits import read_limits


@dataclass
class GrpcServer:
    """What the servers of ``grpc://`` keys take at once; None is CoreDNS's own limit, 0 none."""

    max_streams: int | None = None
    max_connections: int | None = None


def setup(c: Controller) -> GrpcServer:
    """``grpc_server`` with its block."""
    limits = read_limits(c, {"max_streams": 0, "max_connections": 0})
    return GrpcServer(limits.get("max_streams"), limits.get("max_connections"))
