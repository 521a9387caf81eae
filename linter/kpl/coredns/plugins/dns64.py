"""The plugin ``dns64``. (CoreDNS plugin/dns64/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller, Ignored
from kpl.coredns.nat64 import LENGTHS, read_network, shown

OPTIONS = frozenset(("prefix", "translate_all", "allow_ipv4"))


@dataclass
class Dns64:
    """What ``dns64`` was told: the IPv6 network that IPv4 addresses are put into, as written."""

    prefix: str = "64:ff9b::/96"
    translate_all: bool = False
    """Whether names that have AAAA records are translated too."""
    allow_ipv4: bool = False
    """Whether clients that ask over IPv4 get translated answers."""


def setup(c: Controller) -> Dns64:
    """``dns64 [PREFIX]``, or ``dns64`` with its block: behind a prefix, each line of a block is one more ``dns64``."""
    dns64 = Dns64()
    while c.next():
        line = c.word()
        args = c.args()
        if len(args) == 1:
            dns64.prefix = _prefix(c, args[0])
            continue
        if args:
            raise c.arg_err()
        if line in OPTIONS:
            c.instance.ignored.append(Ignored("option", line.token))
        while c.next_block():
            _option(c, dns64)
    return dns64


def _option(c: Controller, dns64: Dns64) -> None:
    name = c.val()
    if name == "prefix":
        if not c.next_arg():
            raise c.arg_err()
        dns64.prefix = _prefix(c, c.word())
    elif name == "translate_all":
        dns64.translate_all = True
    elif name == "allow_ipv4" and c.since("1.8.7"):
        dns64.allow_ipv4 = True
    else:
        raise c.err(f"unknown property '{name}'")


def _prefix(c: Controller, word: str) -> str:
    network = read_network(c, word)
    bits = network[1]
    if bits not in LENGTHS and (c.since("1.15.0") or bits % 8 or not 32 <= bits <= 96):
        raise c.err(f"invalid prefix length {shown(network)}")
    return word
