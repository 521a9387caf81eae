"""KPL423."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, dump
from kpl.iptables import Ruleset, Table, portals
from kpl.testing import node_dump

_FAR = (
    '-A KUBE-SERVICES -d 10.96.10.3/32 -p tcp -m comment --comment "shop/far:http cluster IP" -m tcp --dport 80 '
    "-j KUBE-SVC-3R55B5W2BQDIGALS\n"
)
_SAME = (
    '-A KUBE-SERVICES -d 10.96.10.3/32 -p tcp -m comment --comment "shop/cart:http external IP" -m tcp --dport 80 '
    "-j KUBE-EXT-I5LIAMPLWKMBJ54B\n"
)


class AmbiguousPortal(Rule):
    """Two rules send the same address and port to different Services, and only the first one receives traffic.

    ## Why
    `KUBE-SERVICES` and `KUBE-NODEPORTS` are evaluated from the top, and the first rule that matches wins. Kubernetes
    gives a cluster IP and a NodePort to one Service only, but it does not validate `externalIPs` and load-balancer
    addresses for conflicts: two Services may have the same address and port. kube-proxy writes Services in no
    particular order, so the Service that wins differs between nodes and between syncs.

    ## Fix
    A dump cannot be fixed. Give the address or the port to one of the Services.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#external-ips
    - https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/proxy/iptables/proxier.go
    """

    code = "KPL423"
    name = "ambiguous-portal"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("wrong-pods",)
    needs = "Ruleset"
    examples = [
        Bad(dump(f"*nat\n:KUBE-SERVICES - [0:0]\n{_FAR}{_SAME}COMMIT\n"), flags=["KUBE-EXT-I5LIAMPLWKMBJ54B"]),
        Bad(dump(node_dump().replace(_FAR, _FAR + _SAME)), flags=["KUBE-EXT-I5LIAMPLWKMBJ54B"]),
        # several rules to one chain, as kube-proxy wrote them for external IPs up to 1.20
        Good(
            dump(
                "*nat\n:KUBE-SERVICES - [0:0]\n"
                + _FAR.replace("-j", "-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j")
                + _FAR.replace("-j", "-m addrtype --dst-type LOCAL -j")
                + "COMMIT\n"
            )
        ),
        Good(dump(_FAR + _SAME)),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        if not ruleset.shapes_exploded:
            for nat in ruleset.named("nat"):
                yield from self._in(nat)

    def _in(self, nat: Table) -> Iterator[Finding]:
        first: dict[tuple[str, str | None, str | None, str | None], tuple[int, str]] = {}
        for portal in portals(nat):
            if portal.protocol is None or portal.port is None:
                continue
            key = (nat.chain[portal.row], portal.address, portal.protocol, portal.port)
            row, target = first.setdefault(key, (portal.row, portal.target))
            if target != portal.target:
                where = f"{portal.address.partition('/')[0]} port" if portal.address else "NodePort"
                yield self.finding(
                    nat.target_span(portal.row),
                    f"`{where} {portal.port}` ({portal.protocol}) already goes to `{target}`, so this rule never "
                    "matches",
                    help="Change the external IP, the load-balancer address or the port of one of the two Services.",
                    related=[Related(nat.target_span(row), "the rule that wins")],
                )
