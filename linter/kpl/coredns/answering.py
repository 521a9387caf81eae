"""Which names the plugins of a server block take, so that no later plugin is asked for them.

Source: the ServeDNS methods of CoreDNS 1.15.0. A query goes from plugin to plugin in the order of the release; a plugin answers
the names of its zones, and passes on those that it does not have only where `fallthrough` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl.coredns.versions import directive_order
from kpl.coredns.zones import zones_of
from kpl.golang.dnsname import is_subdomain
from kpl.inputs.corefile.model import Directive, ServerBlock, is_placeholder
from kpl.text.span import Text

_WORDS_BEFORE_ZONES = {
    "etcd": 0, "file": 1, "forward": 0, "grpc": 0, "hosts": 1, "k8s_external": 0, "kubernetes": 0, "secondary": 0, "template": 2,
    "erratic": 0, "whoami": 0,
}  # fmt: skip
"""How many arguments of a plugin that answers come before its zones; without zones it has those of the block."""
_OF_ONE_ZONE = ("forward", "grpc")
_OF_THE_BLOCK = ("erratic", "whoami")
_ONE_AFTER_THE_OTHER = ("forward", "template")
"""The plugins whose second line in a block is asked after the first one; the lines of others are one plugin."""
_REVERSE = ("in-addr.arpa.", "ip6.arpa.")


class Answerer(NamedTuple):
    """A plugin that answers, with the zones whose queries it takes if one reaches it."""

    directive: Directive
    zones: tuple[str, ...]
    """Normalized: in lower case, with a last dot."""


class Taken(NamedTuple):
    """A plugin that is never asked for the names of some of its zones, and the plugin before it that takes them."""

    by: Answerer
    directive: Directive
    zones: tuple[str, ...]
    """Those of its zones that are taken, normalized."""
    is_all: bool
    """Whether these are all of its zones."""


def answerers(server: ServerBlock) -> list[Answerer]:
    """The plugins of a block whose zones are known, in the order in which they are asked."""
    served = [zone for key in server.keys for zone in zones_of(key)]
    unknown = any(map(is_placeholder, server.keys))
    found = []
    for directive in server.expanded():
        if directive.name in _WORDS_BEFORE_ZONES and not any(map(is_placeholder, directive.args)):
            zones = _zones(directive, served)
            if zones and not (unknown and zones is served):
                found.append(Answerer(directive, tuple(zones)))
    return sorted(found, key=lambda each: directive_order(each.directive.name))


def taken_names(server: ServerBlock) -> Iterator[Taken]:
    """The plugins of a block to which an earlier one passes no query for some of their zones."""
    asked = answerers(server)
    for number, taker in enumerate(asked):
        zones = [zone for zone in taker.zones if _takes_all_names(taker.directive)]
        if not zones:
            continue
        passed = _passed_on(taker)
        for later in asked[number + 1 :]:
            is_same = later.directive.name == taker.directive.name
            if is_same and (later.directive.name not in _ONE_AFTER_THE_OTHER or _asks_the_next_one(taker.directive)):
                continue
            taken = [
                zone
                for zone in later.zones
                if any(is_subdomain(each, zone) for each in zones)
                and not any(is_subdomain(each, zone) or is_subdomain(zone, each) for each in passed)
                and not (taker.directive.name == "hosts" and zone.endswith(_REVERSE))
            ]
            if taken:
                yield Taken(taker, later.directive, tuple(taken), len(taken) == len(later.zones))


def _zones(directive: Directive, served: list[str]) -> list[str]:
    words: list[Text] = directive.args[_WORDS_BEFORE_ZONES[directive.name] :]
    if directive.name in _OF_ONE_ZONE:
        words = words[:1]
    if directive.name in _OF_THE_BLOCK or not words:
        return served
    return [zone for word in words for zone in zones_of(word)]


def _takes_all_names(directive: Directive) -> bool:
    """Whether it answers queries of every type for each name of its zones that it does not pass on."""
    if directive.name == "template":
        return [each.upper() for each in directive.args[:2]] in (["ANY", "ANY"], ["IN", "ANY"])
    return True


def _asks_the_next_one(directive: Directive) -> bool:
    """Whether a `forward` hands responses of some codes on, which it does only to another `forward`.

    (CoreDNS plugin/forward/forward.go, ServeDNS)
    """
    return directive.get("next") is not None or directive.get("next_on_nodata") is not None


def _passed_on(taker: Answerer) -> tuple[str, ...]:
    """The zones in which a plugin passes on some names."""
    directive = taker.directive
    if directive.name in _OF_ONE_ZONE:
        return tuple(zone for each in directive.all("except") for word in each.args for zone in zones_of(word))
    if directive.name == "template" and not any(map(directive.get, ("match", "expr"))):
        return ()
    option = directive.get("fallthrough")
    if option is None:
        return ()
    if any(map(is_placeholder, option.args)):
        return taker.zones
    return tuple(zone for word in option.args for zone in zones_of(word)) or taker.zones
