"""KPL003."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, ParseFailure, Rule, Severity, Stop, manifest


class TemplateNotRendered(Rule):
    """A document is a template and does not parse before it is rendered, so that no rule has looked at it.

    ## Why
    Helm, Jinja and envsubst templates are read as they lie there, with their placeholders tolerated. Where a template
    only becomes YAML or a Corefile when it is rendered, kpl has nothing to look at.

    ## Fix
    Check what the template renders to: ``helm template . | kpl lint -``.

    ## References
    - https://helm.sh/docs/helm/helm_template/
    """

    code = "KPL003"
    name = "template-not-rendered"
    stop = Stop.LOADING
    severity = Severity.INFO
    since = "0.1.0"
    examples = [
        Bad(
            manifest(
                "kind: Service\nmetadata:\n  name: a\n{{- with .Values.labels }}\n  labels: {{ . }}\n{{- end }}\n"
            ),
            flags=["{{- with .Values.labels }}"],
        ),
        # placeholders that leave it YAML are no obstacle
        Good(manifest('kind: Service\nmetadata:\n  name: "{{ .Release.Name }}-a"\n')),
    ]

    def check(self, failure: ParseFailure) -> Iterator[Finding]:
        """See the class."""
        if failure.templated:
            yield self.finding(
                failure.span,
                f"this {failure.what} is a template that does not parse before it is rendered, so it was not checked",
                help="Pipe the rendered text into `kpl lint -`.",
            )
