"""net/netip: ParseAddr with Go's error messages, and Addr.String. (Go 1.26, src/net/netip/netip.go)"""

import re
from typing import NamedTuple

from kpl.golang.values import GoError, quote


class Address(NamedTuple):
    """4 or 16 bytes, and the zone of an IPv6 address."""

    bytes: bytes
    zone: str = ""


_MAPPED = bytes(10) + b"\xff\xff"


def address_text(address: bytes) -> str:
    """netip.Addr.String of 4 or 16 bytes: RFC 5952, and ``::ffff:192.0.2.1`` for an IPv4 address in IPv6's form.

    Python's ipaddress writes the latter as Go does since Python 3.13 only.
    """
    if len(address) == 4:
        return ".".join(map(str, address))
    if address.startswith(_MAPPED):
        return f"::ffff:{address_text(address[12:])}"
    groups = [f"{int.from_bytes(address[at : at + 2], 'big'):x}" for at in range(0, 16, 2)]
    runs = [(end - start, -start) for start in range(8) for end in range(start + 2, 9) if {*groups[start:end]} == {"0"}]
    if not runs:
        return ":".join(groups)
    length, start = max(runs)  # the longest, of those the first
    return f"{':'.join(groups[:-start])}::{':'.join(groups[length - start :])}"


def unmapped(address: bytes) -> bytes:
    """netip.Addr.Unmap: the 4 bytes of an IPv4 address in IPv6's form, other bytes as they are."""
    return address[12:] if address.startswith(_MAPPED) and len(address) == 16 else address


def parse_addr(text: str) -> Address:
    """netip.ParseAddr. Raises GoError."""
    first = re.search("[.:%]", text)
    if not first:
        raise _error(text, "unable to parse IP")
    if first[0] == ".":
        return Address(_ipv4(text, text))
    if first[0] == "%":
        raise _error(text, "missing IPv6 address")
    address, percent, zone = text.partition("%")
    if percent and not zone:
        raise _error(text, "zone must be a non-empty string")
    return Address(_ipv6(text, address), zone)


def _error(text: str, why: str, at: str = "") -> GoError:
    return GoError(f"ParseAddr({quote(text)}): {why}" + (f" (at {quote(at)})" if at else ""))


def _ipv4(text: str, part: str) -> bytes:
    """parseIPv4Fields: `part`, at the end of `text`."""
    fields = [0]
    digits = 0
    for at, character in enumerate(part):
        if "0" <= character <= "9":
            if digits == 1 and fields[-1] == 0:
                raise _error(text, "IPv4 field has octet with leading zero")
            fields[-1] = fields[-1] * 10 + int(character)
            digits += 1
            if fields[-1] > 255:
                raise _error(text, "IPv4 field has value >255")
        elif character != ".":
            raise _error(text, "unexpected character", part[at:])
        elif not digits or at == len(part) - 1:
            raise _error(text, "IPv4 field must have at least one digit", part[at:])
        elif len(fields) == 4:
            raise _error(text, "IPv4 address too long")
        else:
            fields.append(0)
            digits = 0
    if len(fields) < 4:
        raise _error(text, "IPv4 address too short")
    return bytes(fields)


def _ipv6(text: str, address: str) -> bytes:
    """parseIPv6: `address` is `text` without its zone."""
    rest = address
    found = b""
    ellipsis = -1
    if rest.startswith("::"):
        ellipsis, rest = 0, rest[2:]
        if not rest:
            return bytes(16)
    while len(found) < 16:
        digits = re.match("[0-9a-fA-F]*", rest)
        assert digits is not None
        group = digits[0]
        if len(group) > 4:
            raise _error(text, "each group must have 4 or less digits", rest)
        if not group:
            raise _error(text, "each colon-separated field must have at least one digit", rest)
        behind = rest[len(group) :]
        if behind.startswith("."):
            if ellipsis < 0 and len(found) != 12:
                raise _error(text, "embedded IPv4 address must replace the final 2 fields of the address", rest)
            if len(found) > 12:
                raise _error(text, "too many hex fields to fit an embedded IPv4 at the end of the address", rest)
            found += _ipv4(text, rest)
            rest = ""
            break
        found += int(group, 16).to_bytes(2, "big")
        rest = behind
        if not rest:
            break
        if not rest.startswith(":"):
            raise _error(text, "unexpected character, want colon", rest)
        if rest == ":":
            raise _error(text, "colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest.startswith(":"):
            if ellipsis >= 0:
                raise _error(text, "multiple :: in address", rest)
            ellipsis, rest = len(found), rest[1:]
            if not rest:
                break
    if rest:
        raise _error(text, "trailing garbage after address", rest)
    if len(found) < 16:
        if ellipsis < 0:
            raise _error(text, "address string too short")
        return found[:ellipsis] + bytes(16 - len(found)) + found[ellipsis:]
    if ellipsis >= 0:
        raise _error(text, "the :: must expand to at least one field of zeros")
    return found
