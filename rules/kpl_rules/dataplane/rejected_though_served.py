"""KPL442."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, NftRuleset, NftTable, Related, Rule, Severity, Stop, Verdict, kube_proxy_tables
from kpl_rules.dataplane._nft import NEW, OLD, WEB, listed

_MAPS = (("service-ips", "no-endpoint-services"), ("service-nodeports", "no-endpoint-nodeports"))
_SECOND = ', 10.96.0.7 . tcp . 80 comment "shop/web:http" : goto reject-chain }'
_PORTS = "no-endpoint-nodeports {\n\t\ttype inet_proto . inet_service : verdict\n"
_OF_PAY = '10.96.0.8 . tcp . 80 comment "shop/pay:http" : goto reject-chain }'


class RejectedThoughServed(Rule):
    """A Service's address leads to its endpoints, and stands among the addresses without endpoints as well.

    ## Why
    In nftables mode kube-proxy puts the address and port of a Service into `service-ips` (or `service-nodeports`) when
    there are endpoints, and into `no-endpoint-services` (or `no-endpoint-nodeports`) when there are none. One of the two
    is stale here. What has been translated passes, but some traffic is checked first: up to 1.32 the node's own, since
    the chain of the `output` hook that rejects comes before the one that translates.

    An address that leads to an `external-` chain and is dropped is no contradiction: that is `externalTrafficPolicy:
    Local` on a node without an endpoint of its own.

    ## Fix
    There is none in a dump. kube-proxy writes both maps again when it starts.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/102314
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL442"
    name = "rejected-though-served"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(listed(NEW, (_OF_PAY, _OF_PAY[:-2] + _SECOND)), flags=[_SECOND[2:-2]]),
        Bad(
            listed(
                OLD,
                (_PORTS, _PORTS + '\t\telements = { tcp . 30080 comment "shop/web:http" : goto reject-chain }\n'),
            ),
            flags=['tcp . 30080 comment "shop/web:http" : goto reject-chain'],
        ),
        Good(listed(NEW)),
        Good(
            listed(
                NEW,
                (_PORTS, _PORTS + '\t\telements = { tcp . 30080 comment "shop/web:http" : drop }\n'),
                (f"\t\tgoto service-{WEB}\n", f"\t\tfib saddr type local goto service-{WEB}\n"),
            )
        ),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, _ in kube_proxy_tables(ruleset):
            for served, rejected in _MAPS:
                if served in table.maps and rejected in table.maps:
                    yield from self._both(table, served, rejected)

    def _both(self, table: NftTable, served: str, rejected: str) -> Iterator[Finding]:
        leading = {element.key: element for element in table.maps[served].elements}
        for element in table.maps[rejected].elements:
            other = leading.get(element.key)
            if other is None or not isinstance(other.data, Verdict) or not isinstance(element.data, Verdict):
                continue
            chain = other.data.chain or ""
            if chain.startswith("external-") and element.data.kind == "drop":
                continue
            yield self.finding(
                element.span,
                f"`{' . '.join(element.key)}` leads to `{chain}` in `{served}` and stands in `{rejected}` as well, so one "
                "of the two is stale",
                help="kube-proxy programs one or the other; it writes both maps again when it starts.",
                related=[Related(other.span, "here the traffic is led on")],
            )
