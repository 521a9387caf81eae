"""KPL228."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, corefile_placeholder


class OnlySnippets(Rule):
    """The Corefile has no server block, so CoreDNS runs its built-in configuration.

    ## Why
    If a file has only snippets, or nothing, CoreDNS serves `.` on port 53 with `whoami` and `log`: it answers every
    query with the client's own address, and nothing fails.

    ## Fix
    There is no automatic fix, because the server block is missing.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/core/dnsserver/register.go (DefaultInput)
    """

    code = "KPL228"
    name = "only-snippets"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"\("
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(corefile("(common) {\n    errors\n    cache 30\n}\n"), flags=["(common)"]),
        Good(corefile("(common) {\n    errors\n}\nlan {\n    import common\n    whoami\n}\n")),
        Good(corefile("(common) {\n    errors\n}\nimport servers/*\n")),
        Good(corefile("(common) {\n    errors\n}\n{{ .Values.servers }}\n")),
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if (
            corefile.servers
            or corefile.imports
            or not corefile.snippets
            or corefile_placeholder(corefile.text) is not None
        ):
            return
        yield self.finding(
            corefile.snippets[0].key_span,
            "the file has snippets but no server block, so CoreDNS answers every query with the client's own address",
            help="Add a server block that imports the snippet: `. { }`.",
        )
