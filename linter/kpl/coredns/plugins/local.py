"""The plugin ``local``. (CoreDNS plugin/local/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.values import quote


@dataclass
class Local:
    """What ``local`` was told."""

    localhost_prefix: bool = True
    """Whether names that begin with ``localhost.`` are answered too."""


def setup(c: Controller) -> Local:
    """``local`` with its block, which came with 1.14.5; before 1.14.4 nothing behind it was looked at."""
    local = Local()
    if not c.since("1.14.5"):
        c.nothing()
        return local
    while c.next():
        if c.args():
            raise c.arg_err()
        while c.next_block():
            if c.val() != "localhost_prefix":
                raise c.err(f"unknown property '{c.val()}'")
            _localhost_prefix(c, local)
    return local


def _localhost_prefix(c: Controller, local: Local) -> None:
    arg = c.only()
    if arg not in ("on", "off"):
        raise c.err(f"localhost_prefix expects 'on' or 'off', got {quote(arg)}")
    local.localhost_prefix = arg == "on"
