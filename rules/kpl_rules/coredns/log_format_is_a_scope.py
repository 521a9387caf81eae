"""KPL223."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Directive, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile


class LogFormatIsAScope(Rule):
    """`log` has a format that it takes for a name, so that nothing is logged.

    ## Why
    The first argument of `log` is the name whose queries are logged, and the format comes behind it. `log "{remote}"` logs the
    queries for a name `{remote}.`, which nobody asks for.

    ## Fix
    `.` before the format: all names. The lines that were to be logged then are.

    ## References
    - https://coredns.io/plugins/log/
    """

    code = "KPL223"
    name = "log-format-is-a-scope"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            corefile('lan {\n    errors\n    log "{remote} {name}"\n    whoami\n}\n'),
            flags=['"{remote} {name}"'],
            fixed='lan {\n    errors\n    log . "{remote} {name}"\n    whoami\n}\n',
        ),
        Good(corefile('lan {\n    errors\n    log . "{remote} {name}"\n    whoami\n}\n')),
        Good(corefile("lan {\n    errors\n    log {$ZONE}\n    whoami\n}\n")),
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
            f"`log` takes `{word}` for the name whose queries are logged, and logs nothing",
            help="Write `.` before the format: `log . FORMAT`.",
            fix=Fix("Write `.` before the format", (Edit(start, start, ". "),)),
        )
