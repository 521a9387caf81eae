"""KPL435."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, is_unconditional
from kpl.kubeproxy import is_within
from kpl.testing import node_dump
from kpl.words import whole_number

_AGENTS = {"IP-MASQ-AGENT": "ip-masq-agent", "KIND-MASQ-AGENT": "kindnet"}
_CLUSTER_IP = " cluster IP"


def _with_agent(*networks: str) -> str:
    returns = "".join(f"-A IP-MASQ-AGENT -d {network} -j RETURN\n" for network in networks)
    return (
        node_dump()
        .replace(":POSTROUTING ACCEPT [0:0]\n", ":POSTROUTING ACCEPT [0:0]\n:IP-MASQ-AGENT - [0:0]\n")
        .replace("-A POSTROUTING", "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j IP-MASQ-AGENT\n-A POSTROUTING")
        .replace("-A KUBE-EXT-3R55", f"{returns}-A IP-MASQ-AGENT -j MASQUERADE --random-fully\n-A KUBE-EXT-3R55", 1)
    )


class AgentMasqueradesPods(Rule):
    """The masquerading agent does not exempt the pod network, so pods see the addresses of nodes instead of pods.

    ## Why
    ip-masq-agent (kindnet on kind) masquerades traffic that leaves the node, except to the networks in its
    configuration; each of them has a rule that returns. kube-proxy's rules show which network the cluster uses for pods
    (`clusterCIDR` or the node's pod network). If none of the agent's networks contains it, connections between pods on
    different nodes are masqueraded: NetworkPolicies, logs and access lists see the node instead of the pod, and the
    connections use up source ports of the node.

    The rule checks only a complete nat table.

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
    needs = "Ruleset"
    examples = [
        Bad(dump(_with_agent("172.16.0.0/12", "192.168.0.0/16")), flags=[":IP-MASQ-AGENT"]),
        Good(dump(_with_agent("10.0.0.0/8", "172.16.0.0/12"))),
        Good(dump(_with_agent("10.244.0.0/16"))),
        # an excerpt
        Good(dump("-A IP-MASQ-AGENT -d 172.16.0.0/12 -j RETURN\n-A IP-MASQ-AGENT -j MASQUERADE\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            yield from self._in(nat)

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
            pods = _pod_network(nat)
            address, _, length = (pods or "").partition("/")
            prefix = whole_number(length)
            if spared and prefix is not None and not any(_covers(network, address, prefix) for network in spared):
                yield self.finding(
                    nat.declaration(chain),
                    f"`{chain}` of {agent} exempts {len(spared):,} network{'' if len(spared) == 1 else 's'} but not "
                    f"the pod network `{pods}`, so "
                    "traffic between pods of different nodes is masqueraded",
                    help=f"Add `{pods}` to `nonMasqueradeCIDRs` in the agent's ConfigMap.",
                )


def _pod_network(nat: Table) -> str | None:
    """The network that kube-proxy takes for the pods': what it masquerades for cluster IPs is from elsewhere."""
    negated = {id(shape) for shape in nat.shapes if any(name == "-s" and no for name, no, _ in shape.options)}
    rows = [row for row in nat.jumps_to.get("KUBE-MARK-MASQ", ()) if id(nat.shapes[row]) in negated]
    columns = nat.columns(("-s", "--comment"), rows)
    found = Counter(source for source, comment in columns if source and comment and comment.endswith(_CLUSTER_IP))
    return found.most_common(1)[0][0] if found else None


def _covers(network: str, address: str, length: int) -> bool:
    """Whether `network` holds the whole of `address`/`length`."""
    written = network.partition("/")[2]
    bits = whole_number(written) if written else length
    return bits is not None and bits <= length and is_within(address, network)
