"""KPL468."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, is_unconditional, per_service
from kpl.words import and_more

_HEAD = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    ":KUBE-FW-B3XIZGLTTD4P6CEQ - [0:0]\n:KUBE-MARK-DROP - [0:0]\n:KUBE-SVC-B3XIZGLTTD4P6CEQ - [0:0]\n"
)
_FW = '-A KUBE-FW-B3XIZGLTTD4P6CEQ {}-m comment --comment "billing/api:https loadbalancer IP" -j {}\n'
_END = "-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\nCOMMIT\n"
_OTHER = ["stale-service-chain", "service-chain-leads-nowhere", "empty-service-chain"]


def _accept(source: str) -> str:
    return _FW.format(f"-s {source} ", "KUBE-SVC-B3XIZGLTTD4P6CEQ")


_DROP = _FW.format("", "KUBE-MARK-DROP")
_FIRST = _accept("203.0.113.0/24") + _accept("198.51.100.40/32")


class SourceAcceptedTooLate(Rule):
    """A load balancer chain marks packets for dropping before the rule that accepts their source.

    ## Why
    In Kubernetes 1.24 and earlier, `KUBE-FW-` ends with a jump to `KUBE-MARK-DROP`. The mark stays: `KUBE-FIREWALL` in
    the filter table drops the packet, whatever translates it later. If a Service has several load balancer addresses,
    these releases append all rules once per address, so the rule for the second address comes after the mark of the
    first one. Connections from the node itself to the second address, which the rule is for, are dropped.

    ## Fix
    A dump cannot be fixed. Upgrade to Kubernetes 1.25 or later, which writes the chain once and drops in
    `KUBE-PROXY-FIREWALL`.

    ## References
    - https://github.com/kubernetes/kubernetes/pull/109826
    - https://github.com/kubernetes/kubernetes/blob/v1.23.17/pkg/proxy/iptables/proxier.go (fwChain)
    """

    code = "KPL468"
    name = "source-accepted-too-late"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(
            dump(_HEAD + _FIRST + _DROP + _accept("203.0.113.0/24") + _accept("198.51.100.8/32") + _DROP + _END),
            flags=["198.51.100.8/32"],
            says=["marks packets from `198.51.100.8/32` for dropping before the rule that accepts them"],
            other=_OTHER,
        ),
        Good(dump(_HEAD + _FIRST + _accept("198.51.100.8/32") + _DROP + _END), other=_OTHER),
        # the same sources once more: they were accepted
        Good(dump(_HEAD + _FIRST + _DROP + _FIRST + _DROP + _END), other=_OTHER),
        Bad(
            dump(_HEAD + _FIRST + _DROP + _accept("198.51.100.8/32") + _accept("198.51.100.9/32") + _DROP + _END),
            flags=["198.51.100.8/32"],
            says=["`198.51.100.8/32` (and 1 more source)"],
            other=_OTHER,
        ),
        # marked under a condition
        Good(
            dump(
                _HEAD
                + _FIRST
                + _DROP.replace("-m comment", "-s 192.0.2.9/32 -m comment")
                + _accept("198.51.100.8/32")
                + _END
            ),
            other=_OTHER,
        ),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for nat in ruleset.whole("nat"):
            for chain, rows in nat.rules_of.items():
                if chain.startswith("KUBE-FW-"):
                    yield from self._in(nat, chain, rows)

    def _in(self, nat: Table, chain: str, rows: list[int]) -> Iterator[Finding]:
        mark = next((row for row in rows if nat.target[row] == "KUBE-MARK-DROP" and is_unconditional(nat, row)), None)
        if mark is None:
            return
        accepts = [row for row in rows if per_service(nat.target[row])]
        sources = dict(zip(accepts, nat.values("-s", accepts), strict=True))
        early = {source for row, source in sources.items() if row < mark}
        late = [row for row, source in sources.items() if row > mark and source and source not in early]
        if late and None not in early:
            more = and_more(len({sources[row] for row in late}) - 1, "source")
            yield self.finding(
                nat.option_span(late[0], "-s"),
                f"`{chain}` marks packets from `{sources[late[0]]}`{more} for dropping before the rule that accepts them",
                help="Upgrade to Kubernetes 1.25 or later, which writes this chain once.",
                related=[Related(nat.target_span(mark), "here the packets are marked")],
            )
