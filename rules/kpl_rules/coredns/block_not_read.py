"""KPL214."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Corefile, Directive, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, corefile


class BlockNotRead(Rule):
    """A plugin does not see its block, because the `{` stands on the next line.

    ## Why
    CoreDNS's parser takes a brace on the next line for the plugin's block; the plugin itself looks for it on its own line
    only. Most plugins then refuse the file (KPL010); some skip the block without a word. `dns64` skips it too where the prefix
    stands on its line.

    ## Fix
    The brace moves to the line of the plugin, whose block is read from then on.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/dispenser.go (NextBlock)
    """

    code = "KPL214"
    name = "block-not-read"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    whoami\n    nomad\n    {\n        ttl 10\n    }\n}\n"),
            flags=["{"],
            fixed="lan {\n    errors\n    whoami\n    nomad {\n        ttl 10\n    }\n}\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    dns64 64:ff9b::/96 {\n        translate_all\n    }\n    whoami\n}\n"),
            flags=["{"],
        ),
        Good(corefile("lan {\n    errors\n    whoami\n    nomad {\n        ttl 10\n    }\n}\n")),
    ]

    def check(self, directive: Directive, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.block is None:
            return
        between = corefile.text[directive.head.end : directive.block.start]
        prefix = directive.name == "dns64" and len(directive.args) == 1
        if "\n" not in between and not prefix:
            return
        if cluster.lenient(cluster.document_of(corefile)).judgement.verdict.answer == "refuses":
            return
        if prefix:
            yield self.finding(
                Span(directive.block.start, directive.block.start + 1),
                "`dns64` does not see this block, because the prefix stands on its line",
                help=f"Write the prefix in the block: `prefix {directive.args[0]}`.",
            )
            return
        fix = None
        if re.fullmatch(r"[ \t\r\n]*", between):
            edits = (Edit(directive.head.end, directive.block.start, " "),)
            fix = Fix("Write the brace on the line of the plugin", edits, safe=False, restructures=True)
        yield self.finding(
            Span(directive.block.start, directive.block.start + 1),
            f"`{directive.name}` does not see this block, because `{{` is not on its line",
            help=f"Write `{{` on the line of `{directive.name}`.",
            fix=fix,
        )
