"""How Prometheus watches CoreDNS.

Source: https://prometheus-operator.dev/docs/api-reference/api/
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.objects.fields import mappings
from kpl.inputs.objects.named import NamedObject, NamedReader, clue_of
from kpl.inputs.reader import Leaves, ObjectKind, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text


class MonitoredPort(NamedTuple):
    """An endpoint of a ServiceMonitor or a PodMonitor: the name of a port, or its number."""

    node: Mapping
    port: Text | None
    target_port: Text | None
    path: Text | None


class Monitor(NamedObject):
    """A ServiceMonitor or a PodMonitor."""

    @property
    def selector(self) -> Mapping | None:
        """Which Services or pods it is about."""
        return self.node.mapping("spec", "selector")

    @property
    def ports(self) -> list[MonitoredPort]:
        """Where their metrics are."""
        of_pods = self.kind == "PodMonitor"
        return [
            MonitoredPort(each, each.text("port"), each.text("targetPort"), each.text("path"))
            for each in mappings(self.node, "spec", "podMetricsEndpoints" if of_pods else "endpoints")
        ]


class RuleExpression(NamedTuple):
    """An expression of a PrometheusRule; `name` is what it records or alerts about."""

    name: Text | None
    expression: Scalar


class MetricRules(NamedObject):
    """A PrometheusRule."""

    @property
    def expressions(self) -> list[RuleExpression]:
        """Its expressions, in their order."""
        return [
            RuleExpression(rule.text("alert") or rule.text("record"), expression)
            for group in mappings(self.node, "spec", "groups")
            for rule in mappings(group, "rules")
            if (expression := rule.scalar("expr")) is not None
        ]


class MonitorReader(NamedReader):
    """Reads the ServiceMonitors and PodMonitors of CoreDNS."""

    model = Monitor
    kind = ObjectKind(
        models=("Monitor",),
        kinds=("PodMonitor", "ServiceMonitor"),
        groups=("monitoring.coreos.com/",),
        late=("PodMonitor", "ServiceMonitor"),
        clues=(clue_of("(?:Pod|Service)Monitor"),),
    )
    examples = (
        Takes(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: coredns}\n"
            "spec: {selector: {matchLabels: {k8s-app: kube-dns}}, endpoints: [{port: metrics}], podMetricsEndpoints: [{}]}\n",
            {"name": "coredns", "kind": "ServiceMonitor"},
        ),
        Leaves("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web}\n"),
    )


class MetricRulesReader(NamedReader):
    """Reads the PrometheusRules that use metrics of CoreDNS."""

    model = MetricRules
    kind = ObjectKind(
        models=("MetricRules",),
        kinds=("PrometheusRule",),
        groups=("monitoring.coreos.com/",),
        late=("PrometheusRule",),
        clues=(clue_of("PrometheusRule", "coredns_"),),
    )
    examples = (
        Takes(
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: dns}\n"
            "spec: {groups: [{rules: [{alert: Down, expr: 'coredns_panics_total > 0'}]}]}\n",
            {"name": "dns"},
        ),
        Leaves(
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n"
            "spec: {groups: [{rules: [{expr: 'up{job=\"coredns\"}'}]}]}\n"
        ),
    )
