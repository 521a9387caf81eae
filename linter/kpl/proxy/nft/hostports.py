"""A rule of nftables that translates one port of a node, as the CNI plugin portmap writes it."""

from __future__ import annotations

from kpl.inputs.dumps.nftrule import Match, NftRule, PacketField


def host_port_of(rule: NftRule, family: str) -> tuple[str, str, str, str] | None:
    """The node's address (empty for all), the protocol, the port, and where the rule translates them to.

    None for a rule with other conditions, and one that does not translate to one address.
    """
    address = protocol = port = ""
    if rule.nat is None or rule.nat.kind != "dnat" or not isinstance(rule.nat.target, str):
        return None
    for condition in rule.conditions:
        words = condition.left.words if isinstance(condition.left, PacketField) else ()
        if condition.operator not in ("", "==") or not isinstance(condition.right, str):
            return None
        if words == (family, "daddr") and not address:
            address = condition.right
        elif len(words) == 2 and words[1] == "dport" and not port:
            protocol, port = words[0], condition.right
        else:
            return None
    others = [each for each in rule.statements if not isinstance(each, Match) and each is not rule.nat]
    return (address, protocol, port, rule.nat.target) if port and not others else None
