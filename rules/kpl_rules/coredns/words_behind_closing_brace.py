"""KPL213."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Cluster,
    Corefile,
    Directive,
    Edit,
    Finding,
    Fix,
    Good,
    Rule,
    Severity,
    Span,
    Stop,
    corefile,
    corefile_placeholder,
    directive_known,
)


class WordsBehindClosingBrace(Rule):
    """A plugin does not run, because its name stands behind the closing brace of another plugin's block.

    ## Why
    What follows `}` on its line still belongs to the plugin of the block. Most plugins refuse it (KPL010); some skip it, and
    then CoreDNS starts without the second plugin.

    ## Fix
    A line of its own.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (directive)
    """

    code = "KPL213"
    name = "words-behind-closing-brace"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            corefile("lan {\n    chaos lan {\n    } errors\n    whoami\n}\n"),
            flags=["errors"],
            fixed="lan {\n    chaos lan {\n    }\n    errors\n    whoami\n}\n",
        ),
        Good(corefile("lan {\n    chaos lan\n    errors\n    whoami\n}\n")),
    ]

    def check(self, directive: Directive, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.block is None or corefile_placeholder(corefile.text) is not None:
            return
        document = cluster.document_of(corefile)
        if cluster.lenient(document).judgement.verdict.answer == "refuses":
            return
        behind = next((arg for arg in directive.args if arg.span.start >= directive.block.end), None)
        if behind is None or not directive_known(behind, cluster.coredns_version):
            return
        indent = corefile.indent_at(directive.span.start)
        fix = Fix(
            "Write it on a line of its own",
            (Edit(directive.block.end, behind.span.start, f"\n{indent}"),),
            restructures=True,
        )
        yield self.finding(
            Span(*behind.span),
            f"the plugin `{behind}` does not run: behind `}}` it is skipped as a part of `{directive.name}`",
            help="Write it on a line of its own.",
            fix=fix,
        )
