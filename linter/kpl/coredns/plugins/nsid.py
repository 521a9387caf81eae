"""The plugin ``nsid``. (CoreDNS plugin/nsid/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller


@dataclass
class Nsid:
    """How the server names itself; None is by the name of its host."""

    name: str | None = None


def setup(c: Controller) -> Nsid:
    """``nsid [NAME...]``; a block is taken for another occurrence."""
    nsid = Nsid()
    while c.next_only():
        args = c.args()
        nsid.name = " ".join(args) if args else None
    return nsid
