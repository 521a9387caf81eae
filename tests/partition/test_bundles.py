"""What was collected from one cluster is one cluster, whatever its folders show."""

from __future__ import annotations

import json

from kpl.clusters.partition import partition
from kpl.facts import Facts
from kpl.inputs.read import read
from kpl.text.source import SourceOrigin
from support import readings

OLD, NEW = "v1.30.1", "v1.31.2"


def pod(release: str) -> str:
    """A pod of kube-proxy, which shows the release of its node."""
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-proxy}\nspec:\n  containers:\n"
        f"  - {{name: kube-proxy, image: 'registry.k8s.io/kube-proxy:{release}'}}\n"
    )


NODES = json.dumps({"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "node-1"}}]})


def parts(files: dict[str, str]) -> dict[str, set[str]]:
    """The files of each cluster by its name."""
    found = partition(readings(files), Facts()).clusters
    return {each.name: {reading.source.path for reading in each.readings} for each in found}


def test_folders_with_two_releases_are_two_clusters() -> None:
    assert len(parts({"a/pod.yaml": pod(OLD), "b/pod.yaml": pod(NEW)})) == 2


def test_the_folders_of_must_gather() -> None:
    files = {
        "namespaces/kube-system/pods/a/a.yaml": pod(OLD),
        "namespaces/kube-system/pods/b/b.yaml": pod(NEW),
        "cluster-scoped-resources/core/nodes/node-1.yaml": "kind: Node\nmetadata: {name: node-1}\n",
    }
    assert parts(files) == {"": {*files}}
    inside = {f"must-gather.local.1/quay/{path}": text for path, text in files.items()}
    assert parts(inside) == {"": {*inside}}
    # a folder of namespaces alone is in many repositories
    del files["cluster-scoped-resources/core/nodes/node-1.yaml"]
    assert len(parts(files)) == 2


def test_two_must_gathers_of_two_clusters() -> None:
    def gathered(folder: str, release: str) -> dict[str, str]:
        return {
            f"{folder}/namespaces/kube-system/pods/a/a.yaml": pod(release),
            f"{folder}/cluster-scoped-resources/core/nodes/node-1.yaml": "kind: Node\nmetadata: {name: node-1}\n",
        }

    one, other = gathered("one", OLD), gathered("other", NEW)
    assert parts(one | other) == {"one": {*one}, "other": {*other}}


def test_the_folders_of_cluster_info_dump() -> None:
    def pods(release: str) -> str:
        image = f"registry.k8s.io/kube-proxy:{release}"
        spec = {"containers": [{"name": "kube-proxy", "image": image}]}
        return json.dumps({"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "p"}, "spec": spec}]})

    files = {"nodes.json": NODES, "a/pods.json": pods(OLD), "b/pods.json": pods(NEW)}
    assert parts(files) == {"": {*files}}
    for other in (
        {"nodes.json": json.dumps({"kind": "Service", "metadata": {"name": "nodes"}})},
        {"c/nodes.json": NODES},
        {},
    ):
        assert len(parts({**other, "a/pods.json": pods(OLD), "b/pods.json": pods(NEW)})) > 1
    assert len(parts({"nodes.json": NODES, "a/p.json": pods(OLD), "b/p.json": pods(NEW)})) > 1


def test_an_archive_is_one_place() -> None:
    def member(archive: str, path: str, text: str) -> object:
        found = read(f"{archive}:{path}", text.encode(), False, None, SourceOrigin.ARCHIVE)
        assert found is not None
        found.source.archive = archive
        return found

    one = [member("x/a.tgz", "p/pod.yaml", pod(OLD)), member("x/a.tgz", "q/pod.yaml", pod(NEW))]
    other = [member("x/b.tgz", "p/pod.yaml", pod(NEW)), member("x/b.tgz", "pod.yaml", pod(NEW))]
    assert len(partition(one, Facts()).clusters) == 1  # type: ignore[arg-type]
    found = {each.name: each.readings for each in partition([*one, *other], Facts()).clusters}  # type: ignore[list-item]
    assert found == {"a.tgz": one, "b.tgz": other}
