"""KPL441."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Span, Stop
from kpl.nft import NftRuleset, jumps_in, whole_tables
from kpl_rules.dataplane._nft import API, NEW, OLD, ONE, WEB, cut, listed

MOST_RELATED = 3


class DanglingGoto(Rule):
    """A rule or map of kube-proxy's table leads to a chain that does not exist, so `nft -f` refuses the table.

    ## Why
    The kernel accepts no rule and no map element that leads to a missing chain, and it does not delete a chain that
    something leads to. So no node ever had the table in this file: lines were lost or edited after `nft list ruleset`,
    or two dumps were mixed. The dump does not describe the node reliably, and `nft -f` refuses all of it.

    The rule checks only complete tables with the chains and maps that every kube-proxy creates.

    ## Fix
    No fix is offered: the file does not show where the chain went. Take the dump again.

    ## References
    - https://manpages.debian.org/bookworm/nftables/nft.8.en.html
    - https://github.com/kubernetes/enhancements/blob/master/keps/sig-network/3866-nftables-proxy/README.md
    """

    code = "KPL441"
    name = "dangling-goto"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(listed(NEW, (cut(NEW, f"service-{API}"), "")), flags=[f"service-{API}"]),
        Bad(listed(OLD, (cut(OLD, f"endpoint-{ONE}"), "")), flags=[f"endpoint-{ONE}"]),
        # two places, one finding
        Bad(listed(NEW, (cut(NEW, f"service-{WEB}"), "")), flags=[f"service-{WEB}"]),
        Good(listed(NEW)),
        Good(listed(OLD)),
        # what `nft list chain` prints
        Good(listed(f"table ip kube-proxy {{\n{cut(NEW, f'external-{WEB}')}}}\n")),
        # an excerpt
        Good(listed(cut(OLD, f"service-{WEB}"))),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        for table in whole_tables(ruleset):
            places: dict[str, list[Span]] = {}
            for chain, span in jumps_in(table):
                if chain not in table.chains:
                    places.setdefault(chain, []).append(span)
            for chain, spans in places.items():
                lead = "1 place leads" if len(spans) == 1 else f"{len(spans):,} places lead"
                yield self.finding(
                    ruleset.span_of(chain, spans[0]),
                    f"chain `{chain}` does not exist, but {lead} to it, so `nft -f` refuses the table",
                    help="Take the dump again with `nft list ruleset`: no kernel has such a table, so lines were "
                    "lost or edited.",
                    related=[
                        Related(ruleset.span_of(chain, span), f"also leads to `{chain}`")
                        for span in spans[1 : MOST_RELATED + 1]
                    ],
                )
