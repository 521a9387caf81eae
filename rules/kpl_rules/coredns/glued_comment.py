"""KPL216."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, tokenize


class GluedComment(Rule):
    """A `#` needs a space before it; without one, the comment ends at the next space and CoreDNS reads the rest.

    ## Why
    In `forward . 9.9.9.9#quad9 1.1.1.1`, CoreDNS skips `#quad9` and uses `1.1.1.1` as another upstream. Only a `#` with
    a space before it starts a comment that extends to the end of the line.

    ## Fix
    Adds a space before the `#`. The fix is unsafe, because words that CoreDNS reads now become a comment.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/lexer.go
    """

    code = "KPL216"
    name = "glued-comment"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "#"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2#old 10.0.0.3\n}\n"),
            flags=["#old"],
            fixed="lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 #old 10.0.0.3\n}\n",
            safe=False,
        ),
        Good(corefile("lan {\n    errors\n    cache 30#seconds\n    forward . 10.0.0.2 # old 10.0.0.3\n}\n")),
        # the first comment of a line takes the others in
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2#a 10.0.0.3#b 10.0.0.4\n}\n"),
            flags=["#a", "#b"],
            fixed="lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 #a 10.0.0.3#b 10.0.0.4\n}\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    whoami#a b\n    log#c d\n}\n"),
            flags=["#a", "#c"],
            fixed="lan {\n    errors\n    whoami #a b\n    log #c d\n}\n",
            safe=False,
            other=["corefile-refused"],
        ),
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        words = tokenize(corefile.text)
        behind = 0
        for word, following in pairwise(words):
            at = word.span.end
            if corefile.text[at : at + 1] != "#" or following.line != word.last_line or following.text in ("{", "}"):
                continue
            glued = corefile.text[at : following.span.start].rstrip()
            fix = None
            if at >= behind:  # of several comments on a line, the first one takes the others in
                end = corefile.text.find("\n", at)
                behind = len(corefile.text) if end < 0 else end
                rest = corefile.text[at:behind].rstrip()
                edit = Edit(at, at + len(rest), f" {rest}")
                fix = Fix("Add a space before `#`", (edit,), safe=False, restructures=True)
            yield self.finding(
                Span(at, at + len(glued)),
                f"`#` has no space before it, so the comment ends at the next space and CoreDNS reads `{following.text}`",
                help="Add a space before `#`.",
                fix=fix,
            )
