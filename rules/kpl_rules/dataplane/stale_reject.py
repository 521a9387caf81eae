"""KPL410."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, portals
from kpl.testing import node_dump
from kpl.words import and_more

_REJECT = (
    '-A KUBE-SERVICES -d {}/32 -p tcp -m comment --comment "{} has no endpoints" -m tcp --dport 80 -j REJECT '
    "--reject-with icmp-port-unreachable\n"
)
_IDLE = _REJECT.format("10.96.10.9", "shop/idle:http")
_NAT = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_HOOKS = "-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
_SVC = "KUBE-SVC-I5LIAMPLWKMBJ54B"
_SEP = "KUBE-SEP-27VOFYQ7SVOL37XI"


def _small(rejected: str) -> str:
    return (
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n"
        "-A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES\n-A OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES\n"
        f"{_REJECT.format(rejected, 'shop/cart:http')}COMMIT\n"
        f"{_NAT}:KUBE-MARK-MASQ - [0:0]\n:{_SEP} - [0:0]\n:KUBE-SERVICES - [0:0]\n:{_SVC} - [0:0]\n{_HOOKS}"
        "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n"
        f"-A {_SEP} -s 10.244.1.5/32 -j KUBE-MARK-MASQ\n"
        f"-A {_SEP} -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:8080\n"
        '-A KUBE-SERVICES -d 10.96.10.1/32 -p tcp -m comment --comment "shop/cart:http cluster IP" -m tcp --dport 80 '
        f"-j {_SVC}\n-A {_SVC} -j {_SEP}\nCOMMIT\n"
    )


class StaleReject(Rule):
    """The nat table forwards to the Service's endpoints, but the filter table rejects it as having none.

    ## Why
    In iptables mode, kube-proxy writes a `REJECT` with the comment `has no endpoints` into the filter table for a port
    without endpoints, and a translation into the nat table for a port with endpoints. One sync never writes both. Most
    connections are translated first and work; those that are not translated are refused. The cause is a second
    kube-proxy on the node, or a program that restores an old filter table.

    In IPVS mode, kube-proxy writes no such `REJECT`. A remaining one comes from iptables mode, because kube-proxy does
    not clean up after its previous mode, and it refuses a Service that may have endpoints by now.

    ## Fix
    A dump cannot be fixed. Restart kube-proxy on the node, and make sure that only one runs there.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/102314
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    """

    code = "KPL410"
    name = "stale-reject"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("service-fails-from-one-node",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_small("10.96.10.1")), flags=["10.96.10.1/32"]),
        Bad(dump(node_dump().replace(_IDLE, _IDLE.replace(".9/", ".1/"))), flags=["10.96.10.1/32"]),
        Good(dump(_small("10.96.10.2"))),
        Good(dump(_small("10.96.10.1").replace("COMMIT\n", "").replace("*nat", "COMMIT\n*nat"))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            if "nat" in tables and "filter" in tables:
                yield from self._in(tables["nat"], tables["filter"])

    def _in(self, nat: Table, filtered: Table) -> Iterator[Finding]:
        rows = [
            row
            for chain in ("KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES")
            for row in filtered.rules_of.get(chain, ())
            if filtered.target[row] == "REJECT"
        ]
        if not rows:
            return
        more = and_more(len(rows) - 1, "rule")
        if any(nat.values("--match-set", nat.rules_of.get("KUBE-SERVICES", ()))) and not portals(nat):
            yield self.finding_of_many(
                (filtered.option_span(row, "-d", "--dport") for row in rows),
                f"this `REJECT`{more} is a leftover of iptables mode on a node in IPVS mode, so it refuses a Service "
                "that may have endpoints by now",
                "also a leftover of iptables mode",
                help="Run `kube-proxy --cleanup` on this node and start kube-proxy again, or reboot the node.",
            )
            return
        translated = {(each.address, each.protocol, each.port) for each in portals(nat)}
        keys = filtered.columns(("-d", "-p", "--dport"), rows)
        stale = [row for row, key in zip(rows, keys, strict=True) if key in translated and key[2]]
        if stale:
            more = and_more(len(stale) - 1, "address")
            yield self.finding_of_many(
                (filtered.option_span(row, "-d", "--dport") for row in stale),
                f"`*nat` translates this address{more} to endpoints, but this rule rejects it as having none, so "
                "untranslated connections are refused",
                "also translated and rejected",
                help="Restart kube-proxy on this node. Make sure that only one kube-proxy runs there.",
            )
