"""The plugin ``chaos``. (CoreDNS plugin/chaos/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller


@dataclass
class Chaos:
    """What is answered to questions for ``version.bind.`` and ``authors.bind.``, cut after 255 bytes."""

    version: str | None = None
    """None is CoreDNS's own."""
    authors: list[str] | None = None
    """None is the owners of CoreDNS."""


def setup(c: Controller) -> Chaos:
    """``chaos [VERSION [AUTHORS...]]``; before 1.14.4 a block was left unread."""
    c.next()
    args = c.args()
    chaos = Chaos(args[0] if args else None, sorted(set(args[1:])) or None)
    if c.since("1.14.4") and c.next_block():
        raise c.err(f"unknown property '{c.val()}'")
    return chaos
