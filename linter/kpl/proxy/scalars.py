"""Values of a KubeProxyConfiguration, for rules: None for what is none, which the verdict speaks of."""

from __future__ import annotations

from kpl.golang.net import parse_cidr
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
