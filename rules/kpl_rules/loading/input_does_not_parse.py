"""KPL001."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, ParseFailure, Rule, Severity, Stop, corefile, manifest


class InputDoesNotParse(Rule):
    """A document cannot be parsed, so no other rule checked it.

    ## Why
    kube-proxy does not start with a configuration that it cannot parse, and `kubectl apply` refuses a manifest that is
    not valid YAML. kpl still checks the other documents of the same file. For Corefiles, see KPL010.

    ## Fix
    There is no automatic fix, because kpl cannot know what was meant.

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
        # what a template is before it is rendered
        Good(manifest("{{- if .Values.a }}\nkind: Service\nmetadata: {name: a\n{{- end }}\n")),
    ]

    def check(self, failure: ParseFailure) -> Iterator[Finding]:
        """See the class."""
        # CoreDNS's own message about a Corefile is KPL010's
        if failure.too_large:
            yield self.finding(
                failure.span,
                f"this {failure.what} was not checked: {failure.message}",
                help="Reduce its size: kpl checked nothing in this document.",
            )
        elif not failure.templated and failure.what != "Corefile":
            yield self.finding(
                failure.span,
                f"this {failure.what} does not parse: {failure.message}",
                help="Fix the syntax: kpl checked nothing in this document.",
            )
