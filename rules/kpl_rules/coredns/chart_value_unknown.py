"""KPL287."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Document, Edit, Finding, Fix, Good, Rule, Severity, Stop
from kpl.corefiles import CorednsChart
from kpl.manifests import Mapping, Scalar
from kpl.words import closest

_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: dns, namespace: dns}
spec:
  chart: {spec: {chart: coredns, version: 1.46.2}}
  values:
    replicaCount: 2
    service:
      clusterIP: 10.96.0.10
    servers:
    - zones:
      - zone: .
        use_tcp: true
      port: 53
      plugins:
      - name: errors
      - name: health
        configBlock: lameduck 5s
      - name: ready
      - name: forward
        parameters: . 10.0.0.2
      - name: cache
"""


def _with(old: str, new: str) -> dict[str, str]:
    return {"release.yaml": _RELEASE.replace(old, new)}


_KEYS = frozenset(
    """
    affinity automountServiceAccountToken autoscaler autoscaling clusterIP clusterRole customAnnotations customLabels deployment
    dnsConfig env externalIPs externalTrafficPolicy extraConfig extraContainers extraSecrets extraVolumeMounts extraVolumes
    fullnameOverride global hpa image initContainers ipFamilyPolicy isClusterService k8sAppLabelOverride livenessProbe
    loadBalancerIP middleware nameOverride nodeSelector plugins podAnnotations podDisruptionBudget podLabels podSecurityContext
    preStopSleep priorityClassName prometheus rbac readinessProbe replicaCount resources rollingUpdate securityContext servers
    service serviceAccount serviceProtocol serviceType terminationGracePeriodSeconds tolerations topologySpreadConstraints
    zoneFiles
    """.split()
)
"""What any version of the chart up to 1.46.2 reads (coredns/helm, charts/coredns/templates; helm/charts before)."""
_SERVICE_KEYS = frozenset(
    """
    annotations clusterIP clusterIPs externalIPs externalTrafficPolicy ipFamilyPolicy loadBalancerClass loadBalancerIP name
    selector trafficDistribution
    """.split()
)
_MEANT = {
    "replicas": "replicaCount",
    "volumes": "extraVolumes",
    "volumeMounts": "extraVolumeMounts",
    "annotations": "customAnnotations",
    "labels": "customLabels",
    "service.type": "serviceType",
    "service.port": "servers[].port",
    "service.nodePort": "servers[].nodePort",
    "corefile": "servers",
    "Corefile": "servers",
}
"""What sets the same in this chart."""


class ChartValueUnknown(Rule):
    """No version of the CoreDNS chart reads this value, so it has no effect.

    ## Why
    Helm passes values to the templates of the chart without comparing their names with anything: a name that no template
    reads is ignored without an error. Other charts have `replicas` and `service.type`; this one has `replicaCount` and
    `serviceType`.

    The rule checks values that certainly are for the chart `coredns`: the object names the chart, or the values are below
    the key `coredns`. It checks the first level and `service`.

    ## Fix
    Renames a misspelled key. The fix is unsafe, because the value then has an effect.

    ## References
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/values.yaml
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/templates/service.yaml
    - https://helm.sh/docs/chart_template_guide/values_files/
    """

    code = "KPL287"
    name = "chart-value-unknown"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "plugins"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            _with("replicaCount: 2", "replicas: 2"),
            flags=["replicas"],
            says=["no version of the chart `coredns` reads `replicas`", "Use `replicaCount`."],
        ),
        Bad(
            _with("replicaCount: 2", "priorityClasName: system-cluster-critical"),
            flags=["priorityClasName"],
            says=["Rename it to `priorityClassName`."],
            fixed=_RELEASE.replace("replicaCount: 2", "priorityClassName: system-cluster-critical"),
            safe=False,
        ),
        Bad(
            _with("clusterIP: 10.96.0.10", "type: NodePort"),
            flags=["type"],
            says=["reads `service.type`", "Use `serviceType`."],
        ),
        Bad(_with("replicaCount: 2", "watchdog: true"), flags=["watchdog"], says=["Remove it."]),
        Good({"release.yaml": _RELEASE}),
        Good(_with("replicaCount: 2", "_shared: &shared {a: b}")),
        Good(_with("replicaCount: 2", "x-shared: &shared {a: b}")),
        # another chart may read it
        Good({"values.yaml": "replicas: 2\n" + "".join(line[4:] + "\n" for line in _RELEASE.splitlines()[7:])}),
    ]

    def check(self, chart: CorednsChart, document: Document) -> Iterator[Finding]:
        """See the class."""
        if document.templated or not chart.is_named:
            return
        yield from self._unknown(chart.node, "", _KEYS)
        service = chart.node.mapping("service")
        if service is not None:
            yield from self._unknown(service, "service.", _SERVICE_KEYS)

    def _unknown(self, values: Mapping, prefix: str, known: frozenset[str]) -> Iterator[Finding]:
        for key, _ in values.pairs:
            if not isinstance(key, Scalar) or key.value in known or key.value.startswith(("_", "x-", ".", "<<")):
                continue
            path = f"{prefix}{key.value}"
            near = closest(key.value, known)
            fix, help_ = None, f"Use `{_MEANT[path]}`." if path in _MEANT else "Remove it."
            if near is not None and path not in _MEANT and values.get(near[0]) is None:
                help_ = f"Rename it to `{near[0]}`."
                fix = Fix(f"Rename `{key.value}` to `{near[0]}`", (Edit(*key.span, near[0]),), safe=False)
            yield self.finding(
                key.span,
                f"no version of the chart `coredns` reads `{path}`, so it has no effect",
                help=help_,
                fix=fix,
            )
