"""The plugin ``bufsize``. (CoreDNS plugin/bufsize/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.values import GoError, atoi


@dataclass
class Bufsize:
    """The size of UDP answers that clients may ask for, in bytes."""

    size: int


def setup(c: Controller) -> Bufsize:
    """``bufsize [SIZE]``; a second occurrence and a block are left unread."""
    c.next()
    args = c.args()
    if not args:
        return Bufsize(1232 if c.since("1.11.0") else 512)
    try:
        size = atoi(args[0]) if len(args) == 1 else 0
    except GoError:
        size = 0
    if not 512 <= size <= 4096:
        refused = c.arg_err()
        refused.message = f"plugin/bufsize: {refused.message}"  # the prefix comes twice
        raise refused
    return Bufsize(size)
