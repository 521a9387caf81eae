"""The limits of a server: what ``https``, ``https3``, ``quic`` and ``grpc_server`` are there for.

(CoreDNS plugin/https/setup.go and those of the other three, which are alike)
"""

from __future__ import annotations

from collections.abc import Mapping

from kpl.coredns.controller import Controller
from kpl.golang.values import atoi

_UNBOUNDED: Mapping[str, int] = {}


def read_limits(c: Controller, least: Mapping[str, int], most: Mapping[str, int] = _UNBOUNDED) -> dict[str, int]:
    """The limits in the plugin's block, by name; `least` has the names, each with the smallest value that it takes.

    `most` has the largest value of those that have one.

    Only the plugin's first occurrence is read.
    """
    c.next()
    if c.args():
        raise c.arg_err()
    limits: dict[str, int] = {}
    while c.next_block():
        name = c.val()
        if name not in least:
            raise c.err(f"unknown property '{name}'")
        arg = c.only()
        try:
            limit = atoi(arg)
        except ValueError as error:
            raise c.err(f"invalid {name} value '{arg}': {error}") from None
        if limit < least[name]:
            kind = "positive" if least[name] else "non-negative"
            raise c.err(f"{name} must be a {kind} integer: {limit}")
        if limit > most.get(name, limit):
            raise c.err(f"{name} must not exceed {most[name]}: {limit}")
        if name in limits:
            raise c.err(f"{name} already defined for this server block")
        limits[name] = limit
    return limits
