"""What the plugin ``acl`` refuses, by zone: a client's address and the type of its query decide.

Source: CoreDNS 1.14.7, plugin/acl/acl.go and setup.go. The lines of a block are one list of rules: the first ``allow`` of a
client ends it, and what no rule matches is allowed.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.coredns.zones import zones_of
from kpl.golang.dnsname import is_subdomain
from kpl.inputs.corefile.model import Directive, Property, ServerBlock, is_placeholder

_SECTIONS = ("type", "net")
_EVERY_CLIENT = ("*", "0.0.0.0/0", "::/0")
_ALLOW = "allow"


class Restriction(NamedTuple):
    """A zone in which ``acl`` refuses some queries."""

    directive: Directive
    """The line that names the zone."""
    zone: str
    """Normalized."""
    by_client: bool
    """Whether it refuses to some clients what it allows to others."""


def restrictions(server: ServerBlock) -> list[Restriction]:
    """The zones of a block in which its ``acl`` refuses queries; none where a placeholder hides some of them."""
    lines = server.all("acl")
    words = [word for line in lines for each in line.properties for word in (each.name, *each.args)]
    if any(map(is_placeholder, (*words, *server.keys, *(word for line in lines for word in line.args)))):
        return []
    zones = [(line, [zone for word in (line.args or server.keys) for zone in zones_of(word)]) for line in lines]
    found: dict[str, Restriction] = {}
    for line, own in zones:
        for zone in own:
            policies = [
                policy
                for other, others in zones
                if any(is_subdomain(each, zone) for each in others)
                for policy in other.properties
            ]
            refuses, by_client = _outcome(policies)
            if refuses and zone not in found:
                found[zone] = Restriction(line, zone, by_client)
    return list(found.values())


def _outcome(policies: list[Property]) -> tuple[bool, bool]:
    """Whether the policies refuse queries of some type, and whether they do so for some clients only."""
    refuses = by_client = False
    for kind in {"*", *(word for policy in policies for word in _section(policy, "type"))}:
        actions = set()
        for policy in policies:
            kinds = _section(policy, "type")
            if kinds and "*" not in kinds and kind not in kinds:
                continue
            actions.add(policy.name.lower())
            clients = _section(policy, "net")
            if not clients or any(client in _EVERY_CLIENT for client in clients):
                break
        else:
            actions.add(_ALLOW)
        refuses |= actions != {_ALLOW}
        by_client |= _ALLOW in actions and len(actions) > 1
    return refuses, by_client


def _section(policy: Property, name: str) -> list[str]:
    """The words of the section ``type`` or ``net`` of a policy."""
    section, words = "", []
    for word in policy.args:
        if word.lower() in _SECTIONS:
            section = word.lower()
        elif section == name:
            words.append(str(word))
    return words
