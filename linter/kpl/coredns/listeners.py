"""What the server blocks on one listener have to agree on, since 1.15.0.

(CoreDNS core/dnsserver/tlsconfig.go: sharedTLSConfig; server_https.go: NewServerHTTPS)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.coredns.controller import Instance, ServerConfig, TlsPolicy
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.tokens import Token
from kpl.golang.net import join_host_port, parse_ip
from kpl.golang.netip import address_text, unmapped
from kpl.golang.values import quote
from kpl.verdict import Need

ENCRYPTED = ("tls", "quic", "grpc", "https", "https3")
"""The transports whose servers have a TLS configuration."""


class ListenerKey(NamedTuple):
    """A key on a listener: its zone and token, and the settings of its block."""

    zone: str
    token: Token
    config: ServerConfig


@dataclass(eq=False, repr=False)
class Listener:
    """The keys that share an address; `address` is empty where it is that of an interface, which the machine knows."""

    transport: str
    address: str
    members: list[ListenerKey] = field(default_factory=list)


def listeners_of(configs: Sequence[ServerConfig]) -> list[Listener]:
    """groupConfigsByListenAddr; CoreDNS goes through them in any order, here they are in that of the file."""
    found: dict[tuple[str, str, str], Listener] = {}
    for config in configs:
        for zone, token in zip(config.zones, config.zone_tokens, strict=True):
            for host in config.listen_hosts:
                ip = parse_ip(host)
                known = address_text(unmapped(ip)) if ip else host
                address = f"{zone.transport}://{join_host_port(known, zone.port)}" if ip or not host else ""
                listener = found.setdefault((zone.transport, known, zone.port), Listener(zone.transport, address))
                listener.members.append(ListenerKey(zone.name, token, config))
    return list(found.values())


def refuse_conflicts_on(listener: Listener, instance: Instance) -> None:
    """Raise RefusedError where the blocks contradict one another; what decides is added to the instance's needs."""
    if listener.transport not in ENCRYPTED or not listener.address:
        return
    first, *others = listener.members
    for other in others:
        if instance.unseen_imports and None in (first.config.tls, other.config.tls):
            continue
        why = _difference(first.config.tls, other.config.tls, lambda need: instance.needs.setdefault(need, None))
        if why is not None:
            zones = f"{quote(first.zone)} and {quote(other.zone)}"
            told = f"conflicting TLS configuration for shared listener {listener.address} between zones {zones}: {why}"
            raise RefusedError(told, other.token)


def refuse_unlike_streams(listener: Listener) -> None:
    """The ``max_streams`` of ``https`` is one for a listener."""
    if listener.transport != "https" or not listener.address:
        return
    limit: int | None = None
    for member in listener.members:
        own = member.config.max_https_streams
        if own is None:
            continue
        if limit not in (None, own):
            told = f"conflicting max_streams values for shared HTTPS listener {listener.address}: {limit} and {own}"
            raise RefusedError(told, member.token)
        limit = own


def _difference(one: TlsPolicy | None, other: TlsPolicy | None, need: Callable[[Need], object]) -> str | None:
    """compatibleTLSConfig; whether two files hold the same certificates, only they can tell."""
    if one is None or other is None:
        return None if one is other else "TLS is configured for only one server block"
    if one.client_auth != other.client_auth:
        return "client authentication policies differ"
    if bool(one.authority) != bool(other.authority):
        return "client CA pools differ"
    if bool(one.certificate) != bool(other.certificate):
        return "server certificates differ"
    if one.account != other.account:
        return "dynamic TLS callbacks differ"
    for ours, theirs in ((one.authority, other.authority), (one.certificate, other.certificate)):
        if ours != theirs:
            need(Need("certificate", f"{theirs}, the same as {ours}"))
    return None
