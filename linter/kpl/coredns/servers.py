"""The servers that the blocks make up together: addresses, TLS, zones that are served twice.

(CoreDNS core/dnsserver/register.go: MakeServers, validateZonesAndListeningAddresses; address.go: zoneOverlap)
"""

from __future__ import annotations

from collections.abc import Sequence

from kpl.coredns.controller import ServerConfig
from kpl.coredns.dispenser import RefusedError
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
_FILTERED_MAY_SHARE = Version("1.14.3")
"""From this release on, a block with a view may serve a zone that an earlier block serves."""


def refuse_servers(configs: Sequence[ServerConfig], version: Version) -> None:
    """Raise RefusedError where CoreDNS cannot make servers of these blocks."""
    if version < _ZONES_LAST:
        _refuse_conflicts(configs, version)
    _refuse_ports(configs)
    _refuse_without_tls(configs, version)
    if version >= _ZONES_LAST:
        _refuse_conflicts(configs, version)


def _refuse_ports(configs: Sequence[ServerConfig]) -> None:
    for config in configs:
        for zone, token in zip(config.zones, config.zone_tokens, strict=True):
            if zone.port and not 0 <= int(zone.port) <= 65535:
                raise RefusedError(f"address {zone.port}: invalid port", token)


def _refuse_without_tls(configs: Sequence[ServerConfig], version: Version) -> None:
    """The https3 server asks for a certificate at once; of several blocks on one address, any may be asked."""
    refusals = {"https3": "DoH3 requires TLS, no TLS config found"}
    if _HTTPS_ASKS <= version < _HTTPS_ASKS_NO_MORE:
        refusals["https"] = "DoH requires TLS to be configured, see the tls plugin"
    for config in configs:
        for zone, token in zip(config.zones, config.zone_tokens, strict=True):
            if zone.transport in refusals and not config.tls:
                raise RefusedError(refusals[zone.transport], token)


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
