"""The plugin ``siit``. (CoreDNS plugin/siit/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.nat64 import LENGTHS, read_network, shown
from kpl.golang.net import parse_ip
from kpl.golang.netip import address_text, unmapped
from kpl.golang.values import quote

_RESERVED = 8
"""The byte of an address that RFC 6052 keeps free."""


@dataclass
class Siit:
    """What ``siit`` was told: the IPv6 network that IPv4 addresses are in, as written, and addresses that are pairs."""

    ipv6_prefix: str = "64:ff9b::/96"
    eam: dict[str, str] = field(default_factory=dict)
    """The IPv4 address of each IPv6 address."""


def setup(c: Controller) -> Siit:
    """``siit`` with its block; of several occurrences the settings add up."""
    siit = Siit()
    while c.next():
        if c.args():
            raise c.arg_err()
        while c.next_block():
            name = c.val()
            if name == "ipv6_prefix":
                if not c.next_arg():
                    raise c.arg_err()
                siit.ipv6_prefix = _prefix(c, c.word())
            elif name == "eam":
                short, long = _pair(c)
                siit.eam[long] = short
            else:
                raise c.err(f"unknown property '{name}'")
    return siit


def _prefix(c: Controller, word: str) -> str:
    network = read_network(c, word)
    if network[1] not in LENGTHS:
        raise c.err(f"invalid prefix length {shown(network)}: must be one of /32, /40, /48, /56, /64, /96")
    if network[0][_RESERVED]:
        raise c.err(f"invalid prefix {shown(network)}: reserved octet (byte 8) must be zero")
    return word


def _pair(c: Controller) -> tuple[str, str]:
    args = c.args()
    if len(args) != 2:
        raise c.arg_err()
    return _address(c, args[0], 4), _address(c, args[1], 6)


def _address(c: Controller, word: str, family: int) -> str:
    address = parse_ip(word)
    if address is None:
        # the message has the address, which there is none of
        raise c.err('invalid IP address: "<nil>"')
    short = unmapped(address)
    text = address_text(short)
    if (len(short) == 4) != (family == 4):
        raise c.err(f"invalid IPv{family} address: {quote(text)}")
    return text
