"""The keys of a server block: scheme, zone, port, reverse zones of networks.

Source: CoreDNS 1.15.0, plugin/normalize.go, plugin/pkg/cidr, plugin/pkg/parse/transport.go, core/dnsserver/register.go.
"""

from typing import NamedTuple

from kpl.coredns.versions import NEWEST_COREDNS
from kpl.golang.dnsname import fqdn, is_domain_name, normalize
from kpl.golang.net import parse_cidr
from kpl.golang.values import GoError, atoi, quote
from kpl.text.version import Version

PORTS = {"dns": "53", "tls": "853", "quic": "853", "grpc": "443", "https": "443", "https3": "443"}
"""The port of a key that names none; a ``unix`` key has none."""

_SCHEMES = {
    "tls": Version("1.0.0"),
    "dns": Version("1.0.0"),
    "quic": Version("1.11.0"),
    "grpc": Version("1.0.0"),
    "https3": Version("1.13.2"),
    "https": Version("1.0.0"),
    "unix": Version("1.11.0"),
}
"""The schemes, each with the release from which on it is one and not a part of the name."""


_NEVER = Version("999")
_LEADING_DOT_REFUSED = Version("1.9.4")
_OPEN_ESCAPE_REFUSED = Version("1.11.4")
_WIDE_END_ALLOWED = Version("1.11.0")
_CHECKED_AS_FQDN = Version("1.8.4")
_CIDR_CHECKED = Version("1.8.5")
_LOWER_CASED = Version("1.14.7")


class Zone(NamedTuple):
    """What one key, or one network of a key, is served as; `address` is the one that ``bind`` gives."""

    transport: str
    name: str
    port: str
    address: str = ""

    def __str__(self) -> str:
        """As CoreDNS prints it."""
        return f"{self.transport}://{self.name}:{self.port}" + (f" on {self.address}" if self.address else "")


def split_transport(word: str, version: Version = NEWEST_COREDNS) -> tuple[str, str]:
    """parse.Transport: the scheme of `word`, ``dns`` where it has none, and the rest."""
    scheme, found, rest = word.partition("://")
    if found and version >= _SCHEMES.get(scheme, _NEVER):
        return scheme, rest
    return "dns", word


def split_host_port(word: str, version: Version = NEWEST_COREDNS) -> tuple[list[str], str]:
    """plugin.SplitHostPort: the zones of a key without its scheme, and its port. Raises GoError.

    Before 1.8.4 a network was one zone, at the boundary below its prefix: here it is the zones of today.
    """
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
    if not is_domain_name(
        word,
        leading_dot=version < _LEADING_DOT_REFUSED,
        open_escape=version < _OPEN_ESCAPE_REFUSED,
        wide_end=version >= _WIDE_END_ALLOWED,
    ):
        raise GoError(f"zone is not a valid domain name: {word}")
    network = parse_cidr(word)
    if network is None:
        return [word], port
    if (word[0] == ":" or (word[0] == "0" and ":" in word)) and version >= _CIDR_CHECKED:
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


def zones_of(word: str, version: Version = NEWEST_COREDNS) -> list[str]:
    """The zones that a plugin's argument names, normalized; none for an invalid one, which CoreDNS drops silently.

    (plugin.Host.NormalizeExact)
    """
    try:
        hosts, _ = split_host_port(split_transport(word, version)[1], version)
    except GoError:
        return []
    return [normalize(host) for host in hosts]


def served_zones(key: str, version: Version = NEWEST_COREDNS) -> list[Zone]:
    """The zones of a server block's key: for a network, all of its reverse zones. Raises GoError.

    (dnsContext.InspectServerBlocks)
    """
    transport, word = split_transport(key, version)
    hosts, port = split_host_port(word, version)
    if version >= _CHECKED_AS_FQDN:
        for host in hosts:
            split_host_port(fqdn(host, wide_end=version >= _WIDE_END_ALLOWED), version)
    port = port or PORTS.get(transport, "")
    case = normalize if version >= _LOWER_CASED else fqdn
    return [Zone(transport, case(host), port) for host in hosts]
