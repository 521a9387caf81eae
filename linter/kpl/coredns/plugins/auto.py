"""The plugin ``auto``. (CoreDNS plugin/auto/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.refreshes import read_reload
from kpl.coredns.tlsconfig import under_root
from kpl.coredns.transfers import transfer
from kpl.golang.regexp import check_regexp
from kpl.golang.stat import impossible_path
from kpl.golang.values import go_bytes

MINUTE = 60 * 10**9
MAX_PATTERN = 10000
"""Bytes of a regular expression, from 1.13.2 on."""


@dataclass
class Auto:
    """A folder of zone files, and how the name of a file makes the name of its zone."""

    zones: list[str] = field(default_factory=list)
    """Zones outside of these are not read."""
    directory: str = ""
    """A folder that does not exist is a warning."""
    pattern: str = r"db\.(.*)"
    template: str = "{1}"
    reload: int = MINUTE
    """Nanoseconds from one look at the folder to the next; 0 is never."""
    receivers: list[str] = field(default_factory=list)
    """Up to 1.7.1: who may have the zones, addresses with a port or ``*``."""


def setup(c: Controller) -> Auto:
    """``auto [ZONES...]`` with its block; of several occurrences the settings add up."""
    auto = Auto()
    while c.next():
        auto.zones = c.origins(c.args())
        while c.next_block():
            name = c.val()
            if name == "directory":
                _directory(c, auto)
            elif name == "reload":
                auto.reload = read_reload(c, negative=not c.since("1.8.7"))
            elif name == "upstream":
                c.args()
            elif name == "transfer" and not c.since("1.8.0"):
                auto.receivers += transfer(c, secondary=False)[0]
            else:
                raise c.err(f"unknown property '{name}'")
    return auto


def _directory(c: Controller, auto: Auto) -> None:
    if not c.next_arg():
        raise c.arg_err()
    auto.directory = under_root(c, c.val())
    why = impossible_path(auto.directory)
    if why is not None:
        raise c.err(f"Unable to access root path '{auto.directory}': stat {auto.directory}: {why}")
    if c.next_arg():
        auto.pattern = c.word()
        if len(go_bytes(auto.pattern)) > MAX_PATTERN and c.since("1.13.2"):
            raise c.err("regexp too large")
        if c.read(check_regexp, auto.pattern) == 0:
            raise c.err("Need at least one sub expression")
        if not c.next_arg():
            raise c.arg_err()
        auto.template = c.val()
    if c.next_arg():
        raise c.arg_err()
