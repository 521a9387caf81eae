"""IP addresses and networks as Go read them before 1.17: numbers with leading zeros are fine.

Source: k8s.io/utils/net (ParseIPSloppy, ParseCIDRSloppy), a copy of that Go's net/ip.go. Kubernetes before 1.23 used
Go's own functions instead.
"""

from __future__ import annotations

import re

from kpl.golang.net import parse_cidr, parse_ip, split_host_port
from kpl.golang.values import GoError
from kpl.text import late
from kpl.text.version import Version

_SLOPPY_SINCE = Version("1.23")
_BRACKETS_SINCE = Version("1.36")
_GROUP = late.pattern(r"[0-9A-Fa-f]+")
_MAPPED = bytes(10) + b"\xff\xff"


def ip_of(text: str, kubernetes: Version) -> bytes | None:
    """The 4 or 16 bytes of an address; None for what is none."""
    if kubernetes < _SLOPPY_SINCE:
        return parse_ip(text)
    for character in text:
        if character in ".:":
            return _ipv4(text) if character == "." else _ipv6(text)
    return None


def family_of(address: bytes) -> int:
    """4 or 6; an IPv4 address written as IPv6 is IPv4. (net.IP.To4)"""
    return 4 if len(address) == 4 or address.startswith(_MAPPED) else 6


def network_of(text: str, kubernetes: Version) -> bytes | None:
    """The address bytes of a network in CIDR notation; None for what is none."""
    if kubernetes < _SLOPPY_SINCE:
        found = parse_cidr(text)
        return found[0] if found is not None else None
    host, slash, length = text.partition("/")
    if not slash or not re.fullmatch("[0-9]+", length):
        return None
    address = _ipv4(host) or _ipv6(host)
    if address is None or len(length.lstrip("0")) > 3 or int(length) > len(address) * 8:
        return None
    return address


def is_dual_stack(networks: list[str], kubernetes: Version) -> bool | None:
    """Whether both IP families are among the networks; None where one is no network."""
    addresses = [network_of(each, kubernetes) for each in networks]
    if None in addresses:
        return None
    return {family_of(address) for address in addresses if address is not None} == {4, 6}


def with_port(address: str, port: int, kubernetes: Version) -> str:
    """proxyutil.AppendPortIfNeeded: a bare IP address gets the port."""
    try:
        split_host_port(address)
        return address
    except GoError:
        found = ip_of(address, kubernetes)
    if found is None:
        return address
    bare = ":" not in address if kubernetes >= _BRACKETS_SINCE else family_of(found) == 4
    return f"{address}:{port}" if bare else f"[{address}]:{port}"


def _ipv4(text: str) -> bytes | None:
    parts = text.split(".", 4)
    if len(parts) != 4 or not all(re.fullmatch("[0-9]+", part) and len(part.lstrip("0")) <= 3 for part in parts):
        return None
    numbers = [int(part.lstrip("0") or "0") for part in parts]
    return bytes(numbers) if max(numbers) <= 255 else None


def _ipv6(text: str) -> bytes | None:
    found = bytearray()
    ellipsis = -1
    pos = 0
    if text.startswith("::"):
        ellipsis, pos = 0, 2
        if len(text) == 2:
            return bytes(16)
    while len(found) < 16:
        group = _GROUP.match(text, pos)
        if group is None or len(group.group().lstrip("0")) > 4:
            return None
        if text[group.end() : group.end() + 1] == ".":
            tail = _ipv4(text[pos:])
            if tail is None or len(found) > 12 or (ellipsis < 0 and len(found) != 12):
                return None
            found += tail
            pos = len(text)
            break
        found += int(group.group().lstrip("0") or "0", 16).to_bytes(2, "big")
        pos = group.end()
        if pos == len(text):
            break
        if text[pos] != ":" or pos + 1 == len(text):
            return None
        pos += 1
        if text[pos] == ":":
            if ellipsis >= 0:
                return None
            ellipsis = len(found)
            pos += 1
            if pos == len(text):
                break
    if pos != len(text) or (ellipsis >= 0) != (len(found) < 16):
        return None
    if ellipsis >= 0:
        found[ellipsis:ellipsis] = bytes(16 - len(found))
    return bytes(found)
