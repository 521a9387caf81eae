"""The plugin ``hosts``. (CoreDNS plugin/hosts/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.tlsconfig import under_root
from kpl.golang.stat import impossible_path
from kpl.golang.values import GoError, atoi, parse_duration

SECOND = 10**9


@dataclass
class Hosts:
    """The table of names: a file, and lines that stand in the block."""

    path: str = "/etc/hosts"
    """A file that does not exist is a warning."""
    zones: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    fallthrough: list[str] = field(default_factory=list)
    fallthrough_unsupported: bool = False
    auto_reverse: bool = True
    ttl: int = 3600
    """Seconds."""
    reload: int = 5 * SECOND
    """Nanoseconds from one look at the file to the next; 0 is never."""


def setup(c: Controller) -> Hosts:
    """``hosts [FILE [ZONES...]]`` with its block."""
    hosts = Hosts()
    falls = False
    while c.next_only():
        args = c.args()
        if args:
            hosts.path = under_root(c, args[0])
            why = impossible_path(hosts.path)
            if why is not None:
                raise c.err(f"unable to access hosts file '{hosts.path}': stat {hosts.path}: {why}")
        hosts.zones = c.origins(args[1:])
        falls = _block(c, hosts)
    if hosts.fallthrough_unsupported and not falls:
        raise c.err("fallthrough_unsupported requires fallthrough")
    return hosts


def _block(c: Controller, hosts: Hosts) -> bool:
    """Whether there is a zone that falls through; from then on lines of the table are not read."""
    falls = False
    while c.next_block():
        name = c.val()
        if name == "fallthrough":
            hosts.fallthrough = c.fallthrough(c.args())
            # before 1.8.4 a bad zone was an empty name, and not dropped
            falls = bool(hosts.fallthrough) or not c.since("1.8.4")
        elif name == "fallthrough_unsupported" and c.since("1.14.7"):
            if c.args():
                raise c.arg_err()
            hosts.fallthrough_unsupported = True
        elif name == "no_reverse":
            hosts.auto_reverse = False
        elif name == "ttl":
            hosts.ttl = _ttl(c)
        elif name == "reload":
            hosts.reload = _reload(c)
        elif falls:
            raise c.err(f"unknown property '{name}'")
        else:
            hosts.inline.append(" ".join([name, *c.args()]))
    return falls


def _ttl(c: Controller) -> int:
    args = c.args()
    if not args:
        raise c.err("ttl needs a time in second")
    try:
        ttl = atoi(args[0])
    except GoError:
        raise c.err("ttl needs a number of second") from None
    if not 0 < ttl <= 65535:
        raise c.err("ttl provided is invalid")
    return ttl


def _reload(c: Controller) -> int:
    args = c.args()
    if len(args) != 1:
        raise c.err("reload needs a duration (zero seconds to disable)")
    try:
        reload = parse_duration(args[0])
    except GoError:
        raise c.err(f"invalid duration for reload '{args[0]}'") from None
    if reload < 0:
        raise c.err(f"invalid negative duration for reload '{args[0]}'")
    return reload
