"""Queries that come back to the server block that forwarded them.

A block without `bind` listens on every address of its port, the loopback addresses too, unless another block binds one of
them. CoreDNS gives a query to the block whose zone has the most labels of the name. (CoreDNS core/dnsserver/server.go: ServeDNS)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from kpl.coredns.answering import answerers
from kpl.coredns.zones import served_zones
from kpl.golang.dnsname import is_subdomain
from kpl.golang.values import GoError
from kpl.inputs.corefile.model import Directive, ServerBlock, is_placeholder
from kpl.text import late
from kpl.text.span import Text
from kpl.text.version import Version

_UPSTREAM = late.pattern(r"(?:dns://)?(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)|([0-9A-Fa-f:]+:[0-9A-Fa-f:]*))(?::(\d+))?")
_LOOPBACK = ("127.0.0.1", "::1")
_MOST_BLOCKS = 10
"""How many blocks a query is followed through."""
_EVERY_ADDRESS = ("0.0.0.0", "::")
_EVERY = ""
_ADDRESS = late.pattern(r"\d+(?:\.\d+){3}|[0-9a-f:]*:[0-9a-f:.]*")

Listeners = Mapping[tuple[str, str], Mapping[str, ServerBlock]]
"""The blocks that listen at an address and a port, by their zones; the address is empty for all that no block binds."""


class Loop(NamedTuple):
    """A `forward` whose queries come back: to its own block, or by way of `others`."""

    server: ServerBlock
    forward: Directive
    upstream: Text
    others: tuple[ServerBlock, ...]


def loops(servers: Sequence[ServerBlock], own_addresses: Collection[str], release: Version) -> list[Loop]:
    """The loops among blocks, each told once.

    A query comes to a block at an address that it binds, and without `bind` at the loopback addresses and `own_addresses`.
    """
    listeners: dict[tuple[str, str], dict[str, ServerBlock]] = {}
    for server in servers:
        for zone, port, address in _listens(server, release):
            listeners.setdefault((address, port), {}).setdefault(zone, server)
    own = (*_LOOPBACK, *own_addresses)
    found: list[Loop] = []
    told: set[int] = set()
    for zones in listeners.values():
        for name, server in zones.items():
            if id(server) in told:
                continue
            loop = _followed(server, name, listeners, own)
            if loop is not None:
                told.update(map(id, (loop.server, *loop.others)))
                found.append(loop)
    return found


def _followed(start: ServerBlock, name: str, listeners: Listeners, own: Collection[str]) -> Loop | None:
    """Where a query for `name` goes from block to block, until one of them has had it before."""
    path: list[ServerBlock] = []
    first: tuple[Directive, Text] | None = None
    at: ServerBlock | None = start
    while at is not None and at not in path and len(path) < _MOST_BLOCKS:
        path.append(at)
        sent = _sent_back(at, name, listeners, own)
        if sent is None:
            return None
        forward, upstream, zones = sent
        first = first or (forward, upstream)
        at = _receiver(zones, name)
    if at is not start or first is None:
        return None
    return Loop(start, *first, tuple(path[1:]))


def _sent_back(
    server: ServerBlock, name: str, listeners: Listeners, own: Collection[str]
) -> tuple[Directive, Text, Mapping[str, ServerBlock]] | None:
    """The `forward` that gets `name` in a block, with the first upstream that is this CoreDNS, and who listens there."""
    if server.has("rewrite") or any(map(is_placeholder, server.names)):
        return None
    for_it = [each for each in answerers(server) if any(is_subdomain(zone, name) for zone in each.zones)]
    if not for_it or for_it[0].directive.name != "forward":
        return None
    forward = for_it[0].directive
    for upstream in forward.args[1:]:
        found = _UPSTREAM.fullmatch(upstream)
        if found is None:
            continue
        address, port = next(group for group in found.groups()[:3] if group).lower(), found[4] or "53"
        zones = listeners.get((address, port))
        if zones is None and address in own:
            zones = listeners.get((_EVERY, port), {})
        if zones is not None:
            return forward, upstream, zones
    return None


def _receiver(listening: Mapping[str, ServerBlock], name: str) -> ServerBlock | None:
    """The block that gets a query for `name`."""
    labels = name.removesuffix(".").split(".")
    zones = (".".join(labels[at:]) + "." for at in range(len(labels)))
    return next((found for zone in (*zones, ".") if (found := listening.get(zone))), None)


def _listens(server: ServerBlock, release: Version) -> list[tuple[str, str, str]]:
    """The zones, ports and addresses at which plain DNS reaches a block; none where that is not certain."""
    if server.snippet is not None or server.has("view") or any(map(is_placeholder, server.keys)):
        return []
    bound = [word.lower() for bind in server.all("bind") for word in bind.args]
    addresses = (
        {_EVERY}
        if not bound or set(bound) & set(_EVERY_ADDRESS)
        else {each for each in bound if _ADDRESS.fullmatch(each)}
    )
    if "lo" in bound:
        addresses.update(_LOOPBACK)
    try:
        zones = [zone for key in server.keys for zone in served_zones(key, release)]
    except GoError:
        return []
    return [
        (zone.name.lower(), zone.port, address)
        for zone in zones
        if zone.transport == "dns"
        for address in sorted(addresses)
    ]
