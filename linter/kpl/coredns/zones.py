"""The keys of a server block: scheme, zone, port, reverse zones of networks.

Source: CoreDNS 1.14.7, plugin/normalize.go, plugin/pkg/cidr, plugin/pkg/parse/transport.go, core/dnsserver/register.go.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.golang.dnsname import is_domain_name, normalize
from kpl.golang.net import parse_cidr
from kpl.golang.values import GoError, atoi, quote

PORTS = {"dns": "53", "tls": "853", "quic": "853", "grpc": "443", "https": "443", "https3": "443"}
"""The port of a key that names none; a ``unix`` key has none."""

_SCHEMES = ("tls", "dns", "quic", "grpc", "https3", "https", "unix")


class Zone(NamedTuple):
    """What one key, or one network of a key, is served as; `address` is the one that ``bind`` gives."""

    transport: str
    name: str
    port: str
    address: str = ""

    def __str__(self) -> str:
        """As CoreDNS prints it."""
        return f"{self.transport}://{self.name}:{self.port}" + (f" on {self.address}" if self.address else "")


def split_transport(word: str, schemes: tuple[str, ...] = _SCHEMES) -> tuple[str, str]:
    """The scheme of `word`, ``dns`` where it has none, and the rest."""
    for scheme in schemes:
        if word.startswith(f"{scheme}://"):
            return scheme, word[len(scheme) + 3 :]
    return "dns", word


def split_host_port(word: str) -> tuple[list[str], str]:
    """plugin.SplitHostPort: the zones of a key without its scheme, and its port. Raises GoError."""
    size = len(word.encode("utf-8", "replace"))
    colon = word.rfind(":")
    if colon == len(word) - 1:  # an empty word too: Go compares -1 with -1
        raise GoError(f"expecting data after last colon: {quote(word)}")
    port = ""
    if colon >= 0:
        try:
            port = str(atoi(word[colon + 1 :]))
            size -= len(word) - colon
            word = word[:colon]
        except GoError:
            pass
    if size > 255:
        raise GoError(f"specified zone is too long: {size} > 255")
    if not is_domain_name(word):
        raise GoError(f"zone is not a valid domain name: {word}")
    network = parse_cidr(word)
    if network is None:
        return [word], port
    if word[0] == ":" or (word[0] == "0" and ":" in word):
        raise GoError(f"invalid CIDR {word}")
    return reverse_zones(*network), port


def reverse_zones(network: bytes, bits: int) -> list[str]:
    """The reverse zones that make up a network: one a byte boundary (IPv4) or a nibble boundary (IPv6)."""
    size, step = len(network) * 8, 8 if len(network) == 4 else 4
    aligned = -(-bits // step) * step
    start = int.from_bytes(network, "big")
    zones = []
    for number in range(2 ** (aligned - bits)):
        address = start + (number << (size - aligned))
        digits = [(address >> (size - step * (i + 1))) & ((1 << step) - 1) for i in range(aligned // step)]
        labels = [str(digit) if step == 8 else f"{digit:x}" for digit in reversed(digits)]
        zones.append(".".join([*labels, "in-addr.arpa." if step == 8 else "ip6.arpa."]))
    return zones


def zones_of(word: str) -> list[str]:
    """The zones that a plugin's argument names, normalized; none for a bad one, which CoreDNS drops without a word."""
    try:
        hosts, _ = split_host_port(split_transport(word)[1])
    except GoError:
        return []
    return [normalize(host) for host in hosts]


def served_zones(keys: list[str]) -> list[Zone]:
    """The zones of a server block's keys, in their order; a network is all of its reverse zones. Raises GoError.

    (dnsContext.InspectServerBlocks)
    """
    zones: list[Zone] = []
    for key in keys:
        transport, word = split_transport(key)
        hosts, port = split_host_port(word)
        for host in hosts:
            split_host_port(host if host.endswith(".") else host + ".")
        port = port or PORTS.get(transport, "")
        zones += [Zone(transport, normalize(host), port) for host in hosts]
    return zones


def conflict(blocks: list[tuple[list[Zone], list[str], bool]]) -> str | None:
    """Why these blocks cannot be served together: (zones, bind addresses, whether it has a view) of each.

    (dnsContext.validateZonesAndListeningAddresses, zoneOverlap.check)
    """
    registered: set[Zone] = set()
    unbound: dict[Zone, Zone] = {}
    for zones, addresses, filtered in blocks:
        for zone in zones:
            for address in addresses or [""]:
                bound = zone._replace(address=address)
                if bound in registered:
                    if filtered:
                        continue
                    return f"cannot serve {bound} - it is already defined"
                overlap = unbound.get(zone)
                if overlap is not None and (not address or zone in registered):
                    with_ = overlap if not address else zone
                    return f"cannot serve {bound} - zone overlap listener capacity with {with_}"
                if not filtered:
                    registered.add(bound)
                    unbound[zone] = bound
    return None
