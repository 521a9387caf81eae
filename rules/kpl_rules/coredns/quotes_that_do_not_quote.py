"""KPL229."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, Directive, corefile_placeholder

_EXPRESSIONS = ("var", "expr")
"""The options of `template` that are expressions."""


class QuotesThatDoNotQuote(Rule):
    """Only double quotes quote in a Corefile, so CoreDNS reads words in other quotes one by one.

    ## Why
    CoreDNS treats single quotes and backquotes as part of a word. `log . 'a b'` has the two arguments `'a` and `b'`.

    ## Fix
    Writes double quotes, if there are none in between. The fix is unsafe, because CoreDNS then reads one word.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/lexer.go
    """

    code = "KPL229"
    name = "quotes-that-do-not-quote"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "['`]"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    log . '{remote} {name}'\n    whoami\n}\n"),
            flags=["'{remote} {name}'"],
            fixed='lan {\n    errors\n    log . "{remote} {name}"\n    whoami\n}\n',
            safe=False,
        ),
        Good(corefile('lan {\n    errors\n    log . "{remote} {name}"\n    whoami\n}\n')),
        Good(corefile("lan {\n    errors\n    view v {\n        expr name() == 'a b'\n    }\n    whoami\n}\n")),
        Good(
            corefile(
                "lan {\n    errors\n    template IN A {\n        var v metadata('a b')\n        expr v != 'c d'\n"
                "        rcode NXDOMAIN\n    }\n}\n"
            )
        ),
        Bad(
            corefile("lan {\n    errors\n    log . `{remote} {name}` 'a b'\n    whoami\n}\n"),
            flags=["`{remote} {name}`", "'a b'"],
            fixed='lan {\n    errors\n    log . "{remote} {name}" "a b"\n    whoami\n}\n',
            safe=False,
            other=["corefile-refused"],
        ),
        # double quotes inside would end the new ones
        Bad(
            corefile("lan {\n    errors\n    log . '{remote} \"{name}\"'\n    whoami\n}\n"),
            flags=["'{remote} \"{name}\"'"],
        ),
        Bad(
            corefile("lan {\n    errors\n    errors {\n        consolidate 5m 'a b'\n    }\n    whoami\n}\n"),
            flags=["'a b'"],
            fixed='lan {\n    errors\n    errors {\n        consolidate 5m "a b"\n    }\n    whoami\n}\n',
            safe=False,
            other=["corefile-refused"],
        ),
        # one word, and a quote that nothing closes
        Good(corefile("lan {\n    errors\n    log . 'a'\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    log . 'a b\n    whoami\n}\n"), other=["corefile-refused"]),
        Good(corefile("lan {\n    errors\n    log . '{remote} {name}'\n    whoami\n    {{ .Values.x }}\n}\n")),
    ]

    def check(self, directive: Directive, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        if directive.name == "view" or corefile_placeholder(corefile.text) is not None:
            return
        # an expression has its own quotes
        own = _EXPRESSIONS if directive.name == "template" else ()
        options = (option.args for option in directive.properties if option.name not in own)
        for args in (directive.args, *options):
            # by the quote that each ends with, in their order
            ends = {quote: [number for number, arg in enumerate(args) if arg.endswith(quote)] for quote in ("'", "`")}
            behind = 0
            for number, first in enumerate(args):
                quote = first[:1]
                if number < behind or quote not in ("'", "`") or first[1:].endswith(quote):
                    continue
                at = bisect_right(ends[quote], number)
                if at == len(ends[quote]):
                    continue
                behind = ends[quote][at] + 1
                last = args[behind - 1]
                span = Span(first.span.start, last.span.end)
                written = corefile.text[slice(*span)]
                plain = '"' not in written and "\\" not in written
                fix = Fix(
                    "Replace the quotes with double quotes",
                    (Edit(*span, f'"{written[1:-1]}"'),),
                    safe=False,
                    restructures=True,
                )
                yield self.finding(
                    span,
                    f"`{quote}` does not quote in a Corefile, so CoreDNS reads several words here, including the quotes",
                    help="Use double quotes.",
                    fix=fix if plain else None,
                )
