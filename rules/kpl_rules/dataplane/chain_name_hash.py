"""KPL446."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Finding,
    Good,
    NftChain,
    NftRuleset,
    NftSet,
    Related,
    Rule,
    Severity,
    Stop,
    kube_proxy_tables,
    read_name,
)
from kpl_rules.dataplane._nft import API, NEW, OLD, WEB, listed

MOST_RELATED = 3


class ChainNameHash(Rule):
    """The hash in a chain's name is not the one of the name, so kube-proxy made no such chain.

    ## Why
    kube-proxy puts eight characters in front of the readable part of the names of chains and affinity sets: the start of
    that part's SHA-256 in base 32. A name whose hash is another one was edited: Services were renamed before the dump was
    handed on, or somebody filled in chains by hand. kube-proxy empties such a chain when it next writes rules and deletes
    it afterwards, so the names in the dump are not to be trusted.

    All names of a table make one finding.

    ## Fix
    There is none: which half of the name is right is not in the file.

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
            count = (
                f", and so are {len(more):,} more names"
                if len(more) > 1
                else ", and so is one more name"
                if more
                else ""
            )
            yield self.finding(
                ruleset.declaration(first),
                f"`{first.name}` is no name that kube-proxy makes: its hash is of another text{count}",
                help="Take the dump again with `nft list ruleset` where names were changed in it.",
                related=[
                    Related(ruleset.declaration(each), f"`{each.name}` has another hash as well")
                    for each in more[:MOST_RELATED]
                ],
            )
