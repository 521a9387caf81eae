"""KPL283."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Confidence, Document, Finding, Fix, Good, Rule, Severity, Stop
from kpl.corefiles import CorednsChart, is_placeholder
from kpl.edits import add_item
from kpl.manifests import Mapping, Sequence

_VALUES = """\
servers:
- zones:
  - zone: .
    use_tcp: true
  port: 53
  plugins:
  - name: errors
  - name: health
    configBlock: |-
      lameduck 5s
  - name: ready
  - name: forward
    parameters: . 10.0.0.2
  - name: cache
"""
_HEALTH = "  - name: health\n    configBlock: |-\n      lameduck 5s\n"
_READY = "  - name: ready\n"
_PROBES = {"livenessProbe": ("health", "8080"), "readinessProbe": ("ready", "8181")}
"""The probes of the chart, with the plugin that answers them and the port that they ask."""
_RESULTS = {
    "livenessProbe": "the kubelet restarts CoreDNS again and again",
    "readinessProbe": "the pod never becomes ready",
}


class ChartProbeWithoutPlugin(Rule):
    """A probe of the CoreDNS chart asks a plugin that the values do not have, so it fails in every pod.

    ## Why
    The chart gives the pod a liveness probe to `/health` on port 8080 and a readiness probe to `/ready` on port 8181, unless
    the values set `enabled: false`. A list `servers` in the values replaces the list of the chart, with its plugins `health`
    and `ready`. Without `health`, the kubelet kills the container after five failures; without `ready`, the Service has
    no endpoint.

    ## Fix
    Adds the plugin to the first server. If the plugin listens on another port, there is no automatic fix.

    ## References
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/templates/deployment.yaml
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/values.yaml
    - https://coredns.io/plugins/health/
    - https://coredns.io/plugins/ready/
    """

    code = "KPL283"
    name = "chart-probe-without-plugin"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "plugins"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            {"values.yaml": _VALUES.replace(_READY, "")},
            flags=["servers"],
            says=[
                "no server has the plugin `ready`",
                "`readinessProbe` on port 8181 fails",
                "the pod never becomes ready",
            ],
            fixed=_VALUES.replace(_READY, "") + _READY,
        ),
        Bad(
            {"values.yaml": _VALUES.replace(_HEALTH, "")},
            flags=["servers"],
            says=["`livenessProbe` on port 8080 fails", "the kubelet restarts CoreDNS again and again"],
            fixed=_VALUES.replace(_HEALTH, "") + "  - name: health\n    configBlock: lameduck 5s\n",
        ),
        Bad(
            {"values.yaml": _VALUES.replace("name: ready\n", "name: ready\n    parameters: :8182\n")},
            flags=[":8182"],
            says=["`ready` listens on `:8182`", "Remove the address of `ready`."],
        ),
        Good({"values.yaml": _VALUES}),
        Good({"values.yaml": _VALUES.replace("name: ready\n", "name: ready\n    parameters: :8181\n")}),
        Good({"values.yaml": "readinessProbe:\n  enabled: false\n" + _VALUES.replace(_READY, "")}),
        Good({"values.yaml": _VALUES.replace(_READY, "  - name: import\n    parameters: more/*\n")}),
        Good({"values.yaml": "extraConfig:\n  import:\n    parameters: more/*\n" + _VALUES.replace(_READY, "")}),
        Good({"values.yaml": _VALUES.replace("name: ready\n", "name: ready\n    parameters: '{{ .Values.ready }}'\n")}),
        # other values may switch the probe off
        Good(
            {
                "release.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dns}\nspec:\n"
                "  chart: {spec: {chart: coredns}}\n  valuesFrom: [{kind: ConfigMap, name: more}]\n  values:\n"
                + "".join(f"    {line}\n" for line in _VALUES.replace(_READY, "").splitlines())
            }
        ),
    ]

    def check(self, chart: CorednsChart, document: Document) -> Iterator[Finding]:
        """See the class."""
        imports = chart.node.mapping("extraConfig", "import") is not None
        if not chart.is_complete or document.templated or imports:
            return
        plugins = [
            plugin
            for server in chart.servers.items
            if isinstance(server, Mapping)
            for plugin in server.items("plugins")
            if isinstance(plugin, Mapping)
        ]
        names = [plugin.text("name") or "" for plugin in plugins]
        if any(name == "import" or is_placeholder(name) for name in names):
            return
        for probe, (name, port) in _PROBES.items():
            enabled = chart.node.scalar(probe, "enabled")
            if enabled is not None and enabled.boolean() is not True:
                continue
            there = [plugin.text("parameters") for plugin in plugins if plugin.text("name") == name]
            other = [
                each for each in there if each and not is_placeholder(each) and not each.strip().endswith(f":{port}")
            ]
            result = f"`{probe}` on port {port} fails and {_RESULTS[probe]}"
            if not there:
                key = chart.node.pair("servers")
                assert key is not None
                yield self.finding(
                    key[0].span,
                    f"no server has the plugin `{name}`, so the chart's {result}",
                    help=f"Add `{name}` to the plugins. Or set `{probe}.enabled` to `false`.",
                    fix=_add(chart, name),
                )
            elif len(other) == len(there):
                yield self.finding(
                    other[0].span,
                    f"`{name}` listens on `{other[0].strip()}`, so the chart's {result}",
                    help=f"Remove the address of `{name}`.",
                )


def _add(chart: CorednsChart, name: str) -> Fix | None:
    first = chart.servers.items[0]
    plugins = first.get("plugins") if isinstance(first, Mapping) else None
    if not isinstance(plugins, Sequence):
        return None
    lines = [f"name: {name}", *(["configBlock: lameduck 5s"] if name == "health" else [])]
    edit = add_item(chart.text, plugins, *lines)
    return Fix(f"Add `{name}`", (edit,)) if edit is not None else None
