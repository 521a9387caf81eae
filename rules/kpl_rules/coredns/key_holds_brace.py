"""KPL209."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder


class KeyHoldsBrace(Rule):
    """The server block's key ends in `{`, so CoreDNS serves a zone with that name. Add a space before `{`.

    ## Why
    CoreDNS reads `{` as a brace only if it is a separate word. `example.org{` is a zone called `example.org{.`, which
    nobody queries. CoreDNS starts, but does not serve `example.org`. The chart `coredns` 1.46.2 writes this for a
    server without a port.

    ## Fix
    Adds a space before the brace. The block then serves the zone that it was written for.

    ## References
    - https://github.com/coredns/coredns/issues/3164
    """

    code = "KPL209"
    name = "key-holds-brace"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            corefile("example.org:1053{\n    errors\n    whoami\n}\n"),
            flags=["example.org:1053{"],
            other=["missing-closing-brace"],
            fixed="example.org:1053 {\n    errors\n    whoami\n}\n",
        ),
        Good(corefile("example.org:1053 {\n    errors\n    whoami\n}\n")),
        Good(corefile("{$ZONE} {\n    errors\n    whoami\n}\n")),
        Good(corefile("lan{ {\n    errors\n    whoami\n    {{ .Values.x }}\n}\n")),
        Good(corefile("a{b{ {\n    errors\n    whoami\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None or corefile_placeholder(corefile.text) is not None:
            return
        for key in server.keys:
            zone = key.removesuffix("{")
            if zone in ("", key) or "{" in zone or "}" in zone:
                continue
            end = key.span.end - 1
            yield self.finding(
                key.span,
                f"the key `{key}` ends in `{{`, so CoreDNS serves a zone with that name instead of `{zone}`",
                help="Add a space before `{`.",
                fix=Fix("Add a space before `{`", (Edit(end, end, " "),), restructures=True),
            )
