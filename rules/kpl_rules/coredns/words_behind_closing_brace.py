"""KPL213."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, Directive, corefile_placeholder, directive_known


class WordsBehindClosingBrace(Rule):
    """A plugin's name comes after the closing brace of another plugin's block, so the plugin does not run.

    ## Why
    Words after `}` on the same line still belong to the plugin of the block. Most plugins refuse them (KPL010); some
    skip them, and CoreDNS then starts without the second plugin.

    ## Fix
    Moves the plugin to a separate line.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (directive)
    """

    code = "KPL213"
    name = "words-behind-closing-brace"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"\}.*\S"
    examples = [
        Bad(
            corefile("lan {\n    chaos lan {\n    } errors\n    whoami\n}\n"),
            flags=["errors"],
            fixed="lan {\n    chaos lan {\n    }\n    errors\n    whoami\n}\n",
        ),
        Good(corefile("lan {\n    chaos lan\n    errors\n    whoami\n}\n")),
        Good(corefile("lan {\n    chaos lan {\n    } sea\n    errors\n    whoami\n}\n")),
        Good(corefile("lan {\n    chaos lan {\n    } errors\n    whoami\n    {{ .Values.x }}\n}\n")),
        Good(corefile("lan {\n    chaos lan {\n    } errors\n    whoami 1\n}\n"), other=["corefile-refused"]),
    ]

    def check(self, directive: Directive, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.block is None or corefile_placeholder(corefile.text) is not None:
            return
        document = cluster.document_of(corefile)
        if cluster.lenient(document).judgement.verdict.answer == "refuses":
            return
        behind = next((arg for arg in directive.args if arg.span.start >= directive.block.end), None)
        if behind is None or not directive_known(behind, cluster.coredns_version_for(corefile)):
            return
        indent = corefile.indent_at(directive.span.start)
        fix = Fix(
            f"Move `{behind}` to a separate line",
            (Edit(directive.block.end, behind.span.start, f"\n{indent}"),),
            restructures=True,
        )
        yield self.finding(
            Span(*behind.span),
            f"`{behind}` comes after `}}` on the same line, so `{directive.name}` skips it and the plugin does not run",
            help="Move it to a separate line.",
            fix=fix,
        )
