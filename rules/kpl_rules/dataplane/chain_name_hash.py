"""KPL446."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop
from kpl.nft import NftChain, NftRuleset, NftSet, kube_proxy_tables, read_name
from kpl_rules.dataplane._nft import API, NEW, OLD, WEB, listed

MOST_RELATED = 3


class ChainNameHash(Rule):
    """The hash in a chain's name does not match the name, so kube-proxy did not create the chain.

    ## Why
    kube-proxy starts the names of chains and affinity sets with eight characters: the start of the SHA-256 of the
    readable part, in base 32. A hash that does not match means that the name was edited: somebody renamed Services
    before sharing the dump, or added chains by hand. kube-proxy empties such a chain when it next writes rules and then
    deletes it, so the names in the dump are not reliable.

    All names of a table are reported as one finding.

    ## Fix
    No fix is offered: the file does not show which part of the name is right.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/proxy/nftables/proxier.go
    """

    code = "KPL446"
    name = "chain-name-hash"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(listed(NEW, (f"{WEB}", "KHN6ECMT-shop/site/tcp/http")), flags=["service-KHN6ECMT-shop/site/tcp/http"]),
        Bad(listed(f"chain service-{API}s {{\n}}\n"), flags=[f"service-{API}s"]),
        Good(listed(NEW)),
        Good(listed(OLD)),
        Good(listed(f"table ip lab {{\n\tchain service-{API}s {{\n\t}}\n}}\n")),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table, _ in kube_proxy_tables(ruleset):
            named: list[NftChain | NftSet] = [*table.chains.values(), *table.sets.values()]
            others = [each for each in named if (name := read_name(each.name)) and not name.is_consistent]
            if not others:
                continue
            first, *more = others
            count = f" (and {len(more):,} more names)" if len(more) > 1 else " (and 1 more name)" if more else ""
            yield self.finding(
                ruleset.declaration(first),
                f"`{first.name}`{count} has a hash that does not match its name, so kube-proxy did not create it",
                help="Take the dump again with `nft list ruleset`, without editing names.",
                related=[
                    Related(ruleset.declaration(each), f"the hash of `{each.name}` does not match either")
                    for each in more[:MOST_RELATED]
                ],
            )
