"""KPL218."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import corefile_placeholder, is_corefile


class RepeatedPluginIgnored(Rule):
    """A plugin occurs twice in a server block, so CoreDNS reads the first one and ignores the second.

    ## Why
    CoreDNS passes all lines of a plugin to it together. Many plugins refuse a second line (KPL010) or add it to the
    first one. Some read the first line and stop, so the second line has no effect.

    ## Fix
    There is no automatic fix, because only you know which of the two is meant.

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
        Good(corefile("lan {\n    errors\n    bufsize 1232\n    bufsize 512\n    whoami\n    {{ .Values.x }}\n}\n")),
        Good(
            corefile("lan {\n    errors\n    bufsize 1232\n    bufsize 512\n    cache x y\n    whoami 1\n}\n"),
            other=["corefile-refused"],
        ),
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
                    f"the server block has another `{token.text}` before this line, so CoreDNS ignores this one",
                    help=f"Keep only one `{token.text}` in the block.",
                )
