"""KPL294."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Profile, Rule, Severity, Stop, manifest
from kpl.corefiles import CorednsChart
from kpl.manifests import Scalar
from kpl_rules.coredns._around import dns_workloads, is_about_dns, is_scaled, pod_labels

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  replicas: 1
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      dnsPolicy: Default
      containers: [{name: coredns, image: registry.k8s.io/coredns/coredns}]
"""
_ROLLING = "  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}\n"
_SCALER = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: coredns, namespace: kube-system}
spec: {minReplicas: 3, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: coredns}}
"""
_CHART = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec:
  chart: {spec: {chart: coredns, version: 1.46.2}}
  values:
    replicaCount: 1
    servers:
    - zones: [{zone: ., use_tcp: true}]
      port: 53
      plugins: [{name: errors}, {name: health, configBlock: lameduck 5s}, {name: ready}, {name: whoami}]
"""


class SingleReplica(Rule):
    """CoreDNS runs with one replica, so no name resolves in the cluster while its pod is replaced.

    ## Why
    If the node of the only pod fails, Kubernetes starts another one after more than five minutes: 40 to 50 seconds until the
    node is not ready, and 300 seconds that pods tolerate it. Until then no name resolves. An eviction stops the pod before its
    replacement is ready. So does a rollout if `maxUnavailable` is 1, as in the manifest and the chart of CoreDNS.

    The rule is in the profile `strict`, because a cluster with one node does not need a second replica.

    ## Fix
    There is no automatic fix. Run two replicas on two nodes: the manifest of kubeadm has two, and an anti-affinity that keeps
    them apart.

    ## References
    - https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
    - https://github.com/coredns/deployment/blob/master/kubernetes/coredns.yaml.sed
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/phases/addons/dns/manifests.go
    """

    code = "KPL294"
    name = "single-replica"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    profile = Profile.STRICT
    needs = "Workload|CorednsChart"
    clue = "coredns"
    examples = [
        Bad(
            manifest(_DEPLOYMENT),
            flags=["1"],
            says=["`coredns` runs with one replica, so no name resolves while its pod is replaced", "Run two replicas"],
        ),
        Bad(
            manifest(_DEPLOYMENT.replace("  replicas: 1\n", f"  replicas: 1\n{_ROLLING}")),
            flags=["1"],
            says=["`maxUnavailable` is 1, so every rollout stops the only pod"],
        ),
        Good(manifest(_DEPLOYMENT.replace("replicas: 1", "replicas: 2"))),
        # tuned by something else, or not the DNS of the cluster
        Good(manifest(_DEPLOYMENT.replace("  replicas: 1\n", ""))),
        Good(manifest(_DEPLOYMENT + _SCALER)),
        Good(manifest(_DEPLOYMENT.replace("kind: Deployment", "kind: DaemonSet"))),
        Good(manifest(_DEPLOYMENT.replace("namespace: kube-system", "namespace: external-dns"))),
        Good(manifest(_DEPLOYMENT.replace("k8s-app: kube-dns", "k8s-app: tunnel-dns"))),
        Good(manifest(_DEPLOYMENT.replace("replicas: 1", "replicas: ${REPLICAS}"))),
        Bad({"chart.yaml": _CHART}, flags=["1"]),
        Good({"chart.yaml": _CHART.replace("replicaCount: 1", "replicaCount: 2")}),
        Good({"chart.yaml": _CHART.replace("replicaCount: 1", "replicaCount: 1\n    isClusterService: false")}),
        Good({"chart.yaml": _CHART.replace("replicaCount: 1", "replicaCount: 1\n    hpa: {enabled: true}")}),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, workload in dns_workloads(cluster):
            replicas = workload.replicas
            if replicas is None or replicas.value != "1" or workload.kind != "Deployment":
                continue
            is_dns = workload.namespace == "kube-system" and is_about_dns(pod_labels(workload))
            if is_dns and not is_scaled(workload, cluster):
                most = workload.node.text("spec", "strategy", "rollingUpdate", "maxUnavailable")
                yield self._finding(document, replicas, str(workload.name), most == "1")
        for document, chart in cluster.of(CorednsChart):
            replicas = chart.node.scalar("replicaCount")
            if replicas is not None and replicas.value == "1" and _is_unscaled_cluster_dns(chart, document):
                yield self._finding(document, replicas, "coredns", False)

    def _finding(self, document: Document, replicas: Scalar, name: str, stops_first: bool) -> Finding:
        more = ", and its `maxUnavailable` is 1, so every rollout stops the only pod" if stops_first else ""
        return self.finding(
            replicas.span,
            f"`{name}` runs with one replica, so no name resolves while its pod is replaced{more}",
            help="Run two replicas, on two nodes.",
            document=document,
        )


def _is_unscaled_cluster_dns(chart: CorednsChart, document: Document) -> bool:
    if not chart.is_named or document.templated or chart.node.text("isClusterService") == "false":
        return False
    return not any(chart.node.text(each, "enabled") not in (None, "false") for each in ("hpa", "autoscaler"))
