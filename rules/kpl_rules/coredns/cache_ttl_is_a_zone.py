"""KPL222."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Directive
from kpl.edits import Text
from kpl.words import whole_number

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class CacheTtlIsAZone(Rule):
    """`cache` reads the TTL as a zone, so it caches nothing but that zone.

    ## Why
    The TTL is a number of seconds without a unit, and the first argument. `cache 30s` is a cache for the zone `30s.`,
    and `cache example.org 30` is one for the zones `example.org.` and `30.`. CoreDNS starts, and forwards every query.

    ## Fix
    Writes the number of seconds as the first argument.

    ## References
    - https://coredns.io/plugins/cache/
    """

    code = "KPL222"
    name = "cache-ttl-is-a-zone"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "cache"
    in_templates = True
    examples = [
        Bad(
            corefile("lan {\n    errors\n    cache 30s\n    forward . 10.0.0.2\n}\n"),
            flags=["30s"],
            fixed="lan {\n    errors\n    cache 30\n    forward . 10.0.0.2\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cache a.lan 30\n    forward . 10.0.0.2\n}\n"),
            flags=["30"],
            fixed="lan {\n    errors\n    cache 30 a.lan\n    forward . 10.0.0.2\n}\n",
        ),
        Good(corefile("lan {\n    errors\n    cache 30 a.lan\n    forward . 10.0.0.2\n}\n")),
        Bad(
            corefile("lan {\n    errors\n    cache 2m\n    forward . 10.0.0.2\n}\n"),
            flags=["2m"],
            fixed="lan {\n    errors\n    cache 120\n    forward . 10.0.0.2\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cache 1h\n    forward . 10.0.0.2\n}\n"),
            flags=["1h"],
            fixed="lan {\n    errors\n    cache 3600\n    forward . 10.0.0.2\n}\n",
        ),
        Good(corefile("lan {\n    errors\n    cache\n    forward . 10.0.0.2\n}\n")),
        Good(corefile("lan {\n    errors\n    cache 30 a.lan 10\n    forward . 10.0.0.2\n}\n")),
        Good(corefile("lan {\n    errors\n    cache {$TTL} 30\n    forward . 10.0.0.2\n}\n")),
    ]

    def check(self, directive: Directive, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "cache" or not directive.args:
            return
        first = directive.args[0]
        duration = _DURATION.fullmatch(first)
        if duration is not None:
            seconds = str(int(duration[1]) * _SECONDS[duration[2]])
            yield self._zone(first, f"Replace `{first}` with `{seconds}`.", (Edit(*first.span, seconds),))
            return
        last = directive.args[-1]
        if (
            len(directive.args) > 1
            and whole_number(last) is not None
            and whole_number(first) is None
            and "{" not in first
        ):
            gap = corefile.text[directive.args[-2].span.end : last.span.start]
            edits = (
                Edit(first.span.start, first.span.start, f"{last} "),
                Edit(directive.args[-2].span.end, last.span.end, ""),
            )
            yield self._zone(
                last, f"Move the TTL to the front: `cache {last} {first}`.", edits if not gap.strip() else ()
            )

    def _zone(self, word: Text, help_: str, edits: tuple[Edit, ...]) -> Finding:
        return self.finding(
            word.span,
            f"`cache` reads `{word}` as a zone; the TTL is the first argument, in seconds without a unit",
            help=help_,
            fix=Fix(help_.rstrip("."), edits, restructures=True) if edits else None,
        )
