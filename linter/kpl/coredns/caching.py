"""What the plugin ``cache`` of a server block keeps, and for how long.

Source: CoreDNS 1.14.7, plugin/cache/setup.go and cache.go. A response is kept for its own TTL, which the minimum raises and the
maximum then limits. ``disable`` names zones whose responses are not kept; the last line of a kind counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.zones import zones_of
from kpl.golang.dnsname import is_subdomain
from kpl.golang.values import GoError, parse_duration
from kpl.inputs.corefile.model import Directive, Property, ServerBlock, is_placeholder
from kpl.text.number import whole_number

MAX_TTL = {"success": 3_600, "denial": 1_800}
"""The seconds that responses are kept at most, without a number of one's own."""
MIN_TTL = 5
"""The seconds that responses are kept at least, without a number of one's own."""


@dataclass
class Caching:
    """The settings of one ``cache``; the keys of the dictionaries are ``success`` and ``denial``."""

    directive: Directive
    zones: list[str]
    maximum: dict[str, int] = field(default_factory=lambda: dict(MAX_TTL))
    minimum: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MAX_TTL, MIN_TTL))
    options: dict[str, Property] = field(default_factory=dict)
    """The line that sets them, where there is one."""
    disabled: dict[str, list[str]] = field(default_factory=dict)
    """The zones whose responses are not kept."""

    def covers(self, zone: str) -> bool:
        """Whether responses for the names of `zone`, which is normalized, pass through it, which limits their TTL."""
        return any(is_subdomain(each, zone) for each in self.zones)

    def keeps(self, kind: str, zone: str) -> bool:
        """Whether responses of this kind are kept for the names of `zone`."""
        return self.covers(zone) and not any(is_subdomain(each, zone) for each in self.disabled.get(kind, ()))

    def kept(self, kind: str, ttl: int) -> int:
        """For how many seconds a response with this TTL is kept."""
        return min(max(ttl, self.minimum[kind]), self.maximum[kind])

    @property
    def stale(self) -> Property | None:
        """The ``serve_stale`` that answers from expired entries before it asks for new ones."""
        found = next(iter(self.directive.all("serve_stale")[-1:]), None)
        if found is None or [each.lower() for each in found.args[1:2]] == ["verify"]:
            return None
        try:
            return found if not found.args or parse_duration(found.args[0]) > 0 else None
        except GoError:
            return None


def caching_of(server: ServerBlock) -> Caching | None:
    """What the block's ``cache`` keeps; None without one, and where a placeholder or an import hides a part of it."""
    directive = server.get("cache")
    if directive is None:
        return None
    words = [word for each in directive.properties for word in (each.name, *each.args)]
    if any(map(is_placeholder, (*directive.args, *server.keys, *words))) or directive.get("import") is not None:
        return None
    args = list(directive.args)
    ttl = whole_number(args[0]) if args else None
    caching = Caching(directive, [zone for word in args[ttl is not None :] or server.keys for zone in zones_of(word)])
    if ttl is not None:
        caching.maximum = dict.fromkeys(MAX_TTL, ttl)
    for option in directive.properties:
        numbers = [whole_number(word) for word in option.args]
        if option.name in MAX_TTL:
            caching.options[option.name] = option
            for setting, number in zip((caching.maximum, caching.minimum), numbers[1:3], strict=False):
                if number is not None:
                    setting[option.name] = number
        elif option.name == "disable" and option.args:
            zones = [zone for word in option.args[1:] for zone in zones_of(word)]
            caching.disabled[option.args[0]] = zones if option.args[1:] else ["."]
            caching.options[f"disable {option.args[0]}"] = option
    return caching
