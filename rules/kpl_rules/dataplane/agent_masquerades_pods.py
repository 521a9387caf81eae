"""KPL435."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Document, Finding, Good, Rule, Severity, Span, Stop, dump
from kpl.iptables import Ruleset, Table, is_unconditional
from kpl.nft import NftChain, NftRuleset, NftTable, pod_network, whole_tables
from kpl.testing import node_dump
from kpl.words import whole_number
from kpl_rules.dataplane._nft import NEW, listed
from kpl_rules.dataplane._pods import covers, pod_network_of

_AGENTS = {"IP-MASQ-AGENT": "ip-masq-agent", "KIND-MASQ-AGENT": "kindnet"}
_COMMENT = r'(?:xt match "comment" )?'
"""What nft prints for a comment of iptables, and for no match that it cannot read."""
_SPARED = rf"{_COMMENT}ip6? daddr (\S+) {_COMMENT}counter packets \d+ bytes \d+ (?:return|accept)"
_MASQUERADED = rf"{_COMMENT}counter packets \d+ bytes \d+ masquerade(?: [\w,-]+)?"


def _with_agent(*networks: str) -> str:
    returns = "".join(f"-A IP-MASQ-AGENT -d {network} -j RETURN\n" for network in networks)
    return (
        node_dump()
        .replace(":POSTROUTING ACCEPT [0:0]\n", ":POSTROUTING ACCEPT [0:0]\n:IP-MASQ-AGENT - [0:0]\n")
        .replace("-A POSTROUTING", "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT\n-A POSTROUTING")
        .replace("-A KUBE-EXT-3R55", f"{returns}-A IP-MASQ-AGENT -j MASQUERADE --random-fully\n-A KUBE-EXT-3R55", 1)
    )


def _agent_in_nft(*networks: str, last: str = "counter packets 1 bytes 60 masquerade fully-random") -> str:
    returns = "".join(f"\t\tip daddr {network} counter packets 0 bytes 0 return\n" for network in networks)
    return f"table ip nat {{\n\tchain KIND-MASQ-AGENT {{\n{returns}\t\t{last}\n\t}}\n}}\n"


class AgentMasqueradesPods(Rule):
    """The masquerading agent does not exempt the pod network, so pods see the addresses of nodes instead of pods.

    ## Why
    ip-masq-agent (kindnet on kind) masquerades traffic that leaves the node, except to the networks in its
    configuration; each of them has a rule that returns. kube-proxy's rules show which network the cluster uses for pods
    (`clusterCIDR` or the node's pod network). If none of the agent's networks contains it, connections between pods on
    different nodes are masqueraded: NetworkPolicies, logs and access lists see the node instead of the pod, and the
    connections use up source ports of the node.

    The rule checks only a complete nat table. In the output of `nft list ruleset`, it takes the pod network from
    kube-proxy's table and the agent's chain from the tables of iptables-nft.

    ## Fix
    A dump cannot be fixed. Add the pod network to `nonMasqueradeCIDRs` in the agent's ConfigMap.

    ## References
    - https://kubernetes.io/docs/tasks/administer-cluster/ip-masq-agent/
    - https://github.com/kubernetes-sigs/ip-masq-agent
    """

    code = "KPL435"
    name = "agent-masquerades-pods"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("client-address-lost",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(dump(_with_agent("172.16.0.0/12", "192.168.0.0/16")), flags=[":IP-MASQ-AGENT"]),
        Good(dump(_with_agent("10.0.0.0/8", "172.16.0.0/12"))),
        Good(dump(_with_agent("10.244.0.0/16"))),
        # an excerpt
        Good(dump("-A IP-MASQ-AGENT -d 172.16.0.0/12 -j RETURN\n-A IP-MASQ-AGENT -j MASQUERADE\n")),
        Bad(
            listed(NEW + _agent_in_nft("172.16.0.0/12", "192.168.0.0/16")),
            flags=["KIND-MASQ-AGENT"],
            says=["`KIND-MASQ-AGENT` of kindnet exempts 2 networks but not the pod network `10.244.0.0/16`"],
        ),
        Good(listed(NEW + _agent_in_nft("172.16.0.0/12", "10.244.0.0/16"))),
    ]

    def check(self, document: Document) -> Iterator[Finding]:
        """See the class."""
        if document.kind == "Ruleset":
            ruleset: Ruleset = document.model
            for nat in ruleset.whole("nat"):
                yield from self._in(nat)
        elif document.kind == "NftRuleset":
            nft: NftRuleset = document.model
            for own in whole_tables(nft):
                if (network := pod_network(own)) is not None:
                    for table in nft.named(own.family, "nat"):
                        yield from self._in_nft(nft, table, network[0])

    def _in_nft(self, nft: NftRuleset, table: NftTable, pods: str) -> Iterator[Finding]:
        for name, agent in _AGENTS.items():
            chain = table.chains.get(name) if table.complete else None
            spared = _spared_in_nft(chain) if chain is not None else []
            if chain is not None and _spares_others(spared, pods):
                yield self._finding(nft.declaration(chain), name, agent, len(spared), pods)

    def _in(self, nat: Table) -> Iterator[Finding]:
        for chain, agent in _AGENTS.items():
            rows = nat.rules_of.get(chain, [])
            last = rows[-1] if rows else None
            if (
                last is None
                or chain not in nat.chains
                or nat.target[last] != "MASQUERADE"
                or not is_unconditional(nat, last)
            ):
                continue
            spared = [
                network
                for row, network in zip(rows, nat.values("-d", rows), strict=True)
                if network and nat.target[row] in ("RETURN", "ACCEPT")
            ]
            if _spares_others(spared, pods := pod_network_of(nat)):
                yield self._finding(nat.declaration(chain), chain, agent, len(spared), pods)

    def _finding(self, span: Span, chain: str, agent: str, spared: int, pods: str | None) -> Finding:
        return self.finding(
            span,
            f"`{chain}` of {agent} exempts {spared:,} network{'' if spared == 1 else 's'} but not the pod network "
            f"`{pods}`, so traffic between pods of different nodes is masqueraded",
            help=f"Add `{pods}` to `nonMasqueradeCIDRs` in the agent's ConfigMap.",
        )


def _spares_others(spared: list[str], pods: str | None) -> bool:
    """Whether some networks are spared, and none of them has the pods' in it."""
    address, _, length = (pods or "").partition("/")
    prefix = whole_number(length)
    return bool(spared) and prefix is not None and not any(covers(network, address, prefix) for network in spared)


def _spared_in_nft(chain: NftChain) -> list[str]:
    """The networks to which a chain masquerades nothing; none where not all of it is read, or the rest is not masqueraded."""
    *spared, last = [str(rule._replace(comment=None)) for rule in chain.rules] or [""]
    found = [re.fullmatch(_SPARED, rule) for rule in spared]
    return [each[1] for each in found if each] if all(found) and re.fullmatch(_MASQUERADED, last) else []
