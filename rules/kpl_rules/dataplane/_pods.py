"""The network of the pods, as the rules of a node show it, and what the filter table does with its packets."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from kpl.dumps import is_bridge_of_others
from kpl.iptables import Table, chains_reached_from
from kpl.kubeproxy import is_within
from kpl.words import whole_number

_CLUSTER_IP = " cluster IP"


@lru_cache(maxsize=8)
def pod_network_of(nat: Table) -> str | None:
    """The network that kube-proxy takes for the pods': what it masquerades for cluster IPs is from elsewhere."""
    negated = {id(shape) for shape in nat.shapes if any(name == "-s" and no for name, no, _ in shape.options)}
    rows = [row for row in nat.jumps_to.get("KUBE-MARK-MASQ", ()) if id(nat.shapes[row]) in negated]
    columns = nat.columns(("-s", "--comment"), rows)
    found = Counter(source for source, comment in columns if source and comment and comment.endswith(_CLUSTER_IP))
    return found.most_common(1)[0][0] if found else None


def covers(network: str, address: str, length: int) -> bool:
    """Whether `network` holds the whole of `address`/`length`."""
    written = network.partition("/")[2]
    bits = whole_number(written) if written else length
    return bits is not None and bits <= length and is_within(address, network)


def contains(network: str, other: str) -> bool:
    """Whether `network` holds the whole of the network `other`."""
    return covers(network, *_parts(other))


def are_apart(one: str, other: str) -> bool:
    """Whether two networks have no address in common."""
    return not contains(one, other) and not contains(other, one)


def _parts(network: str) -> tuple[str, int]:
    """The address and the prefix length of a network."""
    address, _, written = network.partition("/")
    length = whole_number(written)
    return address, length if length is not None else 128 if ":" in address else 32


_NO_EFFECT = ("", "RETURN", "LOG", "NFLOG", "DROP", "REJECT", "MARK", "CONNMARK", "TCPMSS")
"""The targets after which a packet is not accepted, or goes on."""
_REFUSING = ("DROP", "REJECT")
_OF_TARGET = ("-m", "--comment", "--reject-with")
_PINGS = ("icmp", "ipv6-icmp", "icmpv6")


def accepts_pods(filtered: Table, pods: str | None) -> bool:
    """Whether a rule that packets of ``FORWARD`` can come to may accept the first packet of a connection of a pod."""
    reached = chains_reached_from(filtered, "FORWARD")
    return any(_may_accept(filtered, row, pods) for chain in reached for row in filtered.rules_of.get(chain, ()))


def rule_against_pods(filtered: Table, pods: str | None) -> int | None:
    """The rule that drops or rejects the first packets of all connections between pods that a node forwards.

    None where a rule before it may accept some of them, or decides in a way that cannot be judged.
    """
    return _refusing_rule(filtered, "FORWARD", pods, set())[0]


def _refusing_rule(filtered: Table, chain: str, pods: str | None, seen: set[str]) -> tuple[int | None, bool]:
    """The rule of `chain` that refuses all packets of pods, and whether any of them come out of the chain."""
    if chain in seen:
        return None, True
    seen.add(chain)
    for row in filtered.rules_of.get(chain, ()):
        target = filtered.target[row]
        if target in _REFUSING and _takes_pods(filtered, row, pods):
            return row, False
        if target == "RETURN" and _takes_pods(filtered, row, pods):
            return None, True
        if target not in filtered.chains:
            if _may_accept(filtered, row, pods):
                return None, False
        elif _takes_pods(filtered, row, pods):
            found, goes_on = _refusing_rule(filtered, target, pods, seen)
            if found is not None or not goes_on:
                return found, False
        elif any(
            _may_accept(filtered, each, pods)
            for name in chains_reached_from(filtered, target)
            for each in filtered.rules_of.get(name, ())
        ):
            return None, False
    return None, True


def _takes_pods(table: Table, row: int, pods: str | None) -> bool:
    """Whether a rule certainly matches the first packet of each connection from a pod to a pod."""
    for option in table.entry(row).options:
        value = option.values[0] if option.values else ""
        if option.name in ("-s", "-d"):
            if pods is None:
                return False
            if not (are_apart(value, pods) if option.negated else contains(value, pods)):
                return False
        elif option.name == "--ctstate":
            if option.negated or "NEW" not in value.split(","):
                return False
        elif option.name not in _OF_TARGET:
            return False
    return True


def _may_accept(table: Table, row: int, pods: str | None) -> bool:
    """Whether a rule may accept the first packet of a connection of a pod."""
    target = table.target[row]
    if target in _NO_EFFECT or target in table.chains:
        return False
    if target != "ACCEPT":
        return True
    options = {each.name: each for each in table.entry(row).options}
    state = options.get("--ctstate") or options.get("--state")
    if state is not None and not state.negated and not {"NEW", "DNAT"} & set(state.values[0].split(",")):
        return False
    if table.chain[row] == "KUBE-FORWARD" and "--mark" in options:
        return False
    for name in ("-i", "-o"):
        option = options.get(name)
        if option is not None and not option.negated and is_bridge_of_others(option.values[0]):
            return False
    protocol = options.get("-p")
    if protocol is not None and not protocol.negated and protocol.values[0] in _PINGS:
        return False
    for name in ("-s", "-d"):
        option = options.get(name)
        if pods is not None and option is not None and not option.negated and are_apart(option.values[0], pods):
            return False
    return True
