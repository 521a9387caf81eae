"""What a rule of nftables says of addresses, for those who ask which networks it is for."""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.dumps.nftrule import Braces, Counter, Match, Nat, NftRule, NftVerdict, PacketField
from kpl.proxy.nft.facts import mark_bits

_SIDES = ("saddr", "daddr")
_EQUAL = ("", "==")
_OF_MARK = (("meta", "mark"), ("mark",))


class NetworkCondition(NamedTuple):
    """A condition on one of the addresses of a packet."""

    side: str
    """``saddr`` or ``daddr``."""
    negated: bool
    networks: tuple[str, ...]
    """The networks or addresses of which one suffices."""


def network_conditions(rule: NftRule, family: str) -> list[NetworkCondition] | None:
    """All conditions of a rule, if it has none but those on addresses of `family`; None if it has others.

    That a packet leaves the node (``fib daddr type != local``) is no condition here.
    """
    found = []
    for statement in rule.statements:
        if isinstance(statement, Counter | Nat | NftVerdict):
            continue
        if not isinstance(statement, Match) or not isinstance(statement.left, PacketField):
            return None
        words, negated = statement.left.words, statement.operator == "!="
        if not negated and statement.operator not in _EQUAL:
            return None
        if words[0] == "fib" and "daddr" in words and negated and statement.right == "local":
            continue
        networks = statement.right.members if isinstance(statement.right, Braces) else (statement.right,)
        named = tuple(each for each in networks if isinstance(each, str) and "-" not in each)
        if len(words) != 2 or words[0] != family or words[1] not in _SIDES or len(named) < len(networks):
            return None
        found.append(NetworkCondition(words[1], negated, named))
    return found


def needs_mark(rule: NftRule) -> bool:
    """Whether a rule is for packets alone that have a certain mark."""
    return any(
        isinstance(each.left, PacketField)
        and each.left.words in _OF_MARK
        and each.operator in _EQUAL
        and isinstance(each.right, str)
        and mark_bits(each.right.partition("/")[0]) > 0
        for each in rule.conditions
    )
