"""KPL223."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import Directive


class LogFormatIsAScope(Rule):
    """`log` reads its format as the name to log, so it logs nothing.

    ## Why
    The first argument of `log` is the name whose queries are logged; the format comes after it. `log "{remote}"` logs
    the queries for the name `{remote}.`, which nobody sends.

    ## Fix
    Adds `.` (all names) before the format. CoreDNS then logs what the line was meant to log.

    ## References
    - https://coredns.io/plugins/log/
    """

    code = "KPL223"
    name = "log-format-is-a-scope"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "log"
    in_templates = True
    examples = [
        Bad(
            corefile('lan {\n    errors\n    log "{remote} {name}"\n    whoami\n}\n'),
            flags=['"{remote} {name}"'],
            fixed='lan {\n    errors\n    log . "{remote} {name}"\n    whoami\n}\n',
        ),
        Good(corefile('lan {\n    errors\n    log . "{remote} {name}"\n    whoami\n}\n')),
        Good(corefile("lan {\n    errors\n    log {$ZONE}\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    log\n    whoami\n}\n")),
        Good(corefile("lan {\n    errors\n    log a.lan\n    whoami\n}\n")),
        # another plugin may take such a word
        Good(corefile("lan {\n    errors\n    root {remote}\n    whoami\n}\n")),
    ]

    def check(self, directive: Directive) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "log" or len(directive.args) != 1:
            return
        (word,) = directive.args
        if not word.startswith("{") or word.startswith(("{$", "{%", "{{")):
            return
        start = word.span.start
        yield self.finding(
            word.span,
            f"`log` reads `{word}` as the name whose queries it logs, so it logs nothing",
            help="Add `.` before the format: `log . FORMAT`.",
            fix=Fix("Add `.` before the format", (Edit(start, start, ". "),)),
        )
