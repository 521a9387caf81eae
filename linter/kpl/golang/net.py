"""net: addresses, networks and ports, with Go's error messages.

Source: Go 1.26, src/net/ip.go and src/net/ipsock.go.
"""

from __future__ import annotations

from kpl.golang.netip import parse_addr
from kpl.golang.values import GoError


def parse_ip(text: str) -> bytes | None:
    """net.ParseIP: 4 or 16 bytes; None for what is no address (a zone behind ``%`` is none)."""
    try:
        address = parse_addr(text)
    except GoError:
        return None
    return None if address.zone else address.bytes


def parse_cidr(text: str) -> tuple[bytes, int] | None:
    """net.ParseCIDR: the network (4 or 16 bytes, host bits cleared) and the length of its prefix."""
    host, slash, length = text.partition("/")
    address = parse_ip(host) if slash else None
    if address is None or not length.isascii() or not length.isdigit():
        return None
    # (more digits are out of range; Python's own conversion is quadratic)
    bits, size = int(length.lstrip("0")[:9] or "0"), len(address) * 8
    if bits > size:
        return None
    mask = ((1 << bits) - 1) << (size - bits)
    return (int.from_bytes(address, "big") & mask).to_bytes(len(address), "big"), bits


def split_host_port(text: str) -> tuple[str, str]:
    """net.SplitHostPort: host without brackets, and port. Raises GoError."""

    def error(why: str) -> GoError:
        return GoError(f"address {text}: {why}" if text else why)

    colon = text.rfind(":")
    if colon < 0:
        raise error("missing port in address")
    begin = end = 0
    if text[0] == "[":
        close = text.find("]")
        if close < 0:
            raise error("missing ']' in address")
        if close + 1 == len(text):
            raise error("missing port in address")
        if close + 1 != colon:
            raise error("too many colons in address" if text[close + 1] == ":" else "missing port in address")
        host, begin, end = text[1:close], 1, close + 1
    else:
        host = text[:colon]
        if ":" in host:
            raise error("too many colons in address")
    if "[" in text[begin:]:
        raise error("unexpected '[' in address")
    if "]" in text[end:]:
        raise error("unexpected ']' in address")
    return host, text[colon + 1 :]


def join_host_port(host: str, port: str) -> str:
    """net.JoinHostPort."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
