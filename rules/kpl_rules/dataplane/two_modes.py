"""KPL419."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, per_service
from kpl.testing import node_dump

_SET = (
    "-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "
    '"Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst '
    "-j KUBE-MARK-MASQ\n"
)
_SERVICE = (
    '-A KUBE-SERVICES -d 10.96.10.3/32 -p tcp -m comment --comment "shop/far:http cluster IP" -m tcp --dport 80 '
    "-j KUBE-SVC-3R55B5W2BQDIGALS\n"
)


class TwoModes(Rule):
    """`KUBE-SERVICES` has rules of iptables mode and of IPVS mode, so chance decides which of them apply.

    ## Why
    In iptables mode, `KUBE-SERVICES` has a rule for every Service. In IPVS mode, it matches the ipsets
    `KUBE-CLUSTER-IP`, `KUBE-LOAD-BALANCER` and others, and IPVS does the rest. A kube-proxy writes the chain as one
    unit, in one of the two ways. Rules of both mean that two kube-proxies run on the node, or that a program restored
    rules of one mode into the other. Services that changed since then are sent to endpoints that no longer exist.

    KPL404 covers chains of iptables mode that nothing leads to.

    ## Fix
    A dump cannot be fixed. Make sure that only one kube-proxy runs on the node, then run `kube-proxy --cleanup` and
    start it again.

    ## References
    - https://kubernetes.io/docs/reference/networking/virtual-ips/
    - https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/
    """

    code = "KPL419"
    name = "two-modes"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Ruleset"
    examples = [
        Bad(
            dump(f"*nat\n:KUBE-SERVICES - [0:0]\n{_SET}{_SERVICE}COMMIT\n"),
            flags=["KUBE-CLUSTER-IP"],
        ),
        Bad(dump(node_dump().replace(_SERVICE, _SET + _SERVICE)), flags=["KUBE-CLUSTER-IP"]),
        Good(dump(f"*nat\n:KUBE-SERVICES - [0:0]\n{_SET}COMMIT\n")),
        Good(dump(f"*nat\n:KUBE-SERVICES - [0:0]\n{_SERVICE}COMMIT\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        if not ruleset.shapes_exploded:
            for nat in ruleset.named("nat"):
                yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        rows = nat.rules_of.get("KUBE-SERVICES", ())
        services = [row for row in rows if per_service(nat.target[row])]
        if not services:
            return
        of_ipvs = [
            row
            for row, name in zip(rows, nat.values("--match-set", rows), strict=True)
            if name is not None and name.startswith("KUBE-")
        ]
        if of_ipvs:
            yield self.finding_of_many(
                (nat.option_span(row, "--match-set") for row in of_ipvs),
                f"`KUBE-SERVICES` has rules of IPVS mode ({len(of_ipvs):,}) and of iptables mode ({len(services):,}), "
                "so two kube-proxies write it or old rules were restored",
                "also of IPVS mode",
                help="Make sure that only one kube-proxy runs on this node, then run `kube-proxy --cleanup` and "
                "start it again.",
            )
