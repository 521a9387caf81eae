"""KPL212."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder


class GluedKeys(Rule):
    """There is no space after the comma between two keys, so CoreDNS serves them as one zone.

    ## Why
    CoreDNS removes one comma from the end of a word; a comma inside of a word is part of the name. It serves
    `a.org,b.org` as the zone `a.org,b.org.`, and neither `a.org` nor `b.org`.

    ## Fix
    Adds a space after each comma.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go (addresses)
    """

    code = "KPL212"
    name = "glued-keys"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = ","
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile("a.org,b.org {\n    errors\n    whoami\n}\n"),
            flags=["a.org,b.org"],
            fixed="a.org, b.org {\n    errors\n    whoami\n}\n",
        ),
        Good(corefile("a.org, b.org {\n    errors\n    whoami\n}\n")),
        Good(corefile("{$ZONES} {\n    errors\n    whoami\n}\n")),
        Bad(
            corefile("a.org,b.org,c.org {\n    errors\n    whoami\n}\n"),
            flags=["a.org,b.org,c.org"],
            fixed="a.org, b.org, c.org {\n    errors\n    whoami\n}\n",
        ),
        # one word, as its quotes say
        Bad(corefile('"a.org,b.org" {\n    errors\n    whoami\n}\n'), flags=['"a.org,b.org"']),
        Good(corefile("{$A},{$B} {\n    errors\n    whoami\n}\n")),
        Good(corefile("a.org,b.org {\n    errors\n    whoami\n    {{ .Values.x }}\n}\n")),
        Good(corefile("(a,b) {\n    errors\n}\nlan {\n    import a,b\n    whoami\n}\n")),
    ]

    def check(self, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None or corefile_placeholder(corefile.text) is not None:
            return
        for key in server.keys:
            if "," not in key.strip(",") or "{" in key:
                continue
            written = corefile.text[slice(*key.span)]
            at = [key.span.start + number + 1 for number, letter in enumerate(written) if letter == ","]
            fix = Fix("Add a space after the comma", tuple(Edit(one, one, " ") for one in at), restructures=True)
            yield self.finding(
                key.span,
                f"`{key}` has no space after the comma, so the block serves one zone with that name",
                help="Add a space after the comma.",
                fix=fix if not written.startswith('"') else None,
            )
