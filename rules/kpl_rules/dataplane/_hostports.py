"""The host ports that the CNI plugin portmap programs in nftables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Span
from kpl.nft import NftRuleset, NftTable, host_port_of

_TABLE = "cni_hostport"
_CHAINS = ("hostip_hostports", "hostports")
PORTMAP = """\
table ip cni_hostport {
\tcomment "CNI portmap plugin"
\tchain hostports {
%s\t}

\tchain hostip_hostports {
%s\t}

\tchain prerouting {
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tjump hostip_hostports
\t\tjump hostports
\t}

\tchain output {
\t\ttype nat hook output priority dstnat; policy accept;
\t\tjump hostip_hostports
\t\tfib daddr type local jump hostports
\t}
}
"""
"""What an example has in nftables: the rules of host ports, and those for one address of the node."""


def portmap(*rules: str, of_addresses: tuple[str, ...] = ()) -> str:
    """The table of portmap with some rules."""
    return PORTMAP % tuple("".join(f"\t\t{rule}\n" for rule in each) for each in (rules, of_addresses))


class HostPort(NamedTuple):
    """A rule that translates a port of the node to a pod."""

    chain: str
    address: str
    """The address of the node; empty for all."""
    protocol: str
    port: str
    to: str
    """The address and port of the pod."""
    pod: str
    """The id of the sandbox of the pod, which the comment has; empty where there is none."""
    span: Span


def tables_of_portmap(ruleset: NftRuleset) -> Iterator[NftTable]:
    """The complete tables of portmap."""
    return (table for table in ruleset.tables if table.name == _TABLE and table.complete)


def host_ports(ruleset: NftRuleset, table: NftTable) -> Iterator[HostPort]:
    """The host ports in one table of portmap, in the order in which they match."""
    for name in _CHAINS:
        for rule in table.chains[name].rules if name in table.chains else ():
            if (found := host_port_of(rule, table.family)) is not None:
                yield HostPort(name, *found, rule.comment or "", rule.span)
