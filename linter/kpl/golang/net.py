"""net: addresses, networks and ports, with Go's error messages.

Source: Go 1.25, src/net/netip/netip.go, src/net/ip.go and src/net/ipsock.go.
"""

from __future__ import annotations

from kpl.golang.values import GoError


def parse_ip(text: str) -> bytes | None:
    """net.ParseIP: 4 or 16 bytes; None for what is no address (a zone behind ``%`` is none)."""
    for character in text:
        if character == ".":
            return _ipv4(text)
        if character == ":":
            return None if "%" in text else _ipv6(text)
        if character == "%":
            return None
    return None


def _ipv4(text: str) -> bytes | None:
    parts = text.split(".")
    if len(parts) != 4:
        return None
    for part in parts:
        if not part or len(part) > 3 or not part.isascii() or not part.isdigit():
            return None
        if (len(part) > 1 and part[0] == "0") or int(part) > 255:
            return None
    return bytes(map(int, parts))


_HEX = frozenset("0123456789abcdefABCDEF")


def _groups(text: str, last: bool) -> bytes | None:
    """The bytes of ``a:b:c``; an IPv4 address may end it."""
    found = b""
    parts = text.split(":") if text else []
    for number, part in enumerate(parts):
        if "." in part:
            address = _ipv4(part) if last and number == len(parts) - 1 else None
            if address is None:
                return None
            return found + address
        if not part or len(part) > 4 or not _HEX.issuperset(part):
            return None
        found += int(part, 16).to_bytes(2, "big")
    return found


def _ipv6(text: str) -> bytes | None:
    head, ellipsis, tail = text.partition("::")
    first = _groups(head, not ellipsis)
    if first is None:
        return None
    if not ellipsis:
        return first if len(first) == 16 else None
    rest = _groups(tail, True)
    if rest is None or len(first) + len(rest) > 14:
        return None
    return first + bytes(16 - len(first) - len(rest)) + rest


def parse_cidr(text: str) -> tuple[bytes, int] | None:
    """net.ParseCIDR: the network (4 or 16 bytes, host bits cleared) and the length of its prefix."""
    host, slash, length = text.partition("/")
    address = parse_ip(host) if slash else None
    if address is None or not length.isascii() or not length.isdigit() or len(length) > 9:
        return None
    bits, size = int(length), len(address) * 8
    if bits > size:
        return None
    mask = ((1 << bits) - 1) << (size - bits)
    return (int.from_bytes(address, "big") & mask).to_bytes(len(address), "big"), bits


def split_host_port(text: str) -> tuple[str, str]:
    """net.SplitHostPort: host without brackets, and port. Raises GoError."""

    def error(why: str) -> GoError:
        return GoError(f"address {text}: {why}")

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
