"""KPL001."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, ParseFailure, Rule, Severity, Stop, corefile, manifest


class InputDoesNotParse(Rule):
    """A document cannot be read, so that no other rule has looked at it.

    ## Why
    kube-proxy does not start with a file that it cannot parse, and `kubectl apply` refuses a manifest that is no YAML. The
    other documents of the same file are read all the same. (Corefiles: KPL010.)

    ## Fix
    None: what was meant cannot be known.

    ## References
    - https://yaml.org/spec/1.2.2/
    """

    code = "KPL001"
    name = "input-does-not-parse"
    stop = Stop.LOADING
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(manifest("kind: Service\nmetadata: {name: a\n---\nkind: Service\nmetadata: {name: b}\n"), flags=["a"]),
        # CoreDNS accepts a missing last brace when a plugin's own brace comes last
        Good(
            corefile(". {\n    cache 30\n    forward . 9.9.9.9 {\n        policy random\n    }\n"),
            other=["missing-closing-brace"],
        ),
    ]

    def check(self, failure: ParseFailure) -> Iterator[Finding]:
        """See the class."""
        # CoreDNS's own message about a Corefile is KPL010's
        if failure.too_large:
            yield self.finding(
                failure.span,
                f"this {failure.what} was not checked: {failure.message}",
                help="Nothing in this document was checked.",
            )
        elif not failure.templated and failure.what != "Corefile":
            yield self.finding(
                failure.span,
                f"this {failure.what} does not parse: {failure.message}",
                help="Nothing in this document was checked.",
            )
