"""KPL442."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop
from kpl.nft import NftRuleset, NftTable, NftVerdict, kube_proxy_tables
from kpl_rules.dataplane._nft import NEW, OLD, WEB, listed

_MAPS = (("service-ips", "no-endpoint-services"), ("service-nodeports", "no-endpoint-nodeports"))
_SECOND = ', 10.96.0.7 . tcp . 80 comment "shop/web:http" : goto reject-chain }'
_PORTS = "no-endpoint-nodeports {\n\t\ttype inet_proto . inet_service : verdict\n"
_OF_PAY = '10.96.0.8 . tcp . 80 comment "shop/pay:http" : goto reject-chain }'


class RejectedThoughServed(Rule):
    """A Service address is in the map of addresses with endpoints and in the map of those without.

    ## Why
    In nftables mode, kube-proxy puts the address and port of a Service into `service-ips` (or `service-nodeports`) if the
    Service has endpoints, and into `no-endpoint-services` (or `no-endpoint-nodeports`) if it has none. An address in both
    means that one entry is stale. Translated packets pass, but before 1.33 connections from the node itself are rejected:
    the `output` chain that rejects runs before the one that translates.

    The rule is silent about an address that leads to an `external-` chain and is dropped. That is
    `externalTrafficPolicy: Local` on a node without a local endpoint.

    ## Fix
    A dump cannot be fixed. kube-proxy rewrites both maps when it restarts.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.32.2/pkg/proxy/nftables/proxier.go
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
            if other is None or not isinstance(other.data, NftVerdict) or not isinstance(element.data, NftVerdict):
                continue
            chain = other.data.chain or ""
            if chain.startswith("external-") and element.data.kind == "drop":
                continue
            yield self.finding(
                element.span,
                f"`{' . '.join(element.key)}` is in `{served}` (chain `{chain}`) and in `{rejected}`, so one of the two "
                "entries is stale",
                help="Restart kube-proxy on this node: it writes both maps again.",
                related=[Related(other.span, "this entry forwards the traffic")],
            )
