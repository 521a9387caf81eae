"""The plugin ``ready``. (CoreDNS plugin/ready/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller

MONITORS = ("until-ready", "continuously")


@dataclass
class Ready:
    """Where ``/ready`` is answered, and whether plugins are asked again once all were ready."""

    address: str = ":8181"
    monitor: str = "until-ready"


def setup(c: Controller) -> Ready:
    """``ready [ADDRESS]``, since 1.12.2 with a block; once."""
    ready = Ready()
    while c.next_only():
        ready.address = c.address() or ready.address
        while c.since("1.12.2") and c.next_block():
            _option(c, ready)
    return ready


def _option(c: Controller, ready: Ready) -> None:
    if c.val() != "monitor":
        if c.since("1.14.4"):
            raise c.err(f"unknown property '{c.val()}'")
        return
    arg = c.only()
    if arg not in MONITORS:
        raise c.err(f"monitor type '{arg}' not supported")
    ready.monitor = arg
