"""The plugin ``acl``. (CoreDNS plugin/acl/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller, Word
from kpl.coredns.dispenser import RefusedError
from kpl.golang.dnstables import TYPES, number_of
from kpl.golang.net import parse_cidr
from kpl.golang.strings import to_lower
from kpl.golang.values import quote

_ACTIONS = (
    ("1.10.1", ("allow", "block", "filter", "drop"), "'allow', 'block', 'filter' or 'drop'"),
    ("1.8.2", ("allow", "block", "filter"), "'allow', 'block', or 'filter'"),
    ("1.6.4", ("allow", "block"), "'allow' or 'block'"),
)
"""Since which release which actions are known, and how CoreDNS lists them."""


@dataclass
class Policy:
    """What is done with queries of these types from these networks: allow, block, filter or drop."""

    action: str
    types: set[str] = field(default_factory=set)
    """Names of types; empty is every type."""
    networks: list[tuple[bytes, int]] = field(default_factory=list)
    """Each an address (4 or 16 bytes) and the length of its prefix; empty is every source."""


@dataclass
class AclRule:
    """The policies of one occurrence: the first that fits a query for one of `zones` decides."""

    zones: list[str]
    policies: list[Policy] = field(default_factory=list)


def setup(c: Controller) -> list[AclRule]:
    """``acl [ZONES...]`` with its block, any number of times."""
    rules = []
    while c.next():
        rule = AclRule(c.origins(c.args()))
        while c.next_block():
            rule.policies.append(_policy(c))
        rules.append(rule)
    return rules


def _policy(c: Controller) -> Policy:
    policy = Policy(to_lower(c.val()))
    actions, expected = next((actions, expected) for since, actions, expected in _ACTIONS if c.since(since))
    if policy.action not in actions:
        raise _unexpected(c, c.val(), expected)
    words = c.args()
    every_type = every_source = False
    at = 0
    while at < len(words):
        section = to_lower(words[at])
        if section not in ("type", "net"):
            raise _unexpected(c, words[at], "'type | net'")
        begin = at = at + 1
        while at < len(words) and to_lower(words[at]) not in ("type", "net"):
            at += 1
        values = words[begin:at]
        if not values:
            raise c.err(f"no token specified in {quote(section)} section")
        if section == "type":
            every_type |= _types(c, policy, values)
        else:
            every_source |= _networks(c, policy, values)
    if every_type:
        policy.types.clear()
    if every_source:
        policy.networks.clear()
    return policy


def _types(c: Controller, policy: Policy, words: list[Word]) -> bool:
    """Whether there is a ``*``; nothing behind it is looked at."""
    for word in words:
        if word == "*":
            return True
        if number_of(word, TYPES, c.instance.version) is None:
            raise _unexpected(c, word, "legal QTYPE")
        policy.types.add(word)
    return "None" in policy.types


def _networks(c: Controller, policy: Policy, words: list[Word]) -> bool:
    """Whether there is a ``*``; nothing behind it is looked at."""
    for word in words:
        if word == "*":
            return True
        text = word if "/" in word else word + ("/128" if ":" in word else "/32")
        network = parse_cidr(text)
        if network is None:
            raise c.err(f"illegal CIDR notation {quote(text)}")
        policy.networks.append(network)
    return False


def _unexpected(c: Controller, word: str, expected: str) -> RefusedError:
    return c.err(f"unexpected token {quote(word)}; expect {expected}")
