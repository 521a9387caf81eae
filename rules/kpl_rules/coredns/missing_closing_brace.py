"""KPL215."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, corefile_placeholder


class MissingClosingBrace(Rule):
    """The braces of the Corefile do not match; CoreDNS accepts it, but the next change can break it.

    ## Why
    CoreDNS only requires that the last word of a server block is `}`: the closing brace of a plugin's block is enough.
    The next line that somebody adds at the end then becomes part of the block, or breaks the file. An extra brace at
    the end of the file is the key of another server block, for a zone called `}`.

    ## Fix
    There is no automatic fix, because only you know which brace is missing.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (closeCurlyBrace)
    """

    code = "KPL215"
    name = "missing-closing-brace"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(corefile("lan {\n    errors\n    whoami\n    cache 30 {\n        prefetch 5\n    }\n"), flags=["}"]),
        Bad(corefile("lan {\n    errors\n    whoami\n}\n}\n"), flags=["}"]),
        Good(corefile("lan {\n    errors\n    whoami\n}\n")),
        # what the template brings may close it
        Good(
            corefile(
                "lan {\n    errors\n    whoami\n    {{ .Values.more }}\n    cache 30 {\n        prefetch 5\n    }\n"
            )
        ),
        Good({"more.override": "errors\ncache 30 {\n    prefetch 5\n}\n"}),
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if corefile.fragment or corefile_placeholder(corefile.text) is not None:
            return
        end = len(corefile.text.rstrip())
        if corefile.unclosed:
            yield self.finding(
                Span(end - 1, end),
                "the last server block is not closed, so CoreDNS takes the closing brace of the plugin's block as its end",
                help="Add `}` at the end of the file.",
            )
        for brace in corefile.stray_braces:
            yield self.finding(
                brace,
                "this brace closes nothing, so CoreDNS serves another block, for a zone called `}`",
                help="Remove the brace.",
            )
