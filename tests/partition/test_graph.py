"""What Kustomize, Flux and Argo CD say of the files of a cluster."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from kpl.clusters.graph import Graph
from kpl.clusters.partition import partition
from kpl.facts import Facts
from kpl.text.version import Version
from support import readings

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"


def kustomization(**fields: object) -> str:
    return json.dumps({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **fields})


def flux(name: str, path: str, **more: object) -> str:
    metadata = {"name": name, "namespace": "flux-system"}
    head = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata}
    return json.dumps({**head, "spec": {"path": path, **more}})


def application(path: str, **destination: str) -> dict[str, object]:
    spec = {"source": {"path": path}, "destination": destination}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "x"}, "spec": spec}


def application_set(generator: Mapping[str, object], path: str, **destination: str) -> str:
    template = {key: application(path, **destination)[key] for key in ("metadata", "spec")}
    spec = {"generators": [generator], "template": template}
    return json.dumps({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": spec})


def reached(files: dict[str, str], start: str) -> list[str]:
    graph = Graph(readings(files))
    return sorted(os.path.relpath(path) for path in graph.reached([os.path.abspath(start)]))


def parts(files: dict[str, str]) -> dict[str, list[str]]:
    found = partition(readings(files), Facts())
    return {each.name: sorted(reading.source.path for reading in each.readings) for each in found.clusters}


def test_a_kustomization_leads_to_its_resources_bases_and_components() -> None:
    files = {
        "over/kustomization.yaml": kustomization(
            resources=["own.yaml", "../base", "https://example.org/x.yaml", "git@example.org:a/b"],
            components=["../part"],
            patches=[{"path": "patch.yaml"}, {"patch": "- op: remove"}],
            configMapGenerator=[{"name": "coredns", "files": ["Corefile=conf/Corefile"]}],
        ),
        "over/own.yaml": SERVICE,
        "over/patch.yaml": SERVICE,
        "over/conf/Corefile": ".:53 {\n    errors\n}\n",
        "over/other.yaml": SERVICE,
        "base/kustomization.yml": "bases: [inner]\n",
        "base/inner/kustomization.yaml": "resources:\n- s.yaml\n",
        "base/inner/s.yaml": SERVICE,
        "base/s.yaml": SERVICE,
        "part/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nresources: [s.yaml]\n",
        "part/s.yaml": SERVICE,
    }
    assert reached(files, "over/kustomization.yaml") == sorted(set(files) - {"over/other.yaml", "base/s.yaml"})


def test_a_kustomization_of_flux_leads_to_a_folder_of_the_repository() -> None:
    files = {
        "clusters/a/apps.yaml": flux("apps", "./apps"),
        "apps/deep/s.yaml": SERVICE,
        "apps/s.yaml": SERVICE,
        "other/s.yaml": SERVICE,
    }
    assert reached(files, "clusters/a/apps.yaml") == ["apps/deep/s.yaml", "apps/s.yaml", "clusters/a/apps.yaml"]
    files["apps/kustomization.yaml"] = "resources: [s.yaml]\n"
    assert reached(files, "clusters/a/apps.yaml") == ["apps/kustomization.yaml", "apps/s.yaml", "clusters/a/apps.yaml"]
    # of a folder that is not there, and of one outside, nothing is known
    files = {"c/x.yaml": flux("x", "./nowhere"), "s.yaml": SERVICE}
    assert reached(files, "c/x.yaml") == ["c/x.yaml"]
    for path in ("../../../..", "./../..", "${path}", ""):
        assert readings({"c/x.yaml": flux("x", path)}) == []


def test_variables_of_flux_tell_releases() -> None:
    values = {"coredns": "1.12.1", "tag": "v1.36.2"}
    images = [
        {"name": "a", "image": "registry/coredns:${coredns}"},
        {"name": "b", "image": "kube-proxy:${tag:=v1.30.0}"},
    ]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": images}}
    files = {"c/x.yaml": flux("x", "./base", postBuild={"substitute": values}), "base/pod.yaml": json.dumps(pod)}
    (cluster,) = partition(readings(files), Facts()).clusters
    assert (str(cluster.facts.coredns), str(cluster.facts.kubernetes)) == ("1.12.1", "1.36.2")
    assert {name: str(origin) for name, origin in cluster.facts.origins.items()} == {
        "coredns": "c/x.yaml:1",
        "kubernetes": "c/x.yaml:1",
    }
    told = Facts(coredns=Version("1.11.3"))
    assert partition(readings(files), told).clusters[0].facts.coredns == Version("1.11.3")


def test_references_in_a_circle_come_to_an_end() -> None:
    files = {"a/kustomization.yaml": "resources: [../b, .]\n", "b/kustomization.yaml": "resources: [../a]\n"}
    assert reached(files, "a/kustomization.yaml") == sorted(files)


def test_what_a_base_is_used_by_decides_where_it_belongs() -> None:
    files = {
        "clusters/a/sync.yaml": flux("flux-system", "./clusters/a"),
        "clusters/a/apps.yaml": flux("apps", "./apps/a"),
        "clusters/b/sync.yaml": flux("flux-system", "./clusters/b"),
        "clusters/b/apps.yaml": flux("apps", "./apps/only-b"),
        "apps/a/kustomization.yaml": "resources: [../base]\n",
        "apps/only-b/kustomization.yaml": "resources: [../base, s.yaml]\n",
        "apps/only-b/s.yaml": SERVICE,
        "apps/base/kustomization.yaml": "resources: [s.yaml]\n",
        "apps/base/s.yaml": SERVICE,
        "docs/s.yaml": SERVICE,
    }
    both = {"apps/base/kustomization.yaml", "apps/base/s.yaml", "docs/s.yaml"}
    assert parts(files) == {
        "a": sorted({"clusters/a/sync.yaml", "clusters/a/apps.yaml", "apps/a/kustomization.yaml"} | both),
        "b": sorted(
            {"clusters/b/sync.yaml", "clusters/b/apps.yaml", "apps/only-b/kustomization.yaml", "apps/only-b/s.yaml"}
            | both
        ),
    }


def test_argo_cd_deploys_to_destinations() -> None:
    files = {
        "argo/east.yaml": json.dumps(application("apps/east", name="east")),
        "argo/west.yaml": json.dumps(application("./apps/west/", server="https://west.example")),
        "apps/east/s.yaml": SERVICE,
        "apps/west/kustomization.yaml": "resources: [../../base]\n",
        "base/kustomization.yaml": "resources: [s.yaml]\n",
        "base/s.yaml": SERVICE,
    }
    assert parts(files) == {
        "east": ["apps/east/s.yaml"],
        "https://west.example": ["apps/west/kustomization.yaml", "base/kustomization.yaml", "base/s.yaml"],
        "the rest": ["argo/east.yaml", "argo/west.yaml"],
    }
    # one destination under two names is one cluster
    files["argo/east.yaml"] = json.dumps(application("apps/east", name="in-cluster"))
    files["argo/west.yaml"] = json.dumps(application("apps/west", server="https://kubernetes.default.svc"))
    assert parts(files).keys() == {""}


def test_an_application_set_is_as_many_applications_as_its_generators_make() -> None:
    folders = {"clusters/east/s.yaml": SERVICE, "clusters/west/s.yaml": SERVICE}
    by_folder = {"east": ["clusters/east/s.yaml"], "west": ["clusters/west/s.yaml"], "the rest": ["set.yaml"]}
    elements = {"list": {"elements": [{"cluster": "east"}, {"cluster": "west"}]}}
    for generator, path, name in (
        (elements, "clusters/{{cluster}}", "{{cluster}}"),
        (elements, "clusters/{{ .cluster }}", "{{.cluster}}"),
        ({"clusters": {}}, "clusters/{{name}}", "{{name}}"),
        ({"git": {"directories": [{"path": "clusters/*"}]}}, "{{path}}", "{{path.basename}}"),
    ):
        assert parts({"set.yaml": application_set(generator, path, name=name), **folders}) == by_folder
    # whose name is not told
    assert parts(
        {"set.yaml": application_set({"clusters": {}}, "clusters/east", name="{{name}}"), **folders}
    ).keys() == {""}
    assert parts({"set.yaml": application_set({"clusters": {}}, "{{path}}", name="{{name}}"), **folders}).keys() == {""}


def test_broken_objects_of_other_programs_are_nobodys_business() -> None:
    broken = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {{ x }}: [\n"
    assert readings({"set.yaml": broken, "kustomization.yaml": "resources: [\n"}) == []


def test_a_path_is_a_folder_and_what_is_below() -> None:
    files = {
        "clusters/x.yaml": flux("x", "apps"),
        "apps/deep/s.yaml": SERVICE,
        "apps2/s.yaml": SERVICE,
        "clusters/apps/s.yaml": SERVICE,
    }
    # it counts from the root of the repository, the outermost folder that has it
    assert reached(files, "clusters/x.yaml") == ["apps/deep/s.yaml", "clusters/x.yaml"]
    del files["apps/deep/s.yaml"]
    assert reached(files, "clusters/x.yaml") == ["clusters/apps/s.yaml", "clusters/x.yaml"]
    for path in ("/apps2", "./apps2/", "clusters/../apps2"):
        applied = {**files, "clusters/x.yaml": json.dumps(application(path, name="east"))}
        assert reached(applied, "clusters/x.yaml") == ["apps2/s.yaml", "clusters/x.yaml"]


def test_a_folder_without_a_kustomization_is_the_files_in_it() -> None:
    files = {
        "kustomization.yaml": "resources: [a, b/s.yaml, ./c/../d.yaml, nowhere]\n",
        "a/s.yaml": SERVICE,
        "a/deep/s.yaml": SERVICE,
        "b/s.yaml": SERVICE,
        "b/other.yaml": SERVICE,
        "d.yaml": SERVICE,
        "e.yaml": SERVICE,
    }
    assert reached(files, "kustomization.yaml") == ["a/s.yaml", "b/s.yaml", "d.yaml", "kustomization.yaml"]


def destinations(files: dict[str, str]) -> dict[str, list[str]]:
    found = Graph(readings(files)).destinations()
    return {name: [os.path.relpath(folder) for folder in folders] for name, folders in found.items()}


def test_the_folders_of_a_destination() -> None:
    files = {f"clusters/{name}/apps/s.yaml": SERVICE for name in ("east", "west", "test-1")}
    files |= {"clusters/s.yaml": SERVICE, "other/east/apps/s.yaml": SERVICE, "clusters/east/apps/deep/s.yaml": SERVICE}
    cases = {
        ("clusters/*/apps", "*"): {name: [f"clusters/{name}/apps"] for name in ("east", "test-1", "west")},
        ("./clusters/*/apps/", "in-*"): {
            f"in-{name}": [f"clusters/{name}/apps"] for name in ("east", "test-1", "west")
        },
        ("clusters/test-*/apps", "*"): {"test-1": ["clusters/test-1/apps"]},
        ("clusters/*", "one"): {"one": ["clusters/east", "clusters/test-1", "clusters/west"]},
        ("clusters/nowhere-*", "one"): {},
        ("*/*", "one"): {},
        ("clusters/east", "*"): {},
        ("clusters/east", ""): {},
        ("clusters/east", "https://kubernetes.default.svc"): {"in-cluster": ["clusters/east"]},
        ("clusters/east/apps", "x"): {"x": ["clusters/east/apps"]},
    }
    for (path, name), expected in cases.items():
        set_ = application_set({"clusters": {}}, path.replace("*", "{{x}}"), name=name.replace("*", "{{x}}"))
        assert destinations({**files, "set.yaml": set_}) == expected, (path, name)


def test_a_wild_path_that_is_written_is_a_value_that_nobody_told() -> None:
    files = {"clusters/east/s.yaml": SERVICE, "set.yaml": json.dumps(application("clusters/*", name="*"))}
    assert destinations(files) == {"east": ["clusters/east"]}
