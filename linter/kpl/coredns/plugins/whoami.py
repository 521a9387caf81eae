"""The plugin ``whoami``. (CoreDNS plugin/whoami/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller


def setup(c: Controller) -> None:
    """``whoami``; a block is left unread."""
    c.next()
    if c.next_arg():
        raise c.arg_err()
