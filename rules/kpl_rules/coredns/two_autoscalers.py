"""KPL291."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.corefiles import CorednsChart
from kpl.manifests import Autoscaler, Scalar
from kpl_rules.coredns._around import scalers

_HPA = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: coredns, namespace: kube-system}
spec:
  minReplicas: 2
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: coredns}
"""
_PROPORTIONAL = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: dns-autoscaler, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - name: autoscaler
          image: registry.k8s.io/cpa/cluster-proportional-autoscaler:v1.8.4
          command:
            - /cluster-proportional-autoscaler
            - --namespace=kube-system
            - --configmap=dns-autoscaler
            - --target=deployment/coredns
"""
_CHART = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec:
  chart: {spec: {chart: coredns, version: 1.46.2}}
  values:
    autoscaler:
      enabled: true
    hpa:
      enabled: true
      minReplicas: 2
    servers:
    - zones: [{zone: ., use_tcp: true}]
      port: 53
      plugins: [{name: errors}, {name: health, configBlock: lameduck 5s}, {name: ready}, {name: whoami}]
"""


def _files(hpa: str = _HPA, proportional: str = _PROPORTIONAL) -> dict[str, str]:
    return files(**{"hpa.yaml": hpa, "autoscaler.yaml": proportional})


class TwoAutoscalers(Rule):
    """Two autoscalers set the replicas of CoreDNS, so the number goes back and forth, or neither is deployed.

    ## Why
    A HorizontalPodAutoscaler sets the number of replicas by load, and cluster-proportional-autoscaler by the number of nodes
    and cores. Each sets its own number again, every 10 to 15 seconds: pods of CoreDNS start and stop without end, and queries
    to those that stop get lost.

    The chart of CoreDNS has both. If both are on, its templates make neither of them, and write no `replicas`: Kubernetes then
    runs one replica.

    ## Fix
    There is no automatic fix, because kpl does not know which one is meant. kubernetes.io describes cluster-proportional-autoscaler
    for cluster DNS.

    ## References
    - https://kubernetes.io/docs/tasks/administer-cluster/dns-horizontal-autoscaling/
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/templates/hpa.yaml
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/templates/deployment-autoscaler.yaml
    """

    code = "KPL291"
    name = "two-autoscalers"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Autoscaler|CorednsChart"
    clue = "HorizontalPodAutoscaler\nhpa"
    examples = [
        Bad(
            _files(),
            flags=["coredns"],
            says=["`dns-autoscaler` sets the replicas of `coredns`, too, so the number goes back and forth", "Remove one of"],
        ),
        Bad(
            _files(proportional=_PROPORTIONAL.replace("deployment/coredns", "Deployment/coredns")),
            flags=["coredns"],
        ),
        Good(_files(proportional=_PROPORTIONAL.replace("deployment/coredns", "deployment/kube-dns"))),
        Good(_files(proportional=_PROPORTIONAL.replace("kube-system", "edge"))),
        Good(_files(proportional=_PROPORTIONAL.replace("cluster-proportional-autoscaler:v1", "other:v1"))),
        Good(_files(_HPA.replace("name: coredns}", "name: web}"))),
        Good(_files(_HPA.replace("kind: Deployment", "kind: DaemonSet"))),
        Good({"hpa.yaml": _HPA}),
        # the chart
        Bad(
            {"chart.yaml": _CHART},
            flags=["true"],
            says=["the chart makes neither", "CoreDNS runs with one replica", "Set `enabled: false` in `hpa` or `autoscaler`."],
        ),
        Good({"chart.yaml": _CHART.replace("autoscaler:\n      enabled: true", "autoscaler:\n      enabled: false")}),
        Good({"chart.yaml": _CHART.replace("hpa:\n      enabled: true", "hpa:\n      enabled: false")}),
        Good({"chart.yaml": _CHART.replace("hpa:\n      enabled: true", "hpa:\n      enabled: ${HPA}")}),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, autoscaler in cluster.of(Autoscaler):
            kind, name = autoscaler.target
            if kind is None or name is None or document.templated:
                continue
            for each in scalers(cluster):
                if each.workload.namespace == autoscaler.namespace and each.target == f"{kind}/{name}".lower():
                    yield self.finding(
                        name.span,
                        f"`{each.workload.name}` sets the replicas of `{name}`, too, so the number goes back and forth",
                        help="Remove one of the two autoscalers.",
                        related=[Related(each.argument.span, "the other autoscaler", each.document)],
                        document=document,
                    )
                    break
        for document, chart in cluster.of(CorednsChart):
            if chart.is_named and not document.templated:
                yield from self._of_chart(document, chart)

    def _of_chart(self, document: Document, chart: CorednsChart) -> Iterator[Finding]:
        switches = [chart.node.scalar(each, "enabled") for each in ("hpa", "autoscaler")]
        first, second = switches
        if _is_on(first) and _is_on(second):
            assert first is not None
            assert second is not None
            yield self.finding(
                first.span,
                "`autoscaler` is enabled as well, and the chart makes neither of the two then, so CoreDNS runs with one replica",
                help="Set `enabled: false` in `hpa` or `autoscaler`.",
                related=[Related(second.span, "the other autoscaler")],
                document=document,
            )


def _is_on(switch: Scalar | None) -> bool:
    return switch is not None and bool(switch.boolean())
