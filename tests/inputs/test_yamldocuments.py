"""Which documents a YAML file holds, and where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kpl.inputs.document import Document, LateDocument, ParseFailure
from kpl.inputs.objects.argocd import Application
from kpl.inputs.objects.flux import FluxKustomization
from kpl.inputs.objects.kubeadm import KubeadmCluster
from kpl.inputs.objects.kubelet import KubeletConfig
from kpl.inputs.objects.kubeproxy import KubeProxyConfig, program_text
from kpl.inputs.objects.kustomize import Kustomization
from kpl.inputs.objects.nodes import NodeObject
from kpl.inputs.objects.services import Service
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.read import read
from samples import COREFILE, POD, PROXY, config_map, documents, indented, models

SERVICE = "kind: Service\nmetadata: {name: a}\n"
CONTAINERS = "spec: {containers: [{name: c}]}\n"


def shown(document: Document) -> str:
    """The text of a failure's place, as a person sees it."""
    return document.source.text[slice(*document.embedding.host_span(document.model.span))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[{"kind": "Service"}, 3, {"a": 1}, [1], {"kind": "Node"}]\n', ["Service", "NodeObject"]),
        ("kind: ServiceList\nitems: [3, {}, {kind: Node}, {metadata: {name: a}}]\n", ["Service", "NodeObject", "Service"]),
        ("kind: PodList\nitems: [{spec: {containers: [{name: c}]}}, {kind: Pod, spec: {containers: [{name: c}]}}]\n", ["Workload"]),
        ("kind: ServiceList\nitems: {a: b}\nspec: {containers: [{name: c}]}\n", ["Workload"]),
        ("kind: Service\nitems: [{kind: Node}]\n", ["Service"]),
        (f"kind: HelmRelease\n{CONTAINERS}", []),
        (f"kind: CustomResourceDefinition\n{CONTAINERS}", []),
        (f"kind: 'CustomResourceDefinition'\n{CONTAINERS}", []),
        (f"metadata: {{name: CustomResourceDefinition}}\nkind: Pod\n{CONTAINERS}", ["Workload"]),
        ("spec: {containers: [{name: c}]}\n", []),
        ("kind: Pod\nspec: {containers: []}\n", []),
        ("kind: Pod\nspec: {containers: c}\n", []),
        ("kind: KubeProxyConfiguration\napiVersion: other/v1\n", []),
        ("kind: KubeProxyConfiguration\napiVersion: componentconfig/v1alpha1\n", ["KubeProxyConfig"]),
        ("kind: ConfigMap\ndata: {a.server: [x], Corefile: {b: c}, [x]: y, 1: z}\n---\nkind: Node\n", ["NodeObject"]),
        ("kind: ConfigMap\ndata: [Corefile]\n", []),
        ("kind: ConfigMap\ndata: {Corefile: '  '}\n", []),
        ("kind: ConfigMap\ndata: {Corefile: word}\n", []),
        ("kind: ConfigMap\ndata: {Corefile: 'word'}\n", ["Corefile"]),
        ("kind: ConfigMap\nbinaryData: {Corefile: 'word'}\n", []),
    ],
)  # fmt: skip
def test_objects_in_a_file(text: str, found: list[str]) -> None:
    read = documents("a.yaml", text)
    # what the text promises is what is then read
    promised = [each.kind for each in read]
    assert [type(each.model).__name__ for each in read if each.model is not None] == found
    assert [each.kind for each in read if each.model is not None] == found
    assert promised == [each.kind for each in read] or all(each.model is None for each in read)


@pytest.mark.parametrize(
    ("text", "late"),
    [
        (SERVICE, "Service"),
        (f"# a comment\n\n---\nkind: Deployment # why\n{CONTAINERS}", "Workload"),
        (f"apiVersion: v1\r\nkind: 'Pod'\r\n{CONTAINERS}", "Workload"),
        ("kind: Node\nmetadata:\n  labels: &a {b: c}\n  annotations: *a\n", "NodeObject"),
        # for these the text is not enough
        (f"kind: Rollout\n{CONTAINERS}", None),
        (f"{{kind: Pod, {CONTAINERS.strip()}}}\n", None),
        ("kind: Service\nkind: Node\n", None),
        ("kind: Node\nmetadata: {labels: *a}\n", None),
        ("kind: Node\nmetadata: {name: [\n", None),
        (POD.replace("kind: Pod", "kind:\n  Pod"), None),
    ],
)
def test_objects_are_read_late_where_their_text_tells_what_they_are(text: str, late: str | None) -> None:
    (document,) = documents("a.yaml", text)
    assert (document.kind if isinstance(document, LateDocument) else None) == late
    if late:
        assert type(document.model).__name__ == document.kind == late


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("metadata:\n  name: apps\n", "apps"),
        ("metadata:\n  namespace: flux-system\n\n  # why\n  name: 'apps' # here\n", "apps"),
        ("metadata: # here\r\n    labels:\r\n      name: other\r\n    name: &n apps\r\n", "apps"),
        ("metadata:\n  labels:\n    name: other\n", ""),
        ("metadata: {name: apps}\n", ""),
        ("metadata:\n  labels: {}\nspec:\n  name: other\n", ""),
        ("metadata:\n" + "  # x\n" * 1000 + "  name: apps\n", ""),
        ("spec: {}\n", ""),
    ],
)
def test_the_name_of_a_kustomization_is_known_before_it_is_read(text: str, name: str) -> None:
    head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    (document,) = documents("a.yaml", f"{head}{text}---\n")
    assert isinstance(document, LateDocument)
    assert (document.kind, document.name) == ("FluxKustomization", name)


@pytest.mark.parametrize(
    ("text", "interesting"),
    [
        ("containers: [", True),
        ('"containers" : [', True),
        ("a: containers [", False),
        ("initcontainers: [", False),
        ("kind: Service\na: [", True),
        ("kind: 'NodeList' # x\na: [", True),
        ("kind: ServiceAccount\na: [", False),
        ("of: Service\na: [", False),
        ("{kind: EndpointSlice, a: [", True),
        ("Corefile: [", True),
        ("a: KubeProxyConfiguration\nb: [", True),
        ("  a.server: [", True),
        ("'a.override': [", True),
        ("a: .server [", False),
        ("a: b.override\nc: [", False),
        ("servers: 1\nplugins: 1\nzones: [", True),
        ("servers: 1\nplugins: [", False),
        ("myservers: 1\nplugins: 1\nzones: [", False),
        ("kind: CustomResourceDefinition\ncontainers: [", False),
        ("a: 1\nb: [", False),
    ],
)
def test_of_broken_documents_those_are_reported_that_may_hold_something(text: str, interesting: bool) -> None:
    assert models("a.yaml", f"{text}\n") == [ParseFailure] * interesting


def gitops(value: Mapping[str, Any], name: str = "a.yaml") -> list[Any]:
    return [each.model for each in documents(name, json.dumps(value)) if each.model is not None]


@pytest.mark.parametrize(
    ("fields", "references"),
    [
        ({key: ["a"] for key in ("resources", "bases", "components", "patchesStrategicMerge", "crds", "transformers",
                                 "generators", "configurations")}, ["a"] * 8),
        ({"resources": ["a", {"b": "c"}, 3]}, ["a", "3"]),
        ({key: [{"path": "a"}, {"patch": "x"}, "b"] for key in ("patches", "patchesJson6902", "replacements")}, ["a"] * 3),
        ({key: [{"files": ["k=a", "b", ["c"]]}, {"literals": ["k=v"]}, "d"] for key in ("configMapGenerator", "secretGenerator")},
         ["a", "b"] * 2),
        ({"helmCharts": [{"valuesFile": "v.yaml"}, {"name": "x"}]}, ["v.yaml"]),
        ({"resources": ["https://x.example/a", "git@x.example:a", "github.com/a/b", "a?ref=v1", "a\nb", "x" * 1000, "x" * 999]},
         ["x" * 999]),
    ],
)  # fmt: skip
def test_what_a_kustomization_names(fields: Mapping[str, Any], references: list[str]) -> None:
    api = {"apiVersion": "kustomize.config.k8s.io/v1beta1"}
    (model,) = gitops({**api, "kind": "Kustomization", **fields})
    assert isinstance(model, Kustomization)
    assert model.references == references
    assert [each.references for each in gitops(fields, "kustomization.yaml")] == [references]
    assert [each.references for each in gitops(fields, "Kustomization")] == []  # a name that kpl has no reader for
    assert gitops(fields, "other.yaml") == []
    assert gitops({"kind": "Kustomization", **fields}, "kustomization.yaml") == []


@pytest.mark.parametrize(
    ("path", "kept"),
    [("./a", True), ("a/b", True), ("a..b", True), ("", False), ("../a", False), ("a/../b", False), ("${p}/a", False), ("https://a", False)],
)  # fmt: skip
def test_a_kustomization_of_flux(path: str, kept: bool) -> None:
    head = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}
    spec = {"path": path, "postBuild": {"substitute": {"a": "1", "b": {"c": "d"}}}}
    found = gitops({**head, "metadata": {"name": "n", "namespace": "s"}, "spec": spec})
    assert len(found) == kept
    if kept:
        (model,) = found
        assert isinstance(model, FluxKustomization)
        assert (model.name, model.namespace, model.path, model.substitute) == ("n", "s", path, {"a": "1"})
    assert gitops({**head, "kind": "Component", "spec": spec}) == []


def application(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "x"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "paths", "destination"),
    [
        ({"source": {"path": "a"}, "destination": {"name": "c", "server": "https://c"}}, ["a"], "c"),
        ({"sources": [{"path": "a"}, {"chart": "x"}, "y", {"path": "b"}], "destination": {"server": "https://c"}}, ["a", "b"], "https://c"),
        ({"source": {"path": "a"}, "sources": [{"path": "b"}]}, ["a", "b"], ""),
    ],
)  # fmt: skip
def test_an_application(spec: Mapping[str, Any], paths: list[str], destination: str) -> None:
    (model,) = gitops(application(**spec))
    assert isinstance(model, Application)
    assert (model.name, model.paths, model.destination) == ("x", paths, destination)


def test_what_is_no_application() -> None:
    for spec in ({}, {"source": {"chart": "x"}}, {"source": {"path": "https://x.example/a"}}):
        assert gitops(application(**spec)) == []
    assert gitops({**application(source={"path": "a"}), "kind": "AppProject"}) == []
    assert gitops({**application(source={"path": "a"}), "apiVersion": "argoproj.io.example/v1"}) == []


@pytest.mark.parametrize(
    ("generators", "made"),
    [
        (
            [{"list": {"elements": [{"name": "a", "url": "u"}, {"name": "b"}, 3]}}],
            [("a", "clusters/a"), ("b", "clusters/b")],
        ),
        ([{"git": {"directories": [{"path": "d/e"}, {"exclude": True}]}}], [("*", "clusters/*")]),
        ([{"clusters": {}}, "x"], [("*", "clusters/*")]),
        ([{"list": {"elementsYaml": "x"}}], [("*", "clusters/*")]),
        ([], []),
    ],
)
def test_an_application_set_is_what_its_generators_make(generators: list[Any], made: list[tuple[str, str]]) -> None:
    template = {"metadata": {"name": "{{ name }}"}, "spec": {"source": {"path": "clusters/{{.name}}"}}}
    spec = {"generators": generators, "template": template}
    found = gitops({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": spec})
    assert [(each.name, each.paths) for each in found] == [(name, [path]) for name, path in made]
    assert (
        gitops({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": {"generators": generators}})
        == []
    )


def test_an_application_set_of_directories() -> None:
    generator = {"git": {"directories": [{"path": "d/e"}]}}
    template = {
        "metadata": {"name": "x"},
        "spec": {"source": {"path": "{{path}}"}, "destination": {"name": "{{ path.path }}"}},
    }
    spec = {"generators": [generator], "template": template}
    (found,) = gitops({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": spec})
    assert (found.paths, found.destination) == (["d/e"], "d/e")


@pytest.mark.parametrize(
    ("text", "release", "dns"),
    [
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.33.1\n", "1.33.1", None),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: 1.33\n", "1.33", None),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: stable-1\n", "", None),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n", "", None),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ResetConfiguration\nkubernetesVersion: v1.33.1\n", None, None),
        ("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10, [x], fd00::a]\n",
         None, ("10.96.0.10", "fd00::a")),
        ("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\nclusterDNS: [10.96.0.10]\n", None, None),
    ],
)  # fmt: skip
def test_what_kubeadm_and_the_kubelet_tell(text: str, release: str | None, dns: tuple[str, ...] | None) -> None:
    found = [each.model for each in documents("a.yaml", text)]
    told = [each for each in found if each is not None]
    assert len(told) == (release is not None or dns is not None)
    for model in told:
        if isinstance(model, KubeadmCluster):
            assert (model.release or "") == release
            assert text[slice(*model.span)] == text.rstrip("\n")
        else:
            assert isinstance(model, KubeletConfig)
            assert model.cluster_dns == dns


def test_a_node() -> None:
    text = """\
kind: Node
metadata: {name: n, labels: {topology.kubernetes.io/zone: z}}
status:
  nodeInfo: {kernelVersion: 6.1.0-13-amd64, kubeletVersion: v1.33.1}
  addresses: [{type: InternalIP, address: 10.0.0.1}, {type: Hostname, address: n}, {type: ExternalIP, address: 192.0.2.1}, x, {type: InternalIP}]
"""
    (document,) = documents("n.yaml", text)
    node = document.model
    assert isinstance(node, NodeObject)
    assert (node.name, node.kernel, node.kubelet, node.zone) == ("n", "6.1.0-13-amd64", "v1.33.1", "z")
    assert node.addresses == ["10.0.0.1", "192.0.2.1", ""]


def test_a_workload() -> None:
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {generateName: web-, namespace: shop, labels: {app: web, list: [x]}}
spec:
  template:
    spec:
      hostNetwork: HOST
      dnsConfig: {options: [{name: ndots, value: "2"}, x, {name: rotate}]}
      initContainers: [{name: i, command: [a, [b]], args: [c, {d: e}]}]
      containers:
      - {name: c, image: nginx:1, env: [{name: A, value: b}, {name: B, valueFrom: {}}, {value: x}, y]}
      - z
"""
    for host, expected in (("true", True), ("false", False), ("'true'", False)):
        (document,) = documents("w.yaml", text.replace("HOST", host))
        workload = document.model
        assert isinstance(workload, Workload)
        assert (workload.host_network is not None) is expected
        assert (workload.title, workload.api_version, workload.labels) == (
            "Deployment/shop/web-",
            "apps/v1",
            {"app": "web"},
        )
        assert [(each.name, each.image) for each in workload.containers] == [("i", None), ("c", "nginx:1")]
        first, second = workload.containers
        assert ([each.value for each in first.command], [each.value for each in first.args]) == (["a"], ["c"])
        assert [(each.name, each.value and each.value.value) for each in second.env] == [("A", "b"), ("B", None)]
        assert [(name and name.value, value and value.value) for name, value, _ in workload.dns_options()] == [
            ("ndots", "2"),
            ("rotate", None),
        ]
        assert workload.dns_policy is None


@pytest.mark.parametrize(
    ("key", "found"),
    [
        *((key, 1) for key in ("config.conf", "config", "kube-proxy.conf", "kube-proxy.yaml", "kube-proxy-config.yaml", "config.yaml", "config.yml")),
        ("kubeconfig.conf", 0),
    ],
)  # fmt: skip
def test_the_keys_of_kube_proxys_config_map(key: str, found: int) -> None:
    assert models("cm.yaml", config_map("|\n" + indented(PROXY, 4), key)) == [KubeProxyConfig] * found


def test_several_documents_in_kube_proxys_config_map() -> None:
    inner = "kind: Other\n---\n" + PROXY + "---\n# KubeProxyConfiguration\n---\nkind: KubeProxyConfiguration\nmode: [\n"
    text = config_map("|\n" + indented(inner, 4), "config.conf")
    good, bad = documents("cm.yaml", text)
    assert isinstance(good.model, KubeProxyConfig)
    assert (good.name, good.namespace, good.key, good.templated) == ("coredns", "kube-system", "config.conf", False)
    assert good.embedding.text[slice(*good.model.title_span)] == "KubeProxyConfiguration"
    assert isinstance(bad.model, ParseFailure)
    assert (bad.model.what, bad.model.templated, bad.model.too_large) == ("KubeProxyConfiguration", False, False)
    assert shown(bad) in ("[", "mode:", "kind:")
    at = good.embedding.text.index("apiVersion")
    assert good.embedding.text[slice(*program_text(good.embedding.text, at))] == "---\n" + PROXY


@pytest.mark.parametrize(
    ("text", "at", "program"),
    [
        (PROXY, 0, PROXY),
        ("# a\n---\n" + PROXY, 9, "# a\n---\n" + PROXY),
        ("kind: A\n---\nkind: B\n", 0, "kind: A\n"),
        ("kind: A\n---\nkind: B\n", 12, "---\nkind: B\n"),
    ],
)
def test_what_kube_proxy_reads(text: str, at: int, program: str) -> None:
    assert text[slice(*program_text(text, at))] == program


def test_the_gates_of_kube_proxy() -> None:
    (document,) = documents(
        "a.yaml", PROXY.replace("ipvs", "''") + "featureGates: {A: true, B: false, C: 'true', D: [x], E: }\n"
    )
    assert isinstance(document.model, KubeProxyConfig)
    assert document.model.feature_gates == {"A": True, "B": False}
    assert document.model.mode is None
    (document,) = documents("a.yaml", PROXY)
    assert document.model.feature_gates == {}


@pytest.mark.parametrize(("size", "too_large"), [(1_000_000, False), (1_000_001, True)])
def test_a_kube_proxy_configuration_that_is_too_large(size: int, too_large: bool) -> None:
    text = PROXY + "#"
    text += "x" * (size - len(text) - 1) + "\n"
    (raw,) = documents("a.yaml", text)
    (inside,) = documents("cm.yaml", config_map("|\n" + indented(text, 4), "config.conf"))
    for each in (raw, inside):
        assert (isinstance(each.model, ParseFailure) and each.model.too_large) is too_large
    if too_large:
        assert raw.model.message == "it is larger than 1,000,000 characters"
        assert shown(raw) == "KubeProxyConfiguration"
        assert shown(inside) == "apiVersion:"


VALUES = """\
dns: &dns
  Corefile: |
{}
again: *dns
list:
- plain: {{Corefile: errors}}
- [{{x.corefile: "errors {{"}}, {{Corefile.prod: 'errors'}}]
- {{Corefile: "nothing"}}
- {{corefile: [a]}}
"""


def test_corefiles_under_other_keys() -> None:
    found = documents("values.yaml", VALUES.format(indented(COREFILE, 4)) + "metadata: {name: n, namespace: s}\n")
    assert [(each.key, each.kind, each.name, each.namespace) for each in found] == [
        ("Corefile", "Corefile", "n", ""),
        ("Corefile.prod", "Corefile", "n", ""),
    ]
    assert documents("a.yaml", config_map("errors", "Corefile")) != []


def test_a_config_map_tells_what_is_beside_a_corefile() -> None:
    text = (
        config_map("|\n" + indented(COREFILE, 4))
        + "  other: x\n  a.server: |\n    a.org {\n        errors\n    }\n  1: [y]\n"
    )
    first, second = documents("cm.yaml", text)
    assert first.around == second.around
    assert first.around is not None
    assert list(first.around) == ["Corefile", "other", "a.server"]
    assert (first.is_fragment, second.key) == (False, "a.server")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("kind: Service\nspec: 'open\n\n\n", "n"),
        ("a: 1\n---\nkind: Service\nspec: ]\n", "]"),
    ],
)
def test_a_document_that_does_not_parse_is_reported_at_its_place(text: str, at: str) -> None:
    (document,) = documents("a.yaml", text)
    assert isinstance(document.model, ParseFailure)
    assert shown(document) == at


def test_a_broken_document_that_only_tells_of_clusters_is_none() -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [\n"
    assert [each.model for each in documents("kustomization.yaml", text) if each.model is not None] == []
    assert isinstance(documents("a.yaml", SERVICE + "spec: [\n")[0].model, ParseFailure)
    assert models("a.yaml", SERVICE) == [Service]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("DaemonSetList", "DaemonSet"), ('"DaemonSetList"', "DaemonSet"), ("'CronJobList'", "CronJob")],
)
def test_an_item_of_a_list_has_the_kind_of_the_list(kind: str, shown: str) -> None:
    pod = "{spec: {containers: [{image: i}]}}"
    text = f"kind: {kind}\nitems:\n- spec: {{template: {pod}, jobTemplate: {{spec: {{template: {pod}}}}}}}\n"
    reading = read("a.yaml", text.encode())
    assert reading is not None
    (model,) = (each.model for each in reading.documents)
    assert (model.kind, text[slice(*model.kind.span)]) == (shown, shown)
