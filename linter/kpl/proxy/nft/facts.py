"""What can be told from a table that kube-proxy made in nftables: whether all of it is there, and what leads where."""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.dumps.nftables import NftChain, NftRuleset, NftTable
from kpl.inputs.dumps.nftrule import (
    Assign,
    Bits,
    Braces,
    Counter,
    Match,
    NftRule,
    NftVerdict,
    Other,
    PacketField,
    Several,
)
from kpl.proxy.nft.names import read_name
from kpl.proxy.nft.states import kube_proxy_tables
from kpl.proxy.node.bridges import is_bridge_of_others
from kpl.text import late
from kpl.text.span import Span

_GOING_ON = {"drop", "reject", "continue", "return", "jump", "goto"}
"""The verdicts after which a packet has not passed a base chain whose policy drops it."""
_PROTOCOL = (("meta", "l4proto"), ("ip", "protocol"), ("ip6", "nexthdr"))
_INTERFACES = (("iifname",), ("oifname",), ("meta", "iifname"), ("meta", "oifname"))
_ALL_BITS = 0xFFFFFFFF
_PREFIX = late.pattern(r"0x[0-9a-f]{8}/([0-9]{1,2})")
_ALWAYS = {"nat-prerouting", "nat-output", "nat-postrouting", "services", "masquerading"}
_ALWAYS_MAPS = {"service-ips", "service-nodeports", "no-endpoint-services", "no-endpoint-nodeports"}


def is_whole(table: NftTable) -> bool:
    """Whether this is all of a table of kube-proxy, and not what ``nft list chain`` prints or somebody cut out.

    It is read from its line to its last brace, and has the chains and maps that kube-proxy 1.29 to 1.38 always makes; at
    least one chain has rules.
    """
    return _has_all(table) and any(chain.rows for chain in table.chains.values())


def is_flushed(table: NftTable) -> bool:
    """Whether this is all of a table of kube-proxy, and somebody deleted the rules of all chains."""
    return _has_all(table) and not any(chain.rows for chain in table.chains.values())


def knows_no_service(table: NftTable) -> bool:
    """Whether this is all of a table of kube-proxy that has no Service in it: no element, and no chain of one."""
    return (
        is_whole(table)
        and not any(table.maps[name].places for name in _ALWAYS_MAPS)
        and not any(chain.rows and read_name(chain.name) for chain in table.chains.values())
    )


def _has_all(table: NftTable) -> bool:
    return table.complete and table.chains.keys() >= _ALWAYS and table.maps.keys() >= _ALWAYS_MAPS


def whole_tables(ruleset: NftRuleset) -> Iterator[NftTable]:
    """The tables of kube-proxy in `ruleset` of which all is there."""
    return (table for table, _ in kube_proxy_tables(ruleset) if is_whole(table))


def jumps_in(table: NftTable) -> Iterator[tuple[str, Span]]:
    """Every chain that a rule or an element of a map leads to, and the place of the rule or the element."""
    for chain in table.chains.values():
        for rule in chain.rules:
            for verdict in rule.verdicts:
                if verdict.chain is not None:
                    yield verdict.chain, rule.span
    for found in table.maps.values():
        for element in found.elements:
            if isinstance(element.data, NftVerdict) and element.data.chain is not None:
                yield element.data.chain, element.span


def chains_reached_from_hook(table: NftTable, kind: str, hook: str) -> set[str]:
    """The chains that packets may come through from the base chains of one kind and hook."""
    return _reached(table, [name for name, chain in table.chains.items() if (chain.kind, chain.hook) == (kind, hook)])


def _reached(table: NftTable, left: list[str]) -> set[str]:
    """The chains that packets may come through from some chains, those among them."""
    reached: set[str] = set()
    looked_up: set[str] = set()
    while left:
        name = left.pop()
        if name in reached or name not in table.chains:
            continue
        reached.add(name)
        for rule in table.chains[name].rules:
            left += _chains_after(table, rule, looked_up)
    return reached


def _chains_after(table: NftTable, rule: NftRule, looked_up: set[str]) -> list[str]:
    """The chains that a rule hands packets to, itself or by a map that is not among `looked_up` yet."""
    found = [verdict.chain for verdict in rule.verdicts if verdict.chain is not None]
    for how, name in rule.lookups:
        if how == "vmap" and name not in looked_up and name in table.maps:
            looked_up.add(name)
            found += [
                element.data.chain
                for element in table.maps[name].elements
                if isinstance(element.data, NftVerdict) and element.data.chain is not None
            ]
    return found


def mark_set(rule: NftRule) -> str | None:
    """The bits that the rule adds to the packet's mark, as they are written."""
    return _mark_changed(rule, "|")


def mark_cleared(rule: NftRule) -> str | None:
    """The bits that the rule turns over in the packet's mark, as they are written."""
    return _mark_changed(rule, "^")


def _mark_changed(rule: NftRule, operator: str) -> str | None:
    for statement in rule.statements:
        if isinstance(statement, Assign) and _is_mark(statement.field):
            value = statement.value
            if isinstance(value, Bits) and value.operator == operator and _is_mark(value.left):
                return value.right
    return None


def mark_tested(rule: NftRule) -> int | None:
    """The bits of the packet's mark that the rule looks at.

    nft prints a mask that is a prefix as one: ``meta mark & 0x80000000 != 0`` as ``meta mark != 0x00000000/1``.
    """
    for statement in rule.statements:
        if isinstance(statement, Match):
            left = statement.left
            if isinstance(left, Bits) and left.operator == "&" and _is_mark(left.left):
                return mark_bits(left.right)
            if _is_mark(left) and isinstance(statement.right, str) and (found := _PREFIX.fullmatch(statement.right)):
                return ~(_ALL_BITS >> int(found[1])) & _ALL_BITS
    return None


def mark_bits(written: str) -> int:
    """A mark as a number; 0 if it is not a mark."""
    try:
        return int(written[:18], 0)
    except ValueError:
        return 0


def _is_mark(field: object) -> bool:
    return isinstance(field, PacketField) and field.words in (("meta", "mark"), ("mark",))


def pod_network(table: NftTable) -> tuple[str, Span] | None:
    """The network that a table of kube-proxy takes for the pods', and the rule that says so; None where none does.

    What comes from elsewhere to a cluster IP is masqueraded.
    """
    for name, chain in table.chains.items():
        for rule in chain.rules if name == "services" or name.startswith("service-") else ():
            source = rule.matches("ip", "saddr") or rule.matches("ip6", "saddr")
            if source is not None and source.operator == "!=" and isinstance(source.right, str):
                return source.right, rule.span
    return None


def chains_that_forward_nothing(table: NftTable) -> Iterator[NftChain]:
    """The base chains for forwarded packets that drop each one of a new connection, whatever it is."""
    for chain in table.chains.values():
        if (chain.kind, chain.hook, chain.policy) == ("filter", "forward", "drop"):
            reached = chains_reached_from_hook(table, "filter", "forward")
            if not any(_may_accept(rule) for name in reached for rule in table.chains[name].rules):
                yield chain


def rules_that_forward_nothing(table: NftTable) -> Iterator[tuple[NftChain, NftRule]]:
    """The base chains for forwarded packets in which a rule refuses each one of a new connection, and that rule.

    No rule before it accepts some of them, or decides in a way that is not known.
    """
    for chain in table.chains.values():
        if (chain.kind, chain.hook) == ("filter", "forward"):
            rule, _ = _refusing_rule(table, chain.name, set())
            if rule is not None:
                yield chain, rule


def _refusing_rule(table: NftTable, name: str, seen: set[str]) -> tuple[NftRule | None, bool]:
    """The rule of a chain that refuses all packets, and whether some may come out of the chain and go on."""
    chain = table.chains.get(name)
    if chain is None or name in seen:
        return None, False
    seen.add(name)
    for rule in chain.rules:
        is_for_all = all(isinstance(each, NftVerdict | Counter) or _is_log(each) for each in rule.statements)
        verdicts = list(rule.verdicts)
        if is_for_all and verdicts:
            if verdicts[0].kind in ("drop", "reject"):
                return rule, False
            if verdicts[0].kind == "return":
                return None, True
            if verdicts[0].chain is not None:
                found, goes_on = _refusing_rule(table, verdicts[0].chain, seen)
                if found is not None or not goes_on or verdicts[0].kind == "goto":
                    return found, goes_on
                continue
        if _may_accept(rule) or any(_may_accept(each) for each in _rules_reached(table, rule)):
            return None, False
    return None, True


def _rules_reached(table: NftTable, rule: NftRule) -> Iterator[NftRule]:
    """The rules that packets may come to when `rule` hands them to another chain."""
    for name in _reached(table, _chains_after(table, rule, set())):
        yield from table.chains[name].rules


def _may_accept(rule: NftRule) -> bool:
    """Whether a packet of a new connection may leave the table at `rule`, or nobody knows."""
    known = (Match, NftVerdict, Counter)
    if not all(isinstance(each, known) or _is_log(each) for each in rule.statements):
        return True
    decisive = {each.kind for each in rule.verdicts} - _GOING_ON
    if not decisive or _is_for_established(rule.matches("ct", "state")):
        return False
    return not any(_is_for_others(each) for each in rule.conditions)


def _is_for_others(condition: Match) -> bool:
    """Whether a condition holds for pings alone, or for what comes from or goes to a bridge without pods."""
    words = condition.left.words if isinstance(condition.left, PacketField) else ()
    if condition.operator not in ("", "=="):
        return False
    if words[:1] in (("icmp",), ("icmpv6",)):
        return True
    right = condition.right
    values = right.members if isinstance(right, Braces) else (right,)
    named = [each.strip('"') for each in values if isinstance(each, str)]
    if len(named) < len(values):
        return False
    if words in _PROTOCOL:
        return all(each in ("icmp", "ipv6-icmp", "icmpv6") for each in named)
    return words in _INTERFACES and all(is_bridge_of_others(each) for each in named)


def _is_log(statement: object) -> bool:
    return isinstance(statement, Other) and statement.words[:1] == ("log",)


def _is_for_established(state: Match | None) -> bool:
    if state is None or state.operator not in ("", "=="):
        return False
    said = state.right
    words = said.values if isinstance(said, Several) else said.members if isinstance(said, Braces) else (said,)
    return all(word in ("established", "related", "invalid") for word in words)
