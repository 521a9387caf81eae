"""The plugin ``minimal``. (CoreDNS plugin/minimal/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller


def setup(c: Controller) -> None:
    """``minimal``."""
    c.next()
    if c.next_arg():
        raise c.arg_err()
