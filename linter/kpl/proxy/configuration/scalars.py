"""Values of a KubeProxyConfiguration, for rules: None for what is none, which the verdict speaks of."""

from __future__ import annotations

from kpl.golang.net import parse_cidr, parse_ip
from kpl.golang.values import GoError, parse_duration


def duration_of(text: str) -> int | None:
    """A duration in nanoseconds."""
    try:
        return parse_duration(text)
    except GoError:
        return None


def network_family(text: str) -> int | None:
    """4 or 6: the IP family of a network."""
    network = parse_cidr(text)
    return None if network is None else 4 if len(network[0]) == 4 else 6


def is_within(address: str, network: str) -> bool:
    """Whether the IP `address` is in `network`; False if one of them is invalid."""
    ip, parsed = parse_ip(address), parse_cidr(network)
    if ip is None or parsed is None or len(ip) != len(parsed[0]):
        return False
    shift = len(ip) * 8 - parsed[1]
    return int.from_bytes(ip, "big") >> shift == int.from_bytes(parsed[0], "big") >> shift


def networks_overlap(one: str, other: str) -> bool:
    """Whether an address is in both networks; False if one of them is invalid."""
    return is_within(one.partition("/")[0], other) or is_within(other.partition("/")[0], one)
