"""KPL444."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop
from kpl.nft import NftChain, NftRuleset, is_whole, kube_proxy_tables, read_name
from kpl_rules.dataplane._nft import NEW, OLD, ONE, cut, listed


class EndpointChainElsewhere(Rule):
    """An endpoint's chain does not translate to the address and port in its name, so connections go elsewhere.

    ## Why
    kube-proxy names the chain of an endpoint after the Service port and the address and port of the endpoint, and
    creates the translating rule from the same values. If they differ, connections for this endpoint go elsewhere: to a
    pod that does not belong to the Service, or to an address that no longer exists. If nothing is translated, they go
    to the Service's address, which no host has. Before Kubernetes 1.36, the same chain also has a rule that masquerades
    connections of a pod to its own Service that come back to the pod. Without it, these connections hang.

    ## Fix
    A dump cannot be fixed. The rule was edited by hand or by another program. kube-proxy rewrites it when it restarts,
    or when the Service's endpoints change.

    ## References
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL444"
    name = "endpoint-chain-elsewhere"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("wrong-pods",)
    examples = [
        Bad(listed(OLD, ("dnat to 10.244.1.7:8080", "dnat to 10.244.1.70:8080")), flags=["10.244.1.70:8080"]),
        Bad(
            listed(f"chain endpoint-{ONE} {{\n  meta l4proto tcp dnat to 10.244.1.7:80\n}}\n"),
            flags=["10.244.1.7:80"],
        ),
        Bad(listed(OLD, ("\t\tmeta l4proto tcp dnat to 10.244.1.7:8080\n", "")), flags=[f"endpoint-{ONE}"]),
        Bad(listed(OLD, ("\t\tip saddr 10.244.1.7 jump mark-for-masquerade\n", "")), flags=[f"endpoint-{ONE}"]),
        Good(listed(OLD)),
        Good(listed(NEW)),
        Good(
            listed(
                "table ip6 kube-proxy {\n\tchain endpoint-UJP762HA-shop/web/tcp/http__fd00.10.244.1..7/8080 {\n"
                "\t\tmeta l4proto tcp dnat to [fd00:10:244:1::7]:8080\n\t}\n}\n"
            )
        ),
        # a part of the table
        Good(listed(cut(OLD, f"endpoint-{ONE}").replace("\t\tip saddr 10.244.1.7 jump mark-for-masquerade\n", ""))),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, _ in kube_proxy_tables(ruleset):
            hairpin = is_whole(table) and "mark-for-masquerade" in table.chains
            for chain in table.chains.values():
                name = read_name(chain.name)
                if name is None or name.kind != "endpoint" or name.address is None:
                    continue
                if chain.rows and is_whole(table):
                    yield from self._lacking(ruleset, chain, hairpin)
                wanted = f"[{name.address}]:{name.port}" if ":" in name.address else f"{name.address}:{name.port}"
                for rule in chain.rules:
                    target = rule.nat.target if rule.nat is not None and rule.nat.kind == "dnat" else None
                    if isinstance(target, str) and target != wanted:
                        at = ruleset.text.find(target, *rule.span)
                        span = Span(at, at + len(target)) if at >= 0 else rule.span
                        yield self.finding(
                            span,
                            f"the chain of the endpoint `{wanted}` of `{name.port_name}` translates to `{target}`, so "
                            "its connections go elsewhere",
                            help="Restart kube-proxy on this node: it rewrites the rule.",
                        )

    def _lacking(self, ruleset: NftRuleset, chain: NftChain, hairpin: bool) -> Iterator[Finding]:
        help_ = "Restart kube-proxy on this node: it rewrites the chain."
        if not any(rule.nat is not None for rule in chain.rules):
            yield self.finding(
                ruleset.declaration(chain),
                "this endpoint chain translates nothing, so the connections to the endpoint fail",
                help=help_,
            )
        elif hairpin and not any(
            verdict.chain == "mark-for-masquerade" for rule in chain.rules for verdict in rule.verdicts
        ):
            yield self.finding(
                ruleset.declaration(chain),
                "this endpoint chain does not masquerade connections of the endpoint to itself, so they hang",
                help=help_,
            )
