"""KPL235."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Profile, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, corefile_placeholder, keyword_known


class SeveralOptionsOnALine(Rule):
    """Two options of a plugin are on one line, so the second one looks like an argument of the first.

    ## Why
    Some plugins read the words of their block one by one: `max_fails 3 force_tcp` are two options of `forward`. A
    reader takes the second one for an argument, and so do other plugins.

    The rule is in the profile `all`, because the plugin reads both options as they are meant.

    ## Fix
    Puts each option on a separate line.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/setup.go (parseBlock)
    """

    code = "KPL235"
    name = "several-options-on-a-line"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "0.1.0"
    needs = "Corefile"
    profile = Profile.ALL
    examples = [
        Bad(
            corefile(
                "lan {\n    errors\n    cache\n    forward . 10.0.0.2 {\n        max_fails 3 force_tcp\n    }\n}\n"
            ),
            flags=["force_tcp"],
            fixed="lan {\n    errors\n    cache\n    forward . 10.0.0.2 {\n        max_fails 3\n        force_tcp\n    }\n}\n",
        ),
        Good(
            corefile(
                "lan {\n    errors\n    cache\n    forward . 10.0.0.2 {\n        max_fails 3\n        force_tcp\n    }\n}\n"
            )
        ),
        Bad(
            corefile("lan {\n\terrors\n\tcache\n\tforward . 10.0.0.2 {\n\t\tmax_fails 3 \t force_tcp\n\t}\n}\n"),
            flags=["force_tcp"],
            fixed="lan {\n\terrors\n\tcache\n\tforward . 10.0.0.2 {\n\t\tmax_fails 3\n\t\tforce_tcp\n\t}\n}\n",
        ),
        Good(
            corefile(
                "lan {\n    errors\n    cache\n    forward . 10.0.0.2 {\n        max_fails {{ .Values.x }} force_tcp\n    }\n}\n"
            )
        ),
        # whole sentences
        Good(corefile("lan {\n    errors\n    rewrite name suffix .pine .lan answer auto\n    whoami\n}\n")),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        read = document.model
        if not isinstance(read, Corefile):
            return
        judgement = cluster.lenient(document).judgement
        if judgement.verdict.answer == "refuses" or corefile_placeholder(read.text) is not None:
            return
        for plugin, token in judgement.joined:
            if token.file or read.text[slice(*token.span)] != token.text or plugin == "rewrite":
                continue
            if not keyword_known(plugin, token.text, cluster.coredns_version_for(document.model)):
                continue
            start = token.span.start
            while start and read.text[start - 1] in " \t":
                start -= 1
            edit = Edit(start, token.span.start, f"\n{read.indent_at(token.span.start)}")
            yield self.finding(
                token.span,
                f"`{token.text}` is a separate option, although it looks like an argument of the option before it",
                help="Move it to a separate line.",
                fix=Fix(f"Move `{token.text}` to a separate line", (edit,), restructures=True),
            )
