"""The servers that a `forward` sends queries to."""

from __future__ import annotations

from kpl.text import late

_ADDRESS = late.pattern(
    r"(?:(?:dns|tls|https|grpc|quic)://)?(?:\[([0-9A-Fa-f:.]+)\]|(\d+(?:\.\d+){3})(?=[:%]|$)|([0-9A-Fa-f:.]+)(?=%|$))"
)
_INTERNAL = ("168.63.129.16",)
"""Addresses that are global by their number and belong to the network of a cloud: Azure's resolver."""
_LINK_LOCAL = ("169.254.169.253", "fd00:ec2::253", "169.254.169.254")
"""The resolvers of AWS and Google Cloud, which know the private zones of the network."""


def address_of(upstream: str) -> str | None:
    """The IP address of `upstream`, a TO of `forward`, in its usual form; None if it is not one."""
    found = _ADDRESS.match(upstream)
    if found is None:
        return None
    from ipaddress import ip_address

    try:
        return str(ip_address(found.group(found.lastindex or 0)))
    except ValueError:
        return None


def is_public_address(upstream: str) -> bool:
    """Whether `upstream`, a TO of `forward`, is a public address on the internet."""
    from ipaddress import ip_address

    address = address_of(upstream)
    return address is not None and ip_address(address).is_global


def is_internal_address(upstream: str) -> bool:
    """Whether `upstream` is certainly an address of somebody's own network: no loopback, no documentation."""
    from ipaddress import ip_address, ip_network

    address = address_of(upstream)
    if address is None:
        return False
    own = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
    return address in (*_INTERNAL, *_LINK_LOCAL) or any(ip_address(address) in ip_network(each) for each in own)
