"""KPL440."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop
from kpl.nft import NftRuleset, kube_proxy_tables
from kpl.words import whole_number
from kpl_rules.dataplane._nft import NEW, OLD, ONE, TWO, WEB, listed


class NumgenWithoutEndpoint(Rule):
    """A rule draws more or fewer numbers than the Service has endpoints, so connections fail or endpoints get none.

    ## Why
    In nftables mode, `numgen random mod N` draws a number below N, and the map after it has the endpoint for each
    number. kube-proxy writes both from one list: N entries with the numbers 0 to N-1. If a number has no entry, the
    rule does not match, no other rule translates the address, and the connection fails. An entry with a number of N or
    higher is never drawn.

    ## Fix
    A dump cannot be fixed. The rule was edited by hand or by another program. kube-proxy rewrites it when it restarts,
    or when the Service's endpoints change.

    ## References
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    - https://manpages.debian.org/bookworm/nftables/nft.8.en.html
    """

    code = "KPL440"
    name = "numgen-without-endpoint"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("some-connections-fail", "uneven-load")
    examples = [
        Bad(listed(NEW, ("mod 2", "mod 3")), flags=["3"]),
        Bad(
            listed(NEW, ("mod 2", "mod 1")),
            flags=["1"],
            says=["draws a number below 1 with `numgen`, so 1 of 2 endpoints get no"],
        ),
        Bad(listed(OLD, (f"1 : goto endpoint-{TWO}", f"2 : goto endpoint-{TWO}")), flags=["2"]),
        Bad(
            listed(f"chain service-{WEB} {{\n  numgen random mod 3 vmap {{ 0 : goto endpoint-{ONE} }}\n}}\n"),
            flags=["3"],
        ),
        Good(listed(NEW)),
        Good(listed(OLD)),
        # another table may leave numbers out on purpose
        Good(listed("table ip lab {\n\tchain c {\n\t\tnumgen random mod 10 vmap { 0 : drop }\n\t}\n}\n")),
        # numbers that do not begin with zero, and a range
        Good(listed(NEW, ("mod 2", "mod 3 offset 1"))),
        Good(listed(NEW, ("1 : 10.244.2.9", "1-2 : 10.244.2.9"), ("mod 2", "mod 4"))),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, _ in kube_proxy_tables(ruleset):
            for chain in table.chains.values():
                for rule in chain.rules:
                    if rule.choice is None:
                        continue
                    numgen, chosen = rule.choice
                    message = _message(numgen.modulus, numgen.offset, [pair.key for pair in chosen.pairs])
                    if message:
                        at = ruleset.text.find("numgen", *rule.span)
                        yield self.finding(
                            ruleset.span_of(numgen.modulus, Span(max(at, rule.span.start), rule.span.end)),
                            f"`{chain.name}` {message}",
                            help="Restart kube-proxy on this node: it rewrites the rule.",
                        )


def _message(modulus: str, offset: str, keys: list[object]) -> str:
    numbers = {number for key in keys if isinstance(key, str) and (number := whole_number(key)) is not None}
    drawn = whole_number(modulus)
    if drawn is None or offset != "0" or len(numbers) < len(keys):
        return ""
    missing = drawn - sum(1 for number in numbers if number < drawn)
    beyond = sum(1 for number in numbers if number >= drawn)
    if missing:
        return (
            f"draws one of {drawn:,} numbers with `numgen`, but its map has no endpoint for {missing:,} of them, so "
            "those new connections fail"
        )
    if beyond:
        return (
            f"draws a number below {drawn:,} with `numgen`, so {beyond:,} of {len(keys):,} endpoints get no connections"
        )
    return ""
