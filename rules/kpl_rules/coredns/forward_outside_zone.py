"""KPL225."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import (
    Bad,
    Corefile,
    Directive,
    Finding,
    Good,
    Rule,
    ServerBlock,
    Severity,
    Stop,
    corefile,
    corefile_placeholder,
    zones_of,
)


class ForwardOutsideZone(Rule):
    """`forward` is for a zone that its server block does not serve, and so is never asked.

    ## Why
    A server block sees the queries for its own zones only. `forward example.org` in a block for `example.com` never gets one.

    ## Fix
    None: the zone of one of the two is wrong, or the line belongs into another block.

    ## References
    - https://coredns.io/plugins/forward/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/forward.go (match)
    """

    code = "KPL225"
    name = "forward-outside-zone"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(
            corefile("example.com {\n    errors\n    cache 30\n    forward example.org 10.0.0.2\n}\n"),
            flags=["example.org"],
        ),
        Good(corefile("example.com {\n    errors\n    cache 30\n    forward . 10.0.0.2\n}\n")),
        Good(corefile("example.com {\n    errors\n    cache 30\n    forward a.Example.com 10.0.0.2\n}\n")),
        # the key is at fault
        Good(
            corefile(".a.pine {\n    errors\n    cache 30\n    forward . 10.0.0.1\n}\n"),
            other=["corefile-refused"],
        ),
        Good(corefile("{$ZONE} {\n    errors\n    cache 30\n    forward example.org 10.0.0.2\n}\n")),
    ]

    def check(self, directive: Directive, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "forward" or not directive.args or server.snippet is not None or not server.keys:
            return
        if corefile_placeholder(corefile.text) is not None or any(
            "{" in word for word in (*server.keys, directive.args[0])
        ):
            return
        wanted = zones_of(directive.args[0])[:1]
        zones = [zones_of(key) for key in server.keys]
        # what is wrong with a key that is no name is told of the key
        if not all(zones):
            return
        served = [zone for each in zones for zone in each]
        for zone in wanted:
            if not any(_within(zone, other) or _within(other, zone) for other in served):
                yield self.finding(
                    directive.args[0].span,
                    f"this `forward` is never asked, because the server block does not serve `{zone}`",
                    help=f"Write a server block for `{zone}`, or `forward .`.",
                )


def _within(zone: str, other: str) -> bool:
    return other == "." or zone == other or zone.endswith("." + other)
