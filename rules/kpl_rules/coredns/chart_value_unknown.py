"""KPL287."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version
from kpl.corefiles import CorednsChart
from kpl.manifests import Mapping, Scalar
from kpl.words import closest
from kpl_rules.coredns._chart_values import NEWEST, OLDEST, READ, Reads, version_of

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


def _at(version: str, value: str) -> dict[str, str]:
    text = _RELEASE.replace("1.46.2", version).replace("    service:\n      clusterIP: 10.96.0.10\n", "")
    return {"release.yaml": text.replace("replicaCount: 2", value)}


_MEANT = {
    "replicas": "replicaCount",
    "volumes": "extraVolumes",
    "volumeMounts": "extraVolumeMounts",
    "annotations": "customAnnotations",
    "labels": "customLabels",
    "deployment.replicas": "replicaCount",
    "dnsConfig": "deployment.dnsConfig",
    "image.registry": "image.repository",
    "prometheus.serviceMonitor": "prometheus.monitor",
    "service.type": "serviceType",
    "service.port": "servers[].port",
    "service.nodePort": "servers[].nodePort",
    "corefile": "servers",
    "Corefile": "servers",
}
"""What sets the same in this chart."""


_REFERRING = {
    "release.yaml": _at("1.32.0", "service:\n      loadBalancerClass: io.cilium/l2")["release.yaml"]
    .replace("chart: {spec: {chart: coredns, version: 1.32.0}}", "chartRef: {kind: OCIRepository, name: dns}")
    .replace("{name: dns, namespace: dns}", "{name: coredns, namespace: dns}")
}
_REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: dns, namespace: dns}
spec:
  url: oci://ghcr.io/coredns/charts/coredns
  ref: {tag: 1.32.0}
"""
_BELOW = """\
coredns:
  service: {loadBalancerClass: io.cilium/l2}
  servers:
  - zones: [{zone: ., use_tcp: true}]
    port: 53
    plugins: [{name: errors}, {name: health, configBlock: lameduck 5s}, {name: ready}, {name: whoami}]
"""
_CHART_FILE = """\
apiVersion: v2
name: dns
version: 0.1.0
dependencies:
- {name: coredns, version: 1.32.0, repository: "https://coredns.github.io/helm"}
"""


class ChartValueUnknown(Rule):
    """The CoreDNS chart does not read this value, or this version does not, so it has no effect.

    ## Why
    Helm passes values to the templates of the chart without comparing their names with anything: a name that no template
    reads is ignored without an error. Other charts have `replicas` and `service.type`; this one has `replicaCount` and
    `serviceType`.

    Later versions of the chart read more values: `service.loadBalancerClass` since 1.33.0, `deployment.dnsConfig` since
    1.45.2. `preStopSleep` has no effect since 1.25.0.

    The rule checks values that certainly are for the chart `coredns`: the object names the chart, or the values are below
    the key `coredns`. It checks the first level and the most important mappings, such as `service`, `deployment` and
    `autoscaler`. It knows the versions 1.16.4 to 1.46.2.

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
        # by the version of the chart
        Bad(
            _at("1.32.0", "service:\n      loadBalancerClass: io.cilium/l2"),
            flags=["loadBalancerClass"],
            says=[
                "version 1.32.0 of the chart `coredns` does not read `service.loadBalancerClass`, which 1.33.0 and later read",
                "Use version 1.33.0 or later of the chart.",
            ],
        ),
        Good(_at("1.33.0", "service:\n      loadBalancerClass: io.cilium/l2")),
        Bad(_at("1.45.1", "deployment: {dnsPolicy: ClusterFirst}"), flags=["dnsPolicy"]),
        Good(_at("1.45.2", "deployment: {dnsPolicy: ClusterFirst}")),
        Bad(
            _at("1.25.0", "preStopSleep: 5"),
            flags=["preStopSleep"],
            says=["version 1.25.0 of the chart `coredns` no longer reads `preStopSleep`", "Remove it."],
        ),
        Good(_at("1.24.5", "preStopSleep: 5")),
        Bad(_at("1.46.2", "dnsConfig: {}"), flags=["dnsConfig"], says=["Use `deployment.dnsConfig`."]),
        Good(_at("1.45.1", "dnsConfig: {}")),
        Bad(_at("1.16.4", "plugins: []"), flags=["plugins"]),
        Good(_at("1.10.0", "plugins: []")),
        # between two versions that are known, a range, no version, one before all that are known
        Good(_at("1.44.0", "rbac: {multiclusterEnable: true}")),
        Good(_at("'>=1.20.0'", "service:\n      loadBalancerClass: io.cilium/l2")),
        Good(_at("1.x", "preStopSleep: 5")),
        Good(_at("1.10.0", "deployment: {replicas: 2}")),
        # what is deeper
        Bad(_at("1.46.2", "deployment: {replicas: 2}"), flags=["replicas"], says=["Use `replicaCount`."]),
        Bad(
            _at("1.x", "prometheus: {monitor: {enable: true}}"),
            flags=["enable"],
            fixed=_at("1.x", "prometheus: {monitor: {enabled: true}}")["release.yaml"],
            safe=False,
        ),
        # a version that is not known
        Good(_at("1.47.0", "watchdog: true")),
        Bad(_at("1.47.0", "replicas: 2"), flags=["replicas"]),
        # the version is in another object
        Bad({**_REFERRING, "oci.yaml": _REPOSITORY}, flags=["loadBalancerClass"], says=["version 1.32.0"]),
        Good({**_REFERRING, "oci.yaml": _REPOSITORY.replace("1.32.0", "1.33.0")}),
        Good({**_REFERRING, "oci.yaml": _REPOSITORY.replace("name: dns", "name: other")}),
        Good({**_REFERRING, "oci.yaml": _REPOSITORY.replace("namespace: dns", "namespace: other")}),
        Good({**_REFERRING, "a.yaml": _REPOSITORY, "b.yaml": _REPOSITORY.replace("1.32.0", "1.33.0")}),
        Good(_REFERRING),
        # a chart with this one as a dependency
        Bad({"dns/values.yaml": _BELOW, "dns/Chart.yaml": _CHART_FILE}, flags=["loadBalancerClass"]),
        Good({"dns/values.yaml": _BELOW, "dns/Chart.yaml": _CHART_FILE.replace("1.32.0", "1.33.0")}),
        Good({"dns/values.yaml": _BELOW, "other/Chart.yaml": _CHART_FILE}),
        Good({"release.yaml": _RELEASE}),
        Good(_with("replicaCount: 2", "_shared: &shared {a: b}")),
        Good(_with("replicaCount: 2", "x-shared: &shared {a: b}")),
        # another chart may read it
        Good({"values.yaml": "replicas: 2\n" + "".join(line[4:] + "\n" for line in _RELEASE.splitlines()[7:])}),
    ]

    def check(self, chart: CorednsChart, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if document.templated or not chart.is_named:
            return
        version = version_of(chart, document, cluster)
        for path, known in READ.items():
            values = chart.node.mapping(*path.split(".")) if path else chart.node
            # what the charts before that read below the first level is not known
            if values is not None and (not path or version is None or version >= OLDEST):
                yield from self._unread(values, f"{path}." if path else "", known, version)

    def _unread(
        self, values: Mapping, prefix: str, known: dict[str, Reads], version: Version | None
    ) -> Iterator[Finding]:
        for key, _ in values.pairs:
            if not isinstance(key, Scalar) or key.value.startswith(("_", "x-", ".", "<<")):
                continue
            path = f"{prefix}{key.value}"
            reads = known.get(key.value)
            if reads is None:
                # a later version may have new values
                if version is None or version <= NEWEST or path in _MEANT or closest(key.value, known) is not None:
                    yield self._unknown(key, path, values, known)
            elif version is not None and reads.until is not None and version >= reads.until:
                yield self.finding(
                    key.span,
                    f"version {version.full} of the chart `coredns` no longer reads `{path}`, so it has no effect",
                    help=f"Use `{_MEANT[path]}`." if path in _MEANT else "Remove it.",
                )
            elif version is not None and reads.since is not None and reads.without and version <= reads.without:
                yield self.finding(
                    key.span,
                    f"version {version.full} of the chart `coredns` does not read `{path}`, which {reads.since.full} and later "
                    "read, so it has no effect",
                    help=f"Use version {reads.since.full} or later of the chart. Or remove the value.",
                )

    def _unknown(self, key: Scalar, path: str, values: Mapping, known: dict[str, Reads]) -> Finding:
        near = closest(key.value, known)
        fix, help_ = None, f"Use `{_MEANT[path]}`." if path in _MEANT else "Remove it."
        if near is not None and path not in _MEANT and values.get(near[0]) is None:
            help_ = f"Rename it to `{near[0]}`."
            fix = Fix(f"Rename `{key.value}` to `{near[0]}`", (Edit(*key.span, near[0]),), safe=False)
        return self.finding(
            key.span,
            f"no version of the chart `coredns` reads `{path}`, so it has no effect",
            help=help_,
            fix=fix,
        )
