"""Addresses and networks in one writing, as Go prints them, so that they can be compared."""

from __future__ import annotations

from functools import lru_cache

from kpl.golang.net import parse_cidr, parse_ip
from kpl.golang.netip import address_text, unmapped
from kpl.text import late

_LEADING_ZEROS = late.pattern(r"\b0+(?=\d)")


@lru_cache(maxsize=65_536)
def canonical_address(text: str) -> str | None:
    """The address `text` as Go prints it; None if it is not an address.

    Leading zeros do not count (k8s.io/utils/net, ParseIPSloppy), and ``::ffff:10.0.0.1`` is 10.0.0.1.
    """
    address = parse_ip(text) or parse_ip(_without_zeros(text))
    return None if address is None else _printed(address)


@lru_cache(maxsize=4096)
def canonical_network(text: str) -> str | None:
    """The network `text` without host bits, as Go prints it; None if it is not a network."""
    network = parse_cidr(text.strip()) or parse_cidr(_without_zeros(text.strip()))
    return None if network is None else f"{_printed(network[0])}/{network[1]}"


def family_of(address: str) -> int:
    """4 or 6: the IP family of an address or network in its canonical writing."""
    return 6 if ":" in address else 4


def as_number(address: str) -> int | None:
    """An address as a number that can be compared with others of its family; None if it is not an address."""
    from ipaddress import ip_address

    try:
        return int(ip_address(address))
    except ValueError:
        return None


def _without_zeros(text: str) -> str:
    return _LEADING_ZEROS.sub("", text) if ":" not in text else text


def _printed(address: bytes) -> str:
    return address_text(unmapped(address))
