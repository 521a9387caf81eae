"""The network of the pods, as the rules of a node show it."""

from __future__ import annotations

from collections import Counter

from kpl.iptables import Table
from kpl.kubeproxy import is_within
from kpl.words import whole_number

_CLUSTER_IP = " cluster IP"


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


def are_apart(one: str, other: str) -> bool:
    """Whether two networks have no address in common."""
    return not covers(one, *_parts(other)) and not covers(other, *_parts(one))


def _parts(network: str) -> tuple[str, int]:
    """The address and the prefix length of a network."""
    address, _, written = network.partition("/")
    length = whole_number(written)
    return address, length if length is not None else 128 if ":" in address else 32
