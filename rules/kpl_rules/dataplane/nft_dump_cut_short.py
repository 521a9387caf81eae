"""KPL480."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, NftRuleset, Rule, Severity, Stop, kube_proxy_tables
from kpl_rules.dataplane._nft import NEW, listed

_EXCERPT = re.compile(r"```|~~~|^[ \t#\[]*(?:\.{2,}|…)[ \t\]]*$", re.MULTILINE)
_LAST = "\t\tgoto service-KHN6ECMT-shop/web/tcp/http\n\t}\n}\n"
_JSON = (
    '{"nftables": [{"table": {"family": "ip", "name": "kube-proxy"}}, {"chain": {"family": "ip", "table": "kube-proxy", '
    '"name": "filter-input", "type": "filter", "hook": "input", "priority": 0}}]}\n'
)


class NftDumpCutShort(Rule):
    """The dump ends inside of a chain, set or map of kube-proxy's table, so what is missing in it says nothing.

    ## Why
    `nft list ruleset` ends each table with a brace, and `nft -j` its JSON with a bracket and a brace. Without it the text was
    cut: the command was interrupted, the disk was full, a log or a ticket kept the first part. Whatever needs the whole table
    kpl does not report for it, and does not compare.

    What ends between two chains is taken for an excerpt, and so are texts with lines that are not nft's own, dots and fences
    for instance.

    ## Fix
    There is none: take the dump again, and look at the exit status of `nft`.

    ## References
    - https://man7.org/linux/man-pages/man8/nft.8.html
    """

    code = "KPL480"
    name = "nft-dump-cut-short"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "NftRuleset"
    examples = [
        Bad(listed(NEW, (_LAST, "")), flags=["kube-proxy"]),
        Bad(listed(NEW[: NEW.index("10.96.0.8 }")]), flags=["kube-proxy"]),
        Bad(listed(NEW[: NEW.index("-nodeports\n")]), flags=["kube-proxy"]),
        Bad({"node.nft.json": _JSON.removesuffix(', "priority": 0}}]}\n')}, flags=["kube-proxy"]),
        Good(listed(NEW)),
        Good({"node.nft.json": _JSON}),
        # excerpts
        Good(listed(NEW, (_LAST, _LAST.removesuffix("}\n")))),
        Good(listed(NEW[: NEW.index("\tchain services")])),
        Good(listed(NEW, (_LAST, "\t...\n"))),
        Good(listed(f"```\n{NEW}", (_LAST, "```\n"))),
        Good(listed(NEW[NEW.index("\tchain services") : NEW.index("\tchain masquerading")])),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        if not ruleset.tables or _EXCERPT.search(ruleset.text):
            return
        last = ruleset.tables[-1]
        readable = ruleset.json or not (last.unread or ruleset.unread)
        if last.cut and readable and any(table is last for table, _ in kube_proxy_tables(ruleset)):
            yield self.finding(
                ruleset.declaration(last),
                "the dump ends inside of this table: what needs the whole table is not checked",
                help="Take the dump again, and look at the exit status of `nft`.",
            )
