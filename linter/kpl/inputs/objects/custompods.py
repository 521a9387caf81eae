"""Where custom resources have the specs of pods, or fields of them, other than where Deployments have theirs."""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.objects.fields import mappings_at
from kpl.inputs.yaml.tree import Mapping

_DNS_FIELDS = ("dnsConfig", "dnsPolicy")
_PLUMBING = frozenset(("spec", "template", "pod", "podTemplate", "taskRunTemplate", "workflowSpec"))
"""What is in paths and does not tell one pod of a resource from the other ones."""


def _below(start: str, *paths: str) -> tuple[str, ...]:
    return tuple(f"{start}.{path}" for path in paths)


_RAY = ("headGroupSpec.template.spec", "workerGroupSpecs.*.template.spec")
_SPARK = ("driver", "executor", "driver.template.spec", "executor.template.spec")
_KAFKA = ("kafka", "entityOperator", "cruiseControl", "kafkaExporter")

WHOLE: dict[str, dict[str, tuple[str, ...]]] = {
    # https://docs.ray.io/en/latest/cluster/kubernetes/user-guides/config.html#pod-configuration-headgroupspec-and-workergroupspecs
    "ray.io": {
        "RayCluster": _below("spec", *_RAY),
        "RayJob": _below("spec.rayClusterSpec", *_RAY),
        "RayService": _below("spec.rayClusterConfig", *_RAY),
    },
    # https://keda.sh/docs/latest/reference/scaledjob-spec/
    "keda.sh": {"ScaledJob": ("spec.jobTargetRef.template.spec",)},
    # https://jobset.sigs.k8s.io/docs/reference/jobset.v1alpha2/
    "jobset.x-k8s.io": {"JobSet": ("spec.replicatedJobs.*.template.spec.template.spec",)},
    # https://lws.sigs.k8s.io/docs/reference/leaderworkerset.v1/
    "leaderworkerset.x-k8s.io": {
        "LeaderWorkerSet": _below("spec.leaderWorkerTemplate", "leaderTemplate.spec", "workerTemplate.spec"),
    },
}
"""API group -> kind -> where it has specs of pods to which its operator adds nothing about DNS; ``*`` is each of a list."""

PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    # https://github.com/kubeflow/spark-operator/blob/master/docs/api-docs.md
    "sparkoperator.k8s.io": {
        "SparkApplication": _below("spec", *_SPARK),
        "ScheduledSparkApplication": _below("spec.template", *_SPARK),
    },
    # https://argo-workflows.readthedocs.io/en/latest/fields/#workflowspec (for the pods of all templates)
    "argoproj.io": {
        "Workflow": ("spec",),
        "WorkflowTemplate": ("spec",),
        "ClusterWorkflowTemplate": ("spec",),
        "CronWorkflow": ("spec.workflowSpec",),
    },
    # https://tekton.dev/docs/pipelines/podtemplates/, https://tekton.dev/docs/pipelines/migrating-v1beta1-to-v1/
    "tekton.dev": {
        "TaskRun": ("spec.podTemplate",),
        "PipelineRun": _below(
            "spec", "podTemplate", "taskRunTemplate.podTemplate", "taskRunSpecs.*.podTemplate", "taskRunSpecs.*.taskPodTemplate"
        ),
    },
    # https://strimzi.io/docs/operators/latest/configuring.html#type-PodTemplate-reference
    "kafka.strimzi.io": {
        "Kafka": _below("spec", *(f"{each}.template.pod" for each in _KAFKA)),
        "KafkaBridge": ("spec.template.pod",),
        "KafkaConnect": _below("spec.template", "pod", "buildPod"),
        "KafkaMirrorMaker2": ("spec.template.pod",),
        "KafkaNodePool": ("spec.template.pod",),
    },
    # https://knative.dev/docs/serving/configuration/feature-flags/ (a cluster that does not allow them refuses these fields)
    "serving.knative.dev": {
        "Configuration": ("spec.template.spec",),
        "Revision": ("spec",),
        "Service": ("spec.template.spec",),
    },
    # https://cloudnative-pg.io/documentation/current/connection_pooling/#pod-templates (its Cluster has no such fields)
    "postgresql.cnpg.io": {"Pooler": ("spec.template.spec",)},
    # https://prometheus-operator.dev/docs/api-reference/api/
    "monitoring.coreos.com": dict.fromkeys(("Alertmanager", "Prometheus", "PrometheusAgent", "ThanosRuler"), ("spec",)),
}  # fmt: skip
"""The same for fields of specs that the operator completes: what is not written there is not known."""


class CustomPod(NamedTuple):
    """A pod of a custom resource."""

    spec: Mapping
    role: str
    """What tells it from the other pods of the resource: ``driver``."""
    partial: bool


def custom_pods(node: Mapping, kind: str, api_version: str) -> list[CustomPod] | None:
    """The pods of the object `node`; None where it is none of the custom resources that are known to keep them elsewhere."""
    group = api_version.partition("/")[0]
    for table, partial in ((WHOLE, False), (PARTS, True)):
        paths = table.get(group, {}).get(kind)
        if paths is not None:
            return [
                CustomPod(spec, _role(path), partial)
                for path in paths
                for spec in mappings_at(node, path)
                if spec.items("containers") or (partial and any(spec.pair(field) for field in _DNS_FIELDS))
            ]
    return None


def _role(path: str) -> str:
    return next((each for each in path.split(".") if each not in _PLUMBING), "")
