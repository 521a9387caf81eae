"""KPL290."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.corefiles import CorednsChart
from kpl.edits import Text
from kpl.manifests import DisruptionBudget, Workload
from kpl.words import whole_number
from kpl_rules.coredns._around import dns_workloads, is_about_dns, is_scaled, matches, pod_labels, wanted_labels

_BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  %s
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  replicas: 2
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      dnsPolicy: Default
      containers: [{name: coredns, image: registry.k8s.io/coredns/coredns}]
"""
_ONE = _DEPLOYMENT.replace("replicas: 2", "replicas: 1")
_SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: coredns, namespace: kube-system}
spec: {minReplicas: 3, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: coredns}}
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
          command: [/cluster-proportional-autoscaler, --target=deployment/coredns]
"""
_CHART = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec:
  chart: {spec: {chart: coredns, version: 1.46.2}}
  values:
    podDisruptionBudget: {%s}
    servers:
    - zones: [{zone: ., use_tcp: true}]
      port: 53
      plugins: [{name: errors}, {name: health, configBlock: lameduck 5s}, {name: ready}, {name: whoami}]
"""


def _files(budget: str, deployment: str = _DEPLOYMENT, **more: str) -> dict[str, str]:
    return files(**{"budget.yaml": _BUDGET % budget, "deployment.yaml": deployment, **more})


class BudgetAllowsNoEviction(Rule):
    """The PodDisruptionBudget of CoreDNS allows no eviction, so draining a node with CoreDNS never ends.

    ## Why
    `kubectl drain`, upgrades of nodes and autoscalers evict pods. The API server refuses an eviction that would violate the
    budget, and they try again without end. A budget with `maxUnavailable: 0`, with `minAvailable: 100%`, or with a
    `minAvailable` that is the number of replicas refuses every eviction. Kubernetes rounds a percentage of `minAvailable` up.

    The rule is silent if another object sets the number of replicas, such as a HorizontalPodAutoscaler.

    ## Fix
    There is no automatic fix, because more replicas and a smaller budget are both right. With two replicas,
    `maxUnavailable: 1` allows one eviction at a time.

    ## References
    - https://kubernetes.io/docs/tasks/run-application/configure-pdb/
    - https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
    """

    code = "KPL290"
    name = "budget-allows-no-eviction"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "DisruptionBudget|CorednsChart"
    clue = "PodDisruptionBudget\npodDisruptionBudget"
    examples = [
        Bad(
            _files("maxUnavailable: 0"),
            flags=["0"],
            says=["`maxUnavailable: 0` allows no eviction of CoreDNS, so draining a node with CoreDNS never ends"],
        ),
        Bad({"budget.yaml": _BUDGET % "maxUnavailable: 0%"}, flags=["0%"]),
        Bad({"budget.yaml": _BUDGET % "minAvailable: 100%"}, flags=["100%"]),
        Bad(
            _files("minAvailable: 2"),
            flags=["2"],
            says=["`minAvailable: 2` is the number of replicas", "Set `maxUnavailable: 1`"],
        ),
        Bad(_files("minAvailable: 3"), flags=["3"], says=["is more than the 2 replicas"]),
        Bad(_files("minAvailable: 51%"), flags=["51%"], says=["`minAvailable: 51%` is all of the 2 replicas"]),
        Bad(_files("minAvailable: 1", _ONE), flags=["1"], says=["Run two replicas"], other=["single-replica"]),
        Good(_files("minAvailable: 1")),
        Good(_files("minAvailable: 50%")),
        Good(_files("maxUnavailable: 1")),
        Good(_files("maxUnavailable: 1", _ONE), other=["single-replica"]),
        # other pods, a number of replicas that is not known, or that something else sets
        Good(_files("minAvailable: 2", _DEPLOYMENT.replace("k8s-app: kube-dns", "k8s-app: dns"))),
        Good(_files("minAvailable: 2", _DEPLOYMENT.replace("namespace: kube-system", "namespace: edge"))),
        Good(_files("minAvailable: 2", _DEPLOYMENT.replace("  replicas: 2\n", ""))),
        Good(_files("minAvailable: 2", _DEPLOYMENT.replace("replicas: 2", "replicas: ${REPLICAS}"))),
        Good(_files("minAvailable: 2", _DEPLOYMENT.replace("replicas: 2", "replicas: 0"))),
        Good(_files("minAvailable: 2", **{"scaler.yaml": _SCALER})),
        Good(_files("minAvailable: 2", **{"proportional.yaml": _PROPORTIONAL})),
        Bad(_files("minAvailable: 2", **{"scaler.yaml": _SCALER.replace("kube-system", "edge")}), flags=["2"]),
        Bad(_files("minAvailable: 2", **{"other.yaml": _PROPORTIONAL.replace("kube-system", "edge")}), flags=["2"]),
        Good(_files("minAvailable: 2", f"{_DEPLOYMENT}---\n{_DEPLOYMENT.replace('replicas: 2', 'replicas: 3')}")),
        Good(_files("minAvailable: ${MIN}")),
        Good({"budget.yaml": (_BUDGET % "maxUnavailable: 0").replace("k8s-app: kube-dns", "app: etcd")}),
        # the chart
        Bad({"chart.yaml": _CHART % "maxUnavailable: 0"}, flags=["0"]),
        Bad({"chart.yaml": _CHART % "minAvailable: 1"}, flags=["1"], says=["is the number of replicas"]),
        Good({"chart.yaml": (_CHART % "minAvailable: 1").replace("    servers:", "    replicaCount: 2\n    servers:")}),
        Good({"chart.yaml": (_CHART % "minAvailable: 1").replace("    servers:", "    hpa: {enabled: true}\n    servers:")}),
        Good({"chart.yaml": (_CHART % "minAvailable: 1").replace("    servers:", "    autoscaler: {enabled: true}\n    servers:")}),
        Good({"chart.yaml": _CHART % "maxUnavailable: 1"}),
    ]  # fmt: skip

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, budget in cluster.of(DisruptionBudget):
            wanted = wanted_labels(budget.selector)
            if wanted is not None and is_about_dns(wanted) and not document.templated:
                yield from self._of_object(document, budget, wanted, cluster)
        for document, chart in cluster.of(CorednsChart):
            values = chart.node.mapping("podDisruptionBudget")
            if values is None or document.templated or not chart.is_named:
                continue
            replicas = None
            if chart.is_complete and not any(chart.node.text(each, "enabled") for each in ("hpa", "autoscaler")):
                replicas = whole_number(chart.node.text("replicaCount") or "1")
            yield from self._judged(document, values.text("minAvailable"), values.text("maxUnavailable"), replicas)

    def _of_object(
        self, document: Document, budget: DisruptionBudget, wanted: dict[str, str], cluster: Cluster
    ) -> Iterator[Finding]:
        selected = [
            (where, each)
            for where, each in dns_workloads(cluster)
            if each.namespace == budget.namespace and matches(wanted, pod_labels(each))
        ]
        replicas, related = None, []
        if len(selected) == 1 and not is_scaled(selected[0][1], cluster):
            where, workload = selected[0]
            replicas = _replicas(workload)
            if workload.replicas is not None:
                related = [Related(workload.replicas.span, "the number of replicas", where)]
        yield from self._judged(document, budget.min_available, budget.max_unavailable, replicas, related)

    def _judged(
        self,
        document: Document,
        least: Text | None,
        most: Text | None,
        replicas: int | None,
        related: list[Related] | None = None,
    ) -> Iterator[Finding]:
        result = "so draining a node with CoreDNS never ends"
        at: Text | None
        if most in ("0", "0%") or least == "100%":
            # that follows from the budget alone
            setting, at = ("minAvailable", least) if least == "100%" else ("maxUnavailable", most)
            related = None
            message = f"`{setting}: {at}` allows no eviction of CoreDNS, {result}"
        elif least is not None and replicas:
            at, needed = least, _needed(least, replicas)
            if needed is None or needed < replicas:
                return
            what = f"all of the {replicas:,} replicas" if "%" in least else "the number of replicas"
            if needed > replicas:
                what = f"more than the {replicas:,} replicas"
            message = f"`minAvailable: {least}` is {what}, {result}"
        else:
            return
        assert at is not None
        help_ = "Set `maxUnavailable: 1` instead."
        if replicas == 1:
            help_ = "Run two replicas of CoreDNS, and set `maxUnavailable: 1`."
        yield self.finding(at.span, message, help=help_, related=related or (), document=document)


def _replicas(workload: Workload) -> int | None:
    return whole_number(workload.replicas.value) if workload.replicas is not None else None


def _needed(least: str, replicas: int) -> int | None:
    """How many pods a `minAvailable` wants; a percentage is rounded up."""
    percentage = whole_number(least.removesuffix("%"))
    if percentage is None or not least.endswith("%"):
        return percentage
    return -(-replicas * percentage // 100)
