"""The servers that the blocks make up together: addresses, TLS, zones that are served twice.

(CoreDNS core/dnsserver/register.go: MakeServers, validateZonesAndListeningAddresses; address.go: zoneOverlap)
"""

from __future__ import annotations

from collections.abc import Sequence

from kpl.coredns.controller import Instance, ServerConfig
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.listeners import Listener, listeners_of, refuse_conflicts_on, refuse_unlike_streams
from kpl.coredns.zones import Zone
from kpl.golang.net import parse_ip
from kpl.text.version import Version

_SET_UP_ONCE = Version("1.8.5")
"""Before, a plugin was set up for each key of a block; since then for the first one, whose settings are copied."""
_HTTPS_ASKS = Version("1.8.0")
_HTTPS_ASKS_NO_MORE = Version("1.8.7")
"""Between them, the https server asked for a certificate as the https3 server does."""
_ZONES_LAST = Version("1.10.0")
"""Before, zones were compared first of all: before the addresses of ``bind`` were copied to the other keys."""
_TLS_COMPARED = Version("1.15.0")
"""From this release on, the blocks on one listener have to have the same certificates."""
_FILTERED_MAY_SHARE = Version("1.14.3")
"""From this release on, a block with a view may serve a zone that an earlier block serves."""


def refuse_servers(configs: Sequence[ServerConfig], instance: Instance) -> None:
    """Raise RefusedError where CoreDNS cannot make servers of these blocks; what decides is added to the instance's needs."""
    version = instance.version
    if version < _ZONES_LAST:
        _refuse_conflicts(configs, version)
    _refuse_ports(configs)
    for listener in listeners_of(configs):
        if version >= _TLS_COMPARED:
            refuse_conflicts_on(listener, instance)
        if not instance.unseen_imports:
            _refuse_without_tls(listener, version)
        if version >= _TLS_COMPARED:
            refuse_unlike_streams(listener)
    if version >= _ZONES_LAST:
        _refuse_conflicts(configs, version)


def _refuse_ports(configs: Sequence[ServerConfig]) -> None:
    for config in configs:
        for zone, token in zip(config.zones, config.zone_tokens, strict=True):
            if zone.port and not 0 <= int(zone.port) <= 65535:
                raise RefusedError(f"address {zone.port}: invalid port", token)


def _refuse_without_tls(listener: Listener, version: Version) -> None:
    """The https3 server asks for a certificate at once; of several blocks on one address, any may be asked."""
    refusals = {"https3": "DoH3 requires TLS, no TLS config found"}
    if _HTTPS_ASKS <= version < _HTTPS_ASKS_NO_MORE:
        refusals["https"] = "DoH requires TLS to be configured, see the tls plugin"
    if listener.transport in refusals:
        for member in listener.members:
            if member.config.tls is None:
                raise RefusedError(refusals[listener.transport], member.token)


def _refuse_conflicts(configs: Sequence[ServerConfig], version: Version) -> None:
    registered: set[Zone] = set()
    unbound: dict[Zone, Zone] = {}
    for config in configs:
        for number, (zone, token) in enumerate(zip(config.zones, config.zone_tokens, strict=True)):
            copied = number == 0 or not _SET_UP_ONCE <= version < _ZONES_LAST
            # no server is made for a unix key, and the view comes to a block with its server
            filtered = config.filtered and zone.transport != "unix"
            for host in filter(_is_known, config.listen_hosts) if copied else [""]:
                bound = zone._replace(address=host)
                if bound in registered:
                    if filtered and version >= _FILTERED_MAY_SHARE:
                        continue
                    raise RefusedError(f"cannot serve {bound} - it is already defined", token)
                overlap = unbound.get(zone)
                if overlap is not None and (not host or zone in registered):
                    other = zone if host else overlap
                    raise RefusedError(f"cannot serve {bound} - zone overlap listener capacity with {other}", token)
                if not filtered:
                    registered.add(bound)
                    unbound[zone] = bound


def _is_known(host: str) -> bool:
    """Whether `host` is an address, or all of them, and not an interface, whose addresses only the machine knows."""
    return not host or parse_ip(host) is not None
