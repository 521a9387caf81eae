"""KPL444."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Finding,
    Good,
    NftChain,
    NftRuleset,
    Rule,
    Severity,
    Span,
    Stop,
    is_whole,
    kube_proxy_tables,
    read_name,
)
from kpl_rules.dataplane._nft import NEW, OLD, ONE, listed


class EndpointChainElsewhere(Rule):
    """The chain of an endpoint does not translate to the address and port in its name.

    ## Why
    kube-proxy names the chain of an endpoint by the Service port and by the endpoint's own address and port, and makes
    the rule that translates from the same values. Where they differ, the connections for this endpoint go elsewhere: to a
    pod that does not belong to the Service, or to an address that nobody has any more. Where nothing translates, they go to
    the Service's address, which no host has. A connection of a pod to its own Service that comes back to itself needs to be
    masqueraded, by a rule in the same chain (up to Kubernetes 1.35); without it that connection hangs.

    ## Fix
    There is none in a dump. Such a rule was edited by hand or by another program; kube-proxy writes it again when it
    starts, or when the Service's endpoints change.

    ## References
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL444"
    name = "endpoint-chain-elsewhere"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
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
                            f"the chain of the endpoint `{wanted}` of `{name.port_name}` translates to `{target}`",
                            help="kube-proxy writes the rule again when it starts, or when the Service's endpoints change.",
                        )

    def _lacking(self, ruleset: NftRuleset, chain: NftChain, hairpin: bool) -> Iterator[Finding]:
        help_ = "kube-proxy writes the chain again when it starts, or when the Service's endpoints change."
        if not any(rule.nat is not None for rule in chain.rules):
            yield self.finding(
                ruleset.declaration(chain),
                "this chain of an endpoint translates to nothing: its connections fail",
                help=help_,
            )
        elif hairpin and not any(
            verdict.chain == "mark-for-masquerade" for rule in chain.rules for verdict in rule.verdicts
        ):
            yield self.finding(
                ruleset.declaration(chain),
                "a connection of this endpoint that comes back to itself is not masqueraded, and hangs",
                help=help_,
            )
