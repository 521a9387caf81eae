"""The networks that IPv4 addresses are put into: what ``dns64`` and ``siit`` read in the same way.

(CoreDNS plugin/dns64/setup.go and plugin/siit/setup.go; RFC 6052, section 2.2)
"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.golang.net import parse_cidr
from kpl.golang.netip import address_text, unmapped
from kpl.golang.values import quote

LENGTHS = frozenset((32, 40, 48, 56, 64, 96))
"""The lengths of a prefix that say where the address goes."""


def read_network(c: Controller, word: str) -> tuple[bytes, int]:
    """The bytes of an IPv6 network, and the length of its prefix."""
    network = parse_cidr(word)
    if network is None:
        raise c.refuse(f"invalid CIDR address: {word}", word)
    if len(network[0]) == 4:
        raise c.err(f"invalid netmask 32 IPv6 address: {shown(network)}")
    return network


def shown(network: tuple[bytes, int]) -> str:
    """net.IPNet.String in quotes: an IPv4 address in IPv6 clothes is told as IPv4."""
    address, bits = network
    short = unmapped(address)
    return quote(f"{address_text(short)}/{bits - (len(address) - len(short)) * 8}")
