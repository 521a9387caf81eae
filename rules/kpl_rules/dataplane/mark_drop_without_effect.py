"""KPL414."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, matched_mark, written_mark

_NAT = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_FW = "KUBE-FW-MUJ7T5P6IXY3AYQM"
_DROP = f'-A {_FW} -m comment --comment "shop/pay loadbalancer IP" -j KUBE-MARK-DROP\n'


def _small(mark: str, hint: str = ":KUBE-IPTABLES-HINT - [0:0]\n") -> str:
    return (
        f"*mangle\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{hint}COMMIT\n"
        f"{_NAT}:KUBE-MARK-DROP - [0:0]\n:{_FW} - [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
        f"-A OUTPUT -j KUBE-SERVICES\n{_DROP}{mark}"
        '-A KUBE-SERVICES -d 203.0.113.20/32 -p tcp -m comment --comment "shop/pay loadbalancer IP" -m tcp --dport 443 '
        f"-j {_FW}\nCOMMIT\n"
    )


_SET = "-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\n"
_FILTER = (
    "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-FIREWALL - [0:0]\n"
    "-A INPUT -j KUBE-FIREWALL\n-A OUTPUT -j KUBE-FIREWALL\n-A KUBE-FIREWALL -m mark --mark {}/{} -j DROP\nCOMMIT\n"
)


class MarkDropWithoutEffect(Rule):
    """kube-proxy marks packets to be dropped, but nothing drops them, so source ranges and policies have no effect.

    ## Why
    kube-proxy 1.24 and earlier drops packets through a mark: its nat rules jump to `KUBE-MARK-DROP`. kubelet writes the
    rule there that sets the mark 0x8000, and the rule in `KUBE-FIREWALL` of the filter table that drops marked packets.
    kubelet 1.27 and later writes neither rule (KEP-3178). kube-proxy declares an empty `KUBE-MARK-DROP` itself, so no
    error occurs: connections from outside `loadBalancerSourceRanges`, and connections to a node without a local
    endpoint, pass.

    An empty chain is reported only if the dump has other kubelet chains and packets can reach the chain.

    ## Fix
    A dump cannot be fixed. Update kube-proxy to 1.25 or later, which drops packets in `KUBE-PROXY-FIREWALL` without
    kubelet's rules.

    ## References
    - https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/3178-iptables-cleanup
    - https://kubernetes.io/releases/version-skew-policy/
    """

    code = "KPL414"
    name = "mark-drop-without-effect"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("not-rejected",)
    needs = "Ruleset"
    examples = [
        Bad(dump(_small("")), flags=[":KUBE-MARK-DROP"]),
        Bad(dump(_FILTER.format("0x10000", "0x10000") + _small(_SET)), flags=[":KUBE-MARK-DROP"]),
        Good(dump(_FILTER.format("0x8000", "0x8000") + _small(_SET))),
        # a node without kubelet
        Good(dump(_small("", hint=""))),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for tables in ruleset.whole_dumps():
            nat = tables.get("nat")
            if nat is None or "KUBE-MARK-DROP" not in nat.chains:
                continue
            sources = {nat.chain[row] for row in nat.jumps_to.get("KUBE-MARK-DROP", ())}
            if sources & nat.jumps_to.keys():
                yield from self._in(nat, tables)

    def _in(self, nat: Table, tables: dict[str, Table]) -> Iterator[Finding]:
        kubelet = {"KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"}
        marks = [mark for row in nat.rules_of.get("KUBE-MARK-DROP", ()) if (mark := written_mark(nat, row))]
        filtered = tables.get("filter")
        what = ""
        if not marks:
            if any(kubelet & table.chains.keys() for table in tables.values()):
                what = "sets no mark (kubelet 1.27 and later does not fill it)"
        elif filtered is not None and not any(
            (mark := matched_mark(filtered, row)) and mark.value == marks[0].value
            for row in filtered.jumps_to.get("DROP", ())
            if any(name == "--mark" for name, _, _ in filtered.shapes[row].options)
        ):
            what = f"sets the mark `{marks[0].value:#x}`, but no rule of `*filter` drops packets with it"
        if what:
            yield self.finding(
                nat.declaration("KUBE-MARK-DROP"),
                f"`KUBE-MARK-DROP` {what}, so packets that kube-proxy wants to drop pass",
                help="Update kube-proxy to 1.25 or later, which drops without kubelet's rules. Or restart kubelet "
                "1.26 or earlier, which writes the rules.",
            )
