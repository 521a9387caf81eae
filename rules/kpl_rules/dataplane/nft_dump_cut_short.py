"""KPL480."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop
from kpl.nft import NftRuleset, kube_proxy_tables
from kpl_rules.dataplane._nft import NEW, listed

_EXCERPT = re.compile(r"```|~~~|^[ \t#\[]*(?:\.{2,}|…)[ \t\]]*$", re.MULTILINE)
_LAST = "\t\tgoto service-KHN6ECMT-shop/web/tcp/http\n\t}\n}\n"
_JSON = (
    '{"nftables": [{"table": {"family": "ip", "name": "kube-proxy"}}, {"chain": {"family": "ip", "table": "kube-proxy", '
    '"name": "filter-input", "type": "filter", "hook": "input", "priority": 0}}]}\n'
)
_HELP = "Take the dump again and check the exit status of `nft`."


class NftDumpCutShort(Rule):
    """The dump ends inside a chain, set or map of kube-proxy's table, so it is incomplete.

    ## Why
    `nft list ruleset` ends every table with a brace, and `nft -j` ends its JSON with a bracket and a brace. If they are
    missing, the text was cut: the command was interrupted, the disk was full, or a log or a ticket kept only the
    beginning. kpl then skips the checks and comparisons that need the complete table.

    The severity is info if the text ends between two chains, because it may be an excerpt. The same applies to a cut
    table of another program, and to a last line without a line break, which kpl does not read. A text with lines that
    are not from nft, for example dots or code fences, is an excerpt, and the rule is silent. A cut exactly between two
    tables, or between two commands for `nft -f`, cannot be detected.

    ## Fix
    No fix is offered. Take the dump again, and check the exit status of `nft`.

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
        Good({"node.nft.json": _JSON.rstrip()}),
        Good(listed(NEW.rstrip())),
        # between two chains, in the next table, in a command
        Bad(listed(NEW, (_LAST, _LAST.removesuffix("}\n"))), flags=["kube-proxy"], severities=[Severity.INFO]),
        Bad(listed(NEW[: NEW.index("\tchain services")]), flags=["kube-proxy"], severities=[Severity.INFO]),
        Bad(listed(f"{NEW}table ip6 kube-pr"), flags=["table ip6 kube-pr"], severities=[Severity.INFO]),
        Bad(listed(f"{NEW}table inet lab {{\n\tchain c {{\n"), flags=["lab"], severities=[Severity.INFO]),
        Bad(
            listed("add table ip kube-proxy\nadd chain ip kube-proxy serv"),
            flags=["add chain ip kube-proxy serv"],
            severities=[Severity.INFO],
        ),
        # excerpts
        Good(listed(NEW, (_LAST, "\t...\n"))),
        Good(listed(f"```\n{NEW}", (_LAST, "```\n"))),
        Good(listed(NEW[NEW.index("\tchain services") : NEW.index("\tchain masquerading")])),
    ]

    def check(self, ruleset: NftRuleset) -> Iterator[Finding]:
        """See the class."""
        if _EXCERPT.search(ruleset.text):
            return
        last = ruleset.tables[-1] if ruleset.tables else None
        readable = ruleset.json or not (ruleset.unread or last is not None and last.unread)
        ours = [table for table, _ in kube_proxy_tables(ruleset)]
        if not readable or not (ours or last is None):
            return
        if last is not None and last.cut:
            yield self.finding(
                ruleset.declaration(last),
                "the dump ends inside this table, so kpl skips the checks that need the complete table",
                help=_HELP,
                severity=None if last in ours else Severity.INFO,
            )
        elif ruleset.cut is not None:
            yield self.finding(
                ruleset.cut,
                "the dump ends inside this line, so kpl does not read it and draws no conclusions from what is missing",
                help=_HELP,
                severity=Severity.INFO,
            )
        elif last is not None and not last.closed and not ruleset.json and ruleset.text.startswith("table", last.start):
            yield self.finding(
                ruleset.declaration(last),
                "the dump ends before the closing brace of this table, so kpl skips the checks that need the "
                "complete table",
                help=_HELP,
                severity=Severity.INFO,
            )
