"""The disruption budgets and the autoscalers of CoreDNS.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/,
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
"""

from __future__ import annotations

from kpl.inputs.objects.named import NamedObject, NamedReader, clue_of
from kpl.inputs.reader import Leaves, ObjectKind, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text


class DisruptionBudget(NamedObject):
    """A PodDisruptionBudget."""

    @property
    def min_available(self) -> Text | None:
        """``minAvailable``: a number or a percentage."""
        return self.node.text("spec", "minAvailable")

    @property
    def max_unavailable(self) -> Text | None:
        """``maxUnavailable``: a number or a percentage."""
        return self.node.text("spec", "maxUnavailable")

    @property
    def selector(self) -> Mapping | None:
        """Which pods it protects."""
        return self.node.mapping("spec", "selector")


class Autoscaler(NamedObject):
    """A HorizontalPodAutoscaler."""

    @property
    def target(self) -> tuple[Text | None, Text | None]:
        """The ``kind`` and the name of what it scales."""
        path = ("spec", "scaleTargetRef")
        return self.node.text(*path, "kind"), self.node.text(*path, "name")

    @property
    def bounds(self) -> tuple[Text | None, Text | None]:
        """``minReplicas`` and ``maxReplicas``."""
        return self.node.text("spec", "minReplicas"), self.node.text("spec", "maxReplicas")


class DisruptionBudgetReader(NamedReader):
    """Reads the PodDisruptionBudgets of CoreDNS."""

    model = DisruptionBudget
    kind = ObjectKind(
        models=("DisruptionBudget",),
        kinds=("PodDisruptionBudget",),
        groups=("policy/",),
        late=("PodDisruptionBudget",),
        clues=(clue_of("PodDisruptionBudget"),),
    )
    examples = (
        Takes(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: dns, namespace: kube-system}\n"
            "spec: {minAvailable: 50%, selector: {matchLabels: {k8s-app: kube-dns}}}\n",
            {"name": "dns", "namespace": "kube-system", "min_available": "50%", "max_unavailable": None},
        ),
        Takes(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: coredns}\nspec: {maxUnavailable: 1}\n",
            {"min_available": None, "max_unavailable": "1", "selector": None},
        ),
        Leaves("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"),
    )


class AutoscalerReader(NamedReader):
    """Reads the HorizontalPodAutoscalers of CoreDNS."""

    model = Autoscaler
    kind = ObjectKind(
        models=("Autoscaler",),
        kinds=("HorizontalPodAutoscaler",),
        groups=("autoscaling/",),
        late=("HorizontalPodAutoscaler",),
        clues=(clue_of("HorizontalPodAutoscaler"),),
    )
    examples = (
        Takes(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: dns}\n"
            "spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: coredns}}\n",
            {"name": "dns", "target": ("Deployment", "coredns"), "bounds": ("2", "9")},
        ),
        Leaves("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"),
    )
