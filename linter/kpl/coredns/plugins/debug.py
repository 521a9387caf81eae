"""The plugin ``debug``. (CoreDNS plugin/debug/debug.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller


def setup(c: Controller) -> None:
    """``debug``, any number of times."""
    while c.next():
        if c.next_arg():
            raise c.arg_err()
