"""KPL416."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Rule, Severity, Span, Stop, dump, files
from kpl.iptables import Ruleset, Table, chains_leading_to
from kpl.nft import NftRuleset, agents_of_tables, chains_that_forward_nothing
from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, listed
from kpl_rules.dataplane._node import families_of_services

_SMALL = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n"
    "-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\nCOMMIT\n"
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n"
)
_ACCEPT = '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT\n'
_CLOSED = (
    "table inet filter {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n"
    "\t\tct state established,related accept\n\t\tct state { established, related } counter packets 1 bytes 2 accept\n"
    '\t\tlog prefix "dropped "\n\t\tjump own\n\t}\n\n'
    "\tchain own {\n\t\tip saddr 192.0.2.1 drop\n\t}\n}\n"
)
_NO_SERVICES = re.sub(
    r"\t\telements = \{[^}]*\}\n|\tchain (?:service|external)-[A-Z2-7]{8}-[^{]*\{[^}]*(?:\}[^}]*)?\t\}\n\n?", "", NEW
).replace("table ip", "table ip6")
_DOCKER = (
    'iifname "docker0" oifname != "docker0" counter packets 0 bytes 0 accept\n\t\tmeta l4proto icmp accept\n'
    '\t\ticmp type echo-request accept\n\t\tiifname { "lo", "br-0123456789ab" } accept'
)
_DROPPING = node_dump().replace(":FORWARD ACCEPT", ":FORWARD DROP")


class ForwardDropsServices(Rule):
    """The policy of a chain for forwarded packets drops translated packets, because nothing accepts them.

    ## Why
    Docker 1.13 and later and many firewalls set the policy of `FORWARD` in the filter table to `DROP`. In
    `KUBE-FORWARD`, kube-proxy accepts packets that it marked for masquerading and packets of established connections.
    If no rule of `FORWARD` jumps to `KUBE-FORWARD`, or the accepting rule is missing, connections through NodePorts and
    load balancers to pods on other nodes are dropped.

    kube-proxy cannot do that for chains of nftables: a packet that one table accepts is dropped if the policy of a chain
    in another table drops it, whatever the mode of kube-proxy is. The rule reports a chain with the hook `forward` and
    the policy `drop` that accepts nothing but established connections, as in the `nftables.conf` of many
    distributions. It ignores nodes with Cilium, whose packets may bypass the chain.

    For iptables, the rule checks only a complete filter table of a node on which kube-proxy fills `KUBE-SERVICES` in
    the nat table; for nftables, complete tables.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it inserts the jump to `KUBE-FORWARD` before the other
    rules. In a chain of nftables, accept the traffic of pods, or set its policy to `accept`.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/39658
    - https://docs.docker.com/engine/network/packet-filtering-firewalls/
    - https://wiki.nftables.org/wiki-nftables/index.php/Configuring_chains (Base chain priority)
    - https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-nftables
    """

    code = "KPL416"
    name = "forward-drops-services"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset|NftRuleset"
    examples = [
        Bad(dump(_SMALL), flags=[":FORWARD DROP"]),
        Bad(dump(_DROPPING.replace(_ACCEPT, "")), flags=[":FORWARD DROP"], other=["forward-drops-pods"]),
        Good(dump(_SMALL.replace("DROP", "ACCEPT"))),
        Good(dump(_DROPPING), other=["forward-drops-pods"]),
        Bad(
            listed(NEW + _CLOSED),
            flags=["forward"],
            says=["`forward` of the table `inet filter` has the policy `drop` and accepts no new connections"],
        ),
        # for pings and the bridges of others
        Bad(listed(NEW + _CLOSED.replace("ip saddr 192.0.2.1 drop", _DOCKER)), flags=["forward"]),
        Good(listed(NEW + _CLOSED.replace("ip saddr 192.0.2.1 drop", 'iifname { "docker0", "cni0" } accept'))),
        Good(listed(NEW + _CLOSED.replace("ip saddr 192.0.2.1 drop", 'iifname != "docker0" accept'))),
        Good(listed(NEW + _CLOSED.replace("ip saddr 192.0.2.1 drop", "meta l4proto { icmp, tcp } accept"))),
        # of the family in which the cluster has no Services
        Good(listed(NEW + _CLOSED.replace("table inet", "table ip6"))),
        Good(listed(NEW + _NO_SERVICES + _CLOSED.replace("table inet", "table ip6"))),
        # beside the rules of iptables, in another file of the node
        Bad(files(**{"node-1.iptables": node_dump(), "node-1.nft": _CLOSED}), flags=["forward"]),
        Good(files(**{"node-1.iptables": node_dump(), "node-2.nft": _CLOSED})),
        Good({"node.nft": _CLOSED}),
        Good(listed(NEW + _CLOSED.replace("ip saddr 192.0.2.1 drop", "ip saddr 10.244.0.0/16 accept"))),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if document.kind == "Ruleset":
            yield from self._of_iptables(document.model)
        elif document.kind == "NftRuleset":
            yield from self._of_nftables(document.model, document, cluster)

    def _of_nftables(self, ruleset: NftRuleset, document: Document, cluster: Cluster) -> Iterator[Finding]:
        for table in ruleset.tables:
            if table.complete and any(each.policy == "drop" for each in table.chains.values()):
                families = families_of_services(document, cluster)
                if not families or table.family not in {"inet", *families} or "Cilium" in agents_of_tables(ruleset):
                    continue
                for chain in chains_that_forward_nothing(table):
                    yield self.finding(
                        ruleset.declaration(chain),
                        f"`{chain.name}` of the table `{table.family} {table.name}` has the policy `drop` and accepts "
                        "no new connections of pods, so connections to and from pods that this node forwards are dropped",
                        help="Accept the traffic of pods in this chain. Or set its policy to `accept`.",
                        confidence=Confidence.MEDIUM,
                    )

    def _of_iptables(self, ruleset: Ruleset) -> Iterator[Finding]:
        for tables in ruleset.whole_dumps():
            nat, filtered = tables.get("nat"), tables.get("filter")
            if nat is None or filtered is None or "KUBE-SERVICES" not in nat.rules_of:
                continue
            if filtered.policies.get("FORWARD") != "DROP":
                continue
            if "FORWARD" not in chains_leading_to(filtered, "KUBE-FORWARD"):
                what = "no rule jumps to `KUBE-FORWARD`"
            elif not any(_accepts_mark(filtered, row) for row in filtered.rules_of.get("KUBE-FORWARD", ())):
                what = "`KUBE-FORWARD` does not accept marked packets"
            else:
                continue
            span = filtered.declaration("FORWARD")
            yield self.finding(
                Span(span.start, span.end + len(" DROP")),
                f"`FORWARD` has the policy `DROP` and {what}, so connections through NodePorts and load balancers to "
                "pods on other nodes are dropped",
                help="Restart kube-proxy on this node: it rewrites `KUBE-FORWARD` and the jump to it.",
            )


def _accepts_mark(table: Table, row: int) -> bool:
    return table.target[row] == "ACCEPT" and any(name == "--mark" for name, _, _ in table.shapes[row].options)
