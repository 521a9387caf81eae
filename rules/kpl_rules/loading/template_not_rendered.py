"""KPL003."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, ParseFailure, Rule, Severity, Stop, manifest

_CONFIG_MAP = "kind: ConfigMap\nmetadata:\n  name: coredns\n{{- with .Values.labels }}\n  labels: {{ . }}\n{{- end }}\n"


class TemplateNotRendered(Rule):
    """A template of a Corefile or kube-proxy configuration does not parse unrendered, so kpl checked little of it.

    ## Why
    kpl reads Helm, Jinja, ERB, Terraform and envsubst templates without rendering them and tolerates their
    placeholders. If a template becomes YAML only when it is rendered, kpl reads it without its actions. It then reports
    only what does not depend on the rendering: nothing that is missing or repeated, nothing in a branch of a condition
    or in a loop, and no verdict on the complete file. If the text does not parse without the actions either, kpl checks
    nothing. The rule is silent about templates of other manifests.

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
            says=["so kpl checked only part of it"],
        ),
        # this one cannot be read without its actions
        Bad(
            manifest(f"{_CONFIG_MAP}data:\n  Corefile: |\n    . {{\n        whoami\n    }}\n{{{{- end }}}}\n"),
            flags=["{{- with .Values.labels }}"],
            says=["so kpl did not check it"],
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
