"""KPL225."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder, zones_of


class ForwardOutsideZone(Rule):
    """`forward` is for a zone that its server block does not serve, so it never receives a query.

    ## Why
    A server block receives only queries for its own zones. `forward example.org` in a block for `example.com` never
    receives one.

    ## Fix
    There is no automatic fix: one of the two zones is wrong, or the line belongs in another block.

    ## References
    - https://coredns.io/plugins/forward/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/forward.go (match)
    """

    code = "KPL225"
    name = "forward-outside-zone"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "forward"
    symptoms = ("names-do-not-resolve",)
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
        Good(corefile("<the domain>.com:53 {\n    errors\n    cache 30\n    forward example.com 10.0.0.2\n}\n")),
        # the zone above has it
        Good(corefile("a.example.com {\n    errors\n    cache 30\n    forward example.com 10.0.0.2\n}\n")),
        Good(corefile("example.com {\n    errors\n    cache 30\n    forward {$ZONE} 10.0.0.2\n}\n")),
        Good(
            corefile(
                "example.com {\n    errors\n    cache 30\n    forward example.org 10.0.0.2\n    {{ .Values.x }}\n}\n"
            )
        ),
        Good(
            corefile(
                "(up) {\n    forward example.org 10.0.0.2\n}\nexample.org {\n    errors\n    cache 30\n    import up\n}\n"
            )
        ),
        # one of several keys
        Good(corefile("example.com example.org {\n    errors\n    cache 30\n    forward example.org 10.0.0.2\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None or not server.keys or not server.has("forward"):
            return
        if corefile_placeholder(corefile.text) is not None or any("{" in key for key in server.keys):
            return
        zones = [zones_of(key) for key in server.keys]
        # what is wrong with a key that is no name is told of the key
        if not all(zones):
            return
        served = {zone for each in zones for zone in each}
        around = {other for zone in served for other in _around(zone)}
        for directive in server.directives:
            if directive.name != "forward" or not directive.args or "{" in directive.args[0]:
                continue
            for zone in zones_of(directive.args[0])[:1]:
                if zone not in around and served.isdisjoint(_around(zone)):
                    yield self.finding(
                        directive.args[0].span,
                        f"the server block does not serve `{zone}`, so this `forward` never receives a query",
                        help=f"Add a server block for `{zone}`. Or use `forward .`.",
                    )


def _around(zone: str) -> Iterator[str]:
    """The zone, and those that it lies in."""
    while zone not in ("", "."):
        yield zone
        zone = zone.partition(".")[2]
    yield "."
