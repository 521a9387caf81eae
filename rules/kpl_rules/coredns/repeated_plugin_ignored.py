"""KPL218."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Stop, corefile, corefile_placeholder, is_corefile


class RepeatedPluginIgnored(Rule):
    """A plugin stands twice in a server block, and CoreDNS reads the first one only.

    ## Why
    CoreDNS hands all lines of a plugin to it together. Many plugins refuse a second line (KPL010) or add it to the first; some
    read the first one and stop: what the second line says has no effect.

    ## Fix
    None: which of the two was meant is the author's to say.

    ## References
    - https://github.com/coredns/coredns/issues/2174
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/bufsize/setup.go (an example)
    """

    code = "KPL218"
    name = "repeated-plugin-ignored"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Corefile|ParseFailure"
    examples = [
        Bad(corefile("lan {\n    errors\n    bufsize 1232\n    bufsize 512\n    whoami\n}\n"), flags=["bufsize"]),
        Good(
            corefile(
                "lan {\n    errors\n    bufsize 1232\n    whoami\n}\nwan {\n    errors\n    bufsize 512\n    whoami\n}\n"
            )
        ),
        Good(corefile("lan {\n    errors\n    log a.lan\n    log b.lan\n    whoami\n}\n")),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_corefile(document):
            return
        judgement = cluster.lenient(document).judgement
        if judgement.verdict.answer == "refuses" or corefile_placeholder(document.embedding.text) is not None:
            return
        for what, token in judgement.ignored:
            if what == "occurrence" and not token.file:
                yield self.finding(
                    token.span,
                    f"CoreDNS does not read this line: the server block has a `{token.text}` before it, and that one counts",
                    help=f"Keep one `{token.text}` in the block.",
                )
