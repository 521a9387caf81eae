"""KPL215."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Corefile, Finding, Good, Rule, Severity, Span, Stop, corefile, corefile_placeholder


class MissingClosingBrace(Rule):
    """The braces of the file do not match, and CoreDNS starts with it all the same.

    ## Why
    CoreDNS asks only that the last word of a server block be `}`: the closing brace of a plugin's block will do. The next
    line that somebody adds at the end then falls into the block, or breaks the file. A brace too many at the end of the
    file is the key of one more server block, for a zone called `}`.

    ## Fix
    None: which brace is missing is the author's to say.

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
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if corefile.fragment or corefile_placeholder(corefile.text) is not None:
            return
        end = len(corefile.text.rstrip())
        if corefile.unclosed:
            yield self.finding(
                Span(end - 1, end),
                "the last server block is not closed; CoreDNS takes the closing brace of the plugin's block for its own",
                help="Write `}` at the end.",
            )
        for brace in corefile.stray_braces:
            yield self.finding(
                brace,
                "this brace closes nothing: CoreDNS serves one more block, for a zone called `}`",
                help="Remove it.",
            )
