"""KPL003."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, ParseFailure, Rule, Severity, Stop, manifest

_CONFIG_MAP = "kind: ConfigMap\nmetadata:\n  name: coredns\n{{- with .Values.labels }}\n  labels: {{ . }}\n{{- end }}\n"


class TemplateNotRendered(Rule):
    """A template of a Corefile or kube-proxy configuration does not parse unrendered, so kpl did not check it.

    ## Why
    kpl reads Helm, Jinja and envsubst templates without rendering them and tolerates their placeholders. It cannot
    check a template that becomes YAML or a Corefile only when it is rendered. The rule is silent about templates of
    other manifests.

    ## Fix
    Check the rendered text: `helm template . | kpl lint -`.

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
            manifest(f"{_CONFIG_MAP}data:\n  Corefile: |\n    . {{\n        whoami\n    }}\n"),
            flags=["{{- with .Values.labels }}"],
        ),
        Bad(
            manifest("{% if ipvs %}\nkind: KubeProxyConfiguration\nmode: ipvs\n{% endif %}\n"),
            flags=["{% if ipvs %}"],
        ),
        # a template of something else
        Good(manifest(_CONFIG_MAP.replace("ConfigMap", "Service"))),
        # placeholders that leave it YAML are no obstacle
        Good(manifest('kind: Service\nmetadata:\n  name: "{{ .Release.Name }}-a"\n')),
    ]

    def check(self, failure: ParseFailure) -> Iterator[Finding]:
        """See the class."""
        if failure.template_of:
            checked = "checked only part of it" if failure.is_read else "did not check it"
            yield self.finding(
                failure.span,
                f"this template of a {failure.template_of} does not parse before it is rendered, so kpl {checked}",
                help="Render the template, and pipe the result into `kpl lint -`.",
            )
