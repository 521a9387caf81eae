"""What the plugins ``forward`` and ``grpc`` read in the same way. (CoreDNS plugin/forward/setup.go, plugin/grpc/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.coredns.tlsconfig import tls_config, under_root
from kpl.coredns.zones import zones_of

MAX_UPSTREAMS = 15


def read_from(c: Controller) -> str:
    """The first argument: the zone whose queries are forwarded; of several that a network makes up, the first."""
    if not c.next_arg():
        raise c.arg_err()
    zones = zones_of(c.val(), c.instance.version)
    if zones:
        return zones[0]
    if not c.since("1.8.4"):
        return ""
    if not c.since("1.9.1"):
        raise c.panic("runtime error: index out of range [0] with length 0")
    raise c.refuse(f"unable to normalize '{c.val()}'")


def read_tls(c: Controller) -> None:
    """The option ``tls``."""
    args = c.args()
    if len(args) > 3:
        raise c.arg_err()
    tls_config(c, [under_root(c, path) for path in args] if c.since("1.11.3") else args)


def read_policy(c: Controller) -> str:
    """The option ``policy``."""
    if not c.next_arg():
        raise c.arg_err()
    policy = c.val()
    if policy not in ("random", "round_robin", "sequential"):
        raise c.err(f"unknown policy '{policy}'")
    return policy
