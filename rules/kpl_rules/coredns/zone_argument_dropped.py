"""KPL219."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import corefile_placeholder, is_corefile


class ZoneArgumentDropped(Rule):
    """A plugin's zone is not a domain name, so CoreDNS silently drops it.

    ## Why
    Server blocks refuse a key that is not a domain name. Plugins do not: they continue with the remaining zones, so the
    plugin does nothing for the zone that was meant.

    ## Fix
    There is no automatic fix, because only you know which zone is meant.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/normalize.go (OriginsFromArgsOrServerBlock)
    """

    code = "KPL219"
    name = "zone-argument-dropped"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Corefile|ParseFailure"
    examples = [
        Bad(corefile("lan {\n    errors\n    cache 30 a..lan\n    whoami\n}\n"), flags=["a..lan"]),
        Good(corefile("lan {\n    errors\n    cache 30 a.lan\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    cache 30 {$SUB}..lan\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    cache 30 a..lan\n    whoami\n    {{ .Values.x }}\n}\n")),
        Good(corefile("lan {\n    errors\n    cache 30 a..lan\n    whoami 1\n}\n"), other=["corefile-refused"]),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_corefile(document):
            return
        text = document.embedding.text
        judgement = cluster.lenient(document).judgement
        if judgement.verdict.answer == "refuses" or corefile_placeholder(text) is not None:
            return
        for what, token in judgement.ignored:
            if what == "zone" and not token.file and "{$" not in text[slice(*token.span)]:
                yield self.finding(
                    token.span,
                    f"`{token.text}` is not a domain name, so CoreDNS drops it and the plugin does nothing for it",
                    help="Write a domain name with one dot between its labels.",
                )
