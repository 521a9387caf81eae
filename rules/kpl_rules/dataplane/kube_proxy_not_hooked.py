"""KPL412."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, chains_leading_to
from kpl.testing import node_dump

_HOOKS = (
    ("nat", "KUBE-SERVICES", ("PREROUTING", "OUTPUT")),
    ("nat", "KUBE-POSTROUTING", ("POSTROUTING",)),
    ("filter", "KUBE-SERVICES", ("OUTPUT",)),
    ("filter", "KUBE-EXTERNAL-SERVICES", ("INPUT",)),
    ("filter", "KUBE-FORWARD", ("FORWARD",)),
    ("filter", "KUBE-FIREWALL", ("INPUT", "OUTPUT")),
    ("filter", "KUBE-NODEPORTS", ("INPUT",)),
    ("filter", "KUBE-PROXY-FIREWALL", ("INPUT", "FORWARD")),
)
_LOST = {
    "KUBE-SERVICES": "this traffic bypasses Services",
    "KUBE-POSTROUTING": "marked packets are not masqueraded and responses are routed to the wrong host",
    "KUBE-EXTERNAL-SERVICES": "traffic to external addresses without endpoints is not rejected",
    "KUBE-FORWARD": "packets that kube-proxy translated are not accepted",
    "KUBE-FIREWALL": "`127.0.0.0/8` of the node is reachable from outside",
    "KUBE-NODEPORTS": "health checks of load balancers are not accepted",
    "KUBE-PROXY-FIREWALL": "`loadBalancerSourceRanges` are not enforced",
}
_JUMP = '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n'
_SMALL = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES - [0:0]\n"
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n'
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n"
)


class KubeProxyNotHooked(Rule):
    """No rule of a built-in chain jumps to kube-proxy's rules, so packets bypass them.

    ## Why
    kube-proxy's rules are in its own chains, and packets reach them through jumps from the built-in chains. In the nat
    table, `PREROUTING` (traffic that arrives at the node or comes from its pods) and `OUTPUT` (traffic of the node
    itself) jump to `KUBE-SERVICES`, and `POSTROUTING` jumps to `KUBE-POSTROUTING`. If a jump is missing, something
    flushed or rewrote the built-in chain, for example a firewall that was reloaded (firewalld, ufw,
    iptables-persistent). kube-proxy restores the jumps in its next full sync, which can be an hour away if only some
    rules were lost.

    The rule checks only complete tables. It checks an empty chain only if some of the jumps lead to it. A jump through
    another chain counts.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node, and make sure that nothing restores complete tables on it.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    - https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/3178-iptables-cleanup
    """

    code = "KPL412"
    name = "kube-proxy-not-hooked"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_SMALL), flags=[":KUBE-SERVICES"]),
        Bad(dump(node_dump().replace(_JUMP, "")), flags=[":KUBE-SERVICES"]),
        Bad(
            dump("".join(each for each in node_dump().splitlines(True) if not each.startswith("-A FORWARD"))),
            flags=[":KUBE-EXTERNAL-SERVICES", ":KUBE-FORWARD", ":KUBE-PROXY-FIREWALL", ":KUBE-SERVICES"],
        ),
        # empty now, and hooked on one side alone
        Bad(
            dump(
                "".join(
                    each
                    for each in node_dump().splitlines(True)
                    if "-A KUBE-PROXY-FIREWALL" not in each and not ("-A FORWARD" in each and "PROXY-FIREWALL" in each)
                )
            ),
            flags=[":KUBE-PROXY-FIREWALL"],
            other=["source-ranges-not-enforced"],
        ),
        # by way of another chain
        Good(
            dump(
                _SMALL.replace(":KUBE-NODEPORTS", ":own - [0:0]\n:KUBE-NODEPORTS").replace(
                    "-A KUBE", "-A OUTPUT -j own\n-A own -j KUBE-SERVICES\n-A KUBE", 1
                )
            )
        ),
        # made and not in use
        Good(dump("".join(each for each in _SMALL.splitlines(True) if not each.startswith("-A")))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            for name in ("nat", "filter"):
                if name in tables:
                    yield from self._in(tables[name])

    def _in(self, table: Table) -> Iterator[Finding]:
        for name, chain, hooks in _HOOKS:
            if name != table.name or chain not in table.chains:
                continue
            if table.name == "filter" and chain == "KUBE-SERVICES" and "KUBE-PROXY-CANARY" in table.chains:
                hooks = ("FORWARD", *hooks)  # from Kubernetes 1.17 on for certain
            if chain == "KUBE-EXTERNAL-SERVICES" and "KUBE-NODEPORTS" in table.chains:  # Kubernetes 1.21 or newer
                hooks = (*hooks, "FORWARD")
            if chain == "KUBE-PROXY-FIREWALL" and "KUBE-SERVICES" in table.chains:  # which IPVS mode has in nat alone
                hooks = (*hooks, "OUTPUT")
            reaching = chains_leading_to(table, chain)
            missing = [f"`{each}`" for each in hooks if each in table.policies and each not in reaching]
            if chain in table.rules_of:
                lost = _LOST[chain]
            elif any(each in reaching for each in hooks):
                lost = f"{_LOST[chain]} once the chain has rules"
            else:
                continue  # not in use: kube-proxy makes some chains before it needs them
            if missing:
                yield self.finding(
                    table.declaration(chain),
                    f"`{chain}` is not reached from {' or '.join(missing)} of `*{table.name}`, so {lost}",
                    help="Restart kube-proxy on this node: it restores its jumps. Then find out what rewrote the "
                    "built-in chains, for example a firewall that was reloaded.",
                )
