"""KPL214."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, Directive


class BlockNotRead(Rule):
    """A plugin's `{` is on the next line, so the plugin ignores its block.

    ## Why
    CoreDNS's parser accepts a brace on the next line as the start of the plugin's block, but the plugin looks for it
    only on the line of its name. Most plugins then refuse the file (KPL010); some silently skip the block. `dns64` also
    skips the block if the prefix is on its line.

    ## Fix
    Moves the brace to the line of the plugin. The fix is unsafe, because CoreDNS then reads the block.

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
        # a comment is between: no edit of blanks moves the brace
        Bad(
            corefile("lan {\n    errors\n    whoami\n    nomad  # jobs\n    {\n        ttl 10\n    }\n}\n"),
            flags=["{"],
        ),
        Good(
            corefile(
                "lan {\n    errors\n    dns64 {\n        prefix 64:ff9b::/96\n        translate_all\n    }\n    whoami\n}\n"
            )
        ),
        Good(
            corefile("lan {\n    errors\n    whoami\n    cache\n    {\n        prefetch 5\n    }\n}\n"),
            other=["corefile-refused"],
        ),
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
                "the prefix is on the line of `dns64`, so `dns64` ignores this block",
                help=f"Move the prefix into the block: `prefix {directive.args[0]}`.",
            )
            return
        fix = None
        if re.fullmatch(r"[ \t\r\n]*", between):
            edits = (Edit(directive.head.end, directive.block.start, " "),)
            fix = Fix(f"Move `{{` to the line of `{directive.name}`", edits, safe=False, restructures=True)
        yield self.finding(
            Span(directive.block.start, directive.block.start + 1),
            f"`{{` is not on the line of `{directive.name}`, so `{directive.name}` ignores this block",
            help=f"Move `{{` to the line of `{directive.name}`.",
            fix=fix,
        )
