"""KPL292."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Document, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, files
from kpl.edits import Text
from kpl.manifests import Monitor, Scalar, Service, template_placeholder
from kpl.words import listed
from kpl_rules.coredns._around import dns_workloads, labels_of, matches, pod_labels, wanted_labels

_METRICS = "9153"
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
  labels: {k8s-app: kube-dns}
spec:
  selector: {k8s-app: kube-dns}
  ports:
    - {name: dns, port: 53, protocol: UDP}
    - {name: dns-tcp, port: 53, protocol: TCP}
    - {name: metrics, port: 9153, protocol: TCP}
"""
_WITHOUT = _SERVICE.replace("    - {name: metrics, port: 9153, protocol: TCP}\n", "")
_MONITOR = """\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: coredns, namespace: monitoring}
spec:
  namespaceSelector: {matchNames: [kube-system]}
  selector: {matchLabels: {k8s-app: kube-dns}}
  endpoints:
    - port: %s
"""
_POD_MONITOR = _MONITOR.replace("ServiceMonitor", "PodMonitor").replace("endpoints", "podMetricsEndpoints")
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      dnsPolicy: Default
      containers:
        - name: coredns
          image: registry.k8s.io/coredns/coredns
          ports:
            - {name: dns, containerPort: 53, protocol: UDP}
            - {name: metrics, containerPort: 9153}
"""


def _files(port: str, service: str = _SERVICE, monitor: str = _MONITOR) -> dict[str, str]:
    return files(**{"monitor.yaml": monitor % port, "service.yaml": service})


class _Selected(NamedTuple):
    """A Service or the pods of a workload that a monitor selects."""

    name: Text
    document: Document
    ports: dict[str, str]
    """Name -> number."""


class MonitoredPortMissing(Rule):
    """A monitor names a port that the Service or the pods of CoreDNS do not have, so there are no metrics.

    ## Why
    `port` of a ServiceMonitor is the name of a port of the Service, and `port` of a PodMonitor that of a port of the
    container. The Prometheus Operator keeps only targets whose port has this name. If there is none, Prometheus has no
    target for CoreDNS and shows no error: dashboards are empty, and alerts on the metrics of CoreDNS never fire.

    The rule reports only if the files have a Service, or pods, with the labels of the selector.

    ## Fix
    kpl names the port 9153 if there is exactly one. The fix is marked as unsafe, because it is also possible that the
    Service is wrong.

    ## References
    - https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.Endpoint
    - https://coredns.io/plugins/metrics/
    """

    code = "KPL292"
    name = "monitored-port-missing"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "Monitor"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            _files("http-metrics"),
            flags=["http-metrics"],
            says=[
                "the Service `kube-dns` has no port `http-metrics` (it has `dns`, `dns-tcp` and `metrics`)",
                "so Prometheus gets no metrics of CoreDNS",
                "Set `port` to `metrics`.",
            ],
            fixed=_MONITOR % "metrics",
            safe=False,
        ),
        Bad(
            _files("metrics", _WITHOUT),
            flags=["metrics"],
            says=["Add a port `metrics` with the number 9153 to the Service."],
        ),
        Bad(
            _files("metrics", _WITHOUT, _MONITOR.replace("{matchNames: [kube-system]}", "{any: true}")),
            flags=["metrics"],
        ),
        Bad(
            _files(
                "metrics",
                _WITHOUT,
                _MONITOR.replace("  namespaceSelector: {matchNames: [kube-system]}\n", "").replace(
                    "namespace: monitoring", "namespace: kube-system"
                ),
            ),
            flags=["metrics"],
        ),
        Good(_files("metrics")),
        # another Service has it
        Good(_files("metrics", _WITHOUT + "---\n" + _SERVICE.replace("name: kube-dns\n", "name: kube-dns-metrics\n"))),
        # other labels, another namespace, other conditions, no name
        Good(_files("metrics", _WITHOUT.replace("labels: {k8s-app: kube-dns}", "labels: {k8s-app: dns}"))),
        Good(_files("metrics", _WITHOUT.replace("namespace: kube-system", "namespace: edge"))),
        Good(_files("metrics", _WITHOUT, _MONITOR.replace("  namespaceSelector: {matchNames: [kube-system]}\n", ""))),
        Good(_files("metrics", _WITHOUT, _MONITOR.replace("matchLabels: {k8s-app: kube-dns}", "matchExpressions: []"))),
        Good(_files("metrics", _WITHOUT, _MONITOR.replace("port: %s", "targetPort: %s"))),
        Good(_files("${PORT}", _WITHOUT)),
        Good({"monitor.yaml": _MONITOR % "metrics"}),
        # pods
        Bad(
            {"monitor.yaml": _POD_MONITOR % "http-metrics", "deployment.yaml": _DEPLOYMENT},
            flags=["http-metrics"],
            says=["the pods of `coredns` have no port `http-metrics` (they have `dns` and `metrics`)"],
            fixed=_POD_MONITOR % "metrics",
            safe=False,
        ),
        Bad(
            {"monitor.yaml": _POD_MONITOR % "metrics", "deployment.yaml": _DEPLOYMENT.partition("          ports:")[0]},
            flags=["metrics"],
            says=["(they have no port with a name)"],
        ),
        Good({"monitor.yaml": _POD_MONITOR % "metrics", "deployment.yaml": _DEPLOYMENT}),
    ]

    def check(self, monitor: Monitor, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        wanted = wanted_labels(monitor.selector)
        if wanted is None or document.templated:
            return
        of_pods = monitor.kind == "PodMonitor"
        is_asked = _namespaces(monitor)
        selected = list((_pods if of_pods else _services)(cluster, wanted, is_asked))
        for each in monitor.ports:
            port = each.port
            if port is None or not selected or any(port in one.ports for one in selected) or template_placeholder(port):
                continue
            first = selected[0]
            names = listed([f"`{name}`" for name in first.ports] or ["no port with a name"])
            has = f"{'they have' if of_pods else 'it has'} {names}"
            what = f"the pods of `{first.name}` have" if of_pods else f"the Service `{first.name}` has"
            meant = [name for one in selected for name, number in one.ports.items() if number == _METRICS]
            whom = "container" if of_pods else "Service"
            help_ = f"Add a port `{port}` with the number {_METRICS} to the {whom}."
            fix = None
            if len(meant) == 1:
                help_ = f"Set `port` to `{meant[0]}`."
                fix = Fix(f"Set `port` to `{meant[0]}`", (Edit(*port.span, meant[0]),), safe=False)
            yield self.finding(
                port.span,
                f"{what} no port `{port}` ({has}), so Prometheus gets no metrics of CoreDNS",
                help=help_,
                fix=fix,
                related=[Related(first.name.span, "the monitor selects this", first.document)],
            )


def _namespaces(monitor: Monitor) -> Callable[[str], bool]:
    """Whether a monitor looks into a namespace."""
    selector = monitor.node.mapping("spec", "namespaceSelector")
    if selector is not None and (selector.text("any") == "true"):
        return lambda _: True
    names = selector.items("matchNames") if selector is not None else []
    listed_ = {each.value for each in names if isinstance(each, Scalar)} or {monitor.namespace}
    return lambda namespace: namespace in listed_


def _services(cluster: Cluster, wanted: dict[str, str], is_asked: Callable[[str], bool]) -> Iterator[_Selected]:
    for document, service in cluster.of(Service):
        labels = labels_of(service.node.mapping("metadata", "labels"))
        if is_asked(service.namespace) and matches(wanted, labels) and not document.templated:
            yield _Selected(service.name, document, {each.name: str(each.port) for each in service.ports if each.name})


def _pods(cluster: Cluster, wanted: dict[str, str], is_asked: Callable[[str], bool]) -> Iterator[_Selected]:
    for document, workload in dns_workloads(cluster):
        if is_asked(workload.namespace) and matches(wanted, pod_labels(workload)):
            ports = [port for container in workload.containers for port in container.ports]
            named = {str(port.name): str(port.number) for port in ports if port.name}
            yield _Selected(workload.name, document, named)
