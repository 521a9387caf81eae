"""The pods of custom resources that keep them in places of their own."""

from __future__ import annotations

import pytest

from kpl.inputs.document import LateDocument
from kpl.inputs.objects.custompods import PARTS, WHOLE
from kpl.inputs.objects.workloads import Workload
from samples import documents, models

ROWS = [
    (group, kind, path, partial)
    for table, partial in ((WHOLE, False), (PARTS, True))
    for group, kinds in table.items()
    for kind, paths in kinds.items()
    for path in paths
]


def written(group: str, kind: str, path: str, spec: str) -> str:
    """An object with `spec` at `path`, as block style writes it."""
    lines, indent = [f"apiVersion: {group}/v1", f"kind: {kind}", "metadata: {name: x, namespace: shop}"], ""
    for key in path.split("."):
        if key == "*":
            lines.append(f"{indent}- name: first")
            indent += "  "
        else:
            lines.append(f"{indent}{key}:")
            indent += "  "
    return "\n".join([*lines, f"{indent}{spec}", ""])


@pytest.mark.parametrize(("group", "kind", "path", "partial"), ROWS)
def test_each_place_is_read(group: str, kind: str, path: str, partial: bool) -> None:
    spec = "dnsPolicy: Default" if partial else "containers: [{name: c, image: i}]"
    (document,) = documents("a.yaml", written(group, kind, path, spec))
    workload = document.model
    assert isinstance(workload, Workload)
    assert (workload.partial, workload.is_custom) == (partial, True)
    assert workload.title.startswith(f"{kind}/shop/x")
    first = workload.pod.pairs[0]
    assert workload.text[first[0].start : first[1].end] == spec
    # another group has a kind of that name too, and a pod is no pod elsewhere
    assert Workload not in models("a.yaml", written("other.example", kind, f"{path}.more", spec))
    assert models("a.yaml", written(group, kind, f"status.{path}", spec)) == []


def test_each_pod_of_an_object_is_a_workload_of_its_own() -> None:
    text = """\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: pi, namespace: shop}
spec:
  driver:
    dnsConfig: {searches: [a.example]}
    template: {spec: {dnsPolicy: None}}
  executor:
    dnsConfig: {searches: [b.example]}
"""
    found = documents("a.yaml", text)
    assert not any(isinstance(each, LateDocument) for each in found)
    assert [each.model.title for each in found] == [
        "SparkApplication/shop/pi driver",
        "SparkApplication/shop/pi executor",
        "SparkApplication/shop/pi driver",
    ]
    places = [text[slice(*each.model.pod.span)] for each in found]
    assert [[word for word in ("a.example", "b.example", "None") if word in place] for place in places] == [
        ["a.example", "None"],
        ["b.example"],
        ["None"],
    ]


def test_each_item_of_a_list_is_a_pod() -> None:
    text = """\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: build-}
spec:
  taskRunSpecs:
  - {pipelineTaskName: a, podTemplate: {dnsPolicy: Default}}
  - word
  - {pipelineTaskName: b}
  - {pipelineTaskName: c, podTemplate: {dnsPolicy: None}}
"""
    assert [each.model.dns_policy for each in documents("a.yaml", text)] == ["Default", "None"]
    assert [each.model.title for each in documents("a.yaml", text)] == ["PipelineRun/build- taskRunSpecs"] * 2


@pytest.mark.parametrize(
    "text",
    [
        # nothing about pods' DNS
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {entrypoint: a, templates: [{container: {image: i}}]}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {dnsConfigs: {}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: [dnsPolicy]\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nspec: {dnsPolicy: None}\n",
        "apiVersion: argoproj.io.example/v1alpha1\nkind: Workflow\nspec: {dnsPolicy: None}\n",
        "kind: Workflow\nspec: {dnsPolicy: None}\n",
        "apiVersion: ray.io/v1\nkind: RayCluster\nspec: {headGroupSpec: {template: {spec: {dnsPolicy: None, containers: []}}}}\n",
    ],
)
def test_what_is_no_pod(text: str) -> None:
    assert models("a.yaml", text) == []


def test_containers_of_a_pod_that_an_operator_completes() -> None:
    text = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {containers: [{name: c, image: 'i:1'}]}\n"
    (document,) = documents("a.yaml", text)
    assert document.model.partial
    assert [each.image for each in document.model.containers] == ["i:1"]


@pytest.mark.parametrize(
    ("version", "late", "kinds"),
    [
        ("v1", True, ["Service"]),
        ("serving.knative.dev/v1", False, ["Workload"]),
        # Knative makes one for each of its own
        ("v1 # of serving.knative.dev/v1", False, ["Service"]),
    ],
)
def test_a_service_of_knative_is_a_pod(version: str, late: bool, kinds: list[str]) -> None:
    text = f"apiVersion: {version}\nkind: Service\nspec: {{template: {{spec: {{containers: [{{image: i}}]}}}}}}\n"
    found = documents("a.yaml", text)
    assert [isinstance(each, LateDocument) for each in found] == [late]
    assert [type(each.model).__name__ for each in found] == [each.kind for each in found] == kinds


def test_the_words_of_a_rollout_stay_those_of_a_template() -> None:
    text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {template: {spec: {containers: [{name: c, image: i}]}}}\n"
    (document,) = documents("a.yaml", text)
    assert (document.model.partial, document.model.role, document.model.is_custom) == (False, "", True)
