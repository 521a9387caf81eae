"""KPL209."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Corefile,
    Edit,
    Finding,
    Fix,
    Good,
    Rule,
    ServerBlock,
    Severity,
    Stop,
    corefile,
    corefile_placeholder,
)


class KeyHoldsBrace(Rule):
    """A server block serves a zone whose name ends in a brace, because the brace is glued to the key.

    ## Why
    CoreDNS takes `{` for a brace only where it is a word of its own. `example.org{` is a zone called `example.org{.`, which
    nobody asks for; CoreDNS starts, and `example.org` is not served. The chart `coredns` 1.46.2 writes this itself for a
    server without a port.

    ## Fix
    A blank before the brace. What the block then serves is what its author wrote it for.

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
                f"the block serves the zone `{key}`, because `{{` is glued to the key: `{zone}` is not served",
                help="Write a blank before `{`.",
                fix=Fix("Write a blank before `{`", (Edit(end, end, " "),), restructures=True),
            )
