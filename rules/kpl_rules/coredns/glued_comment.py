"""KPL216."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kpl import Bad, Corefile, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, corefile, tokenize


class GluedComment(Rule):
    """A comment that is glued to a word ends at the next blank: the rest of it is read.

    ## Why
    In `forward . 9.9.9.9#quad9 1.1.1.1` CoreDNS skips `#quad9` and takes `1.1.1.1` for one more upstream. Only a `#` behind a
    blank starts a comment that goes on to the end of the line.

    ## Fix
    A blank before the `#`. It is unsafe, because words that were read until now become a comment.

    ## References
    - https://github.com/coredns/caddy/blob/master/caddyfile/lexer.go
    """

    code = "KPL216"
    name = "glued-comment"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    examples = [
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    forward . 10.0.0.2#old 10.0.0.3\n}\n"),
            flags=["#old"],
            fixed="lan {\n    errors\n    cache 30\n    forward . 10.0.0.2 #old 10.0.0.3\n}\n",
            safe=False,
        ),
        Good(corefile("lan {\n    errors\n    cache 30#seconds\n    forward . 10.0.0.2 # old 10.0.0.3\n}\n")),
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
                fix = Fix("Write a blank before `#`", (edit,), safe=False, restructures=True)
            yield self.finding(
                Span(at, at + len(glued)),
                f"CoreDNS reads `{following.text}` behind this comment, because a comment that is glued to a word ends at the "
                "next blank",
                help="Write a blank before `#`.",
                fix=fix,
            )
