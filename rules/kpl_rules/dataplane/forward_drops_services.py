"""KPL416."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop, dump
from kpl.iptables import Ruleset, Table, chains_leading_to
from kpl.testing import node_dump

_SMALL = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n"
    "-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\nCOMMIT\n"
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n"
)
_ACCEPT = '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT\n'
_DROPPING = node_dump().replace(":FORWARD ACCEPT", ":FORWARD DROP")


class ForwardDropsServices(Rule):
    """The policy of `FORWARD` drops translated packets, because `KUBE-FORWARD` does not accept them.

    ## Why
    Docker 1.13 and later and many firewalls set the policy of `FORWARD` in the filter table to `DROP`. In
    `KUBE-FORWARD`, kube-proxy accepts packets that it marked for masquerading and packets of established connections.
    If no rule of `FORWARD` jumps to `KUBE-FORWARD`, or the accepting rule is missing, connections through NodePorts and
    load balancers to pods on other nodes are dropped.

    The rule checks only a complete filter table of a node on which kube-proxy fills `KUBE-SERVICES` in the nat table.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node; it inserts the jump to `KUBE-FORWARD` before the other
    rules.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/39658
    - https://docs.docker.com/engine/network/packet-filtering-firewalls/
    """

    code = "KPL416"
    name = "forward-drops-services"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), flags=[":FORWARD DROP"]),
        Bad(dump(_DROPPING.replace(_ACCEPT, "")), flags=[":FORWARD DROP"]),
        Good(dump(_SMALL.replace("DROP", "ACCEPT"))),
        Good(dump(_DROPPING)),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
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
