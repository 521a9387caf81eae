"""The servers that a `forward` sends queries to."""

from __future__ import annotations

from kpl.text import late

_ADDRESS = late.pattern(
    r"(?:(?:dns|tls|https|grpc|quic)://)?(?:\[([0-9A-Fa-f:.]+)\]|(\d+(?:\.\d+){3})(?=[:%]|$)|([0-9A-Fa-f:.]+)(?=%|$))"
)


def is_public_address(upstream: str) -> bool:
    """Whether `upstream`, a TO of `forward`, is a public address on the internet."""
    found = _ADDRESS.match(upstream)
    if found is None:
        return False
    from ipaddress import ip_address

    try:
        return ip_address(found.group(found.lastindex or 0)).is_global
    except ValueError:
        return False
