"""What `Cluster` knows of one cluster, apart from what concerns kube-proxy alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.cluster.documents import Documents
from kpl.coredns.judge import NODE_CACHE_COREDNS, NODE_CACHE_PLUGINS
from kpl.coredns.versions import NEWEST_COREDNS, OLDEST_SETUP
from kpl.inputs.corefile.model import Corefile
from kpl.inputs.objects.workloads import Workload
from kpl.proxy.releases import BETA_KUBERNETES, NEWEST_KUBERNETES
from kpl.proxy.services.selection import NodeFacts
from kpl.text.version import Version
from samples import POD, PROXY
from support import facts, readings

CORE = ".:53 {\n    kubernetes cluster.local\n    forward . 192.0.2.1\n}\n"
NODE_LOCAL = (
    "kind: ConfigMap\nmetadata: {name: node-local-dns}\ndata:\n  Corefile: |\n    .:53 {\n        errors\n    }\n"
)
KUBEADM = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {}\n"


def cluster(files: dict[str, str], **known: Any) -> Cluster:
    return Cluster([document for reading in readings(files) for document in reading.documents], facts(known))


def pod(*images: str) -> str:
    containers = [{"name": "c", "image": image} for image in images]
    return json.dumps({"kind": "Pod", "apiVersion": "v1", "spec": {"containers": containers}})


def node(name: str, zone: str = "") -> str:
    labels = f", labels: {{topology.kubernetes.io/zone: {zone}}}" if zone else ""
    return f"kind: Node\nmetadata: {{name: {name}{labels}}}\n"


@pytest.mark.parametrize(
    ("files", "known", "coredns", "kubernetes", "is_known"),
    [
        ({}, {}, NEWEST_COREDNS, NEWEST_KUBERNETES, False),
        ({"a.json": pod("coredns:1.9.3", "x/kube-proxy:v1.30.1")}, {}, Version("1.9.3"), Version("1.30.1"), True),
        ({"a.json": pod("coredns:1.9.3", "coredns:1.9.4")}, {}, NEWEST_COREDNS, NEWEST_KUBERNETES, False),
        ({"a.json": pod("coredns:1.9.3"), "b.json": pod("coredns:1.9.3")}, {}, Version("1.9.3"), NEWEST_KUBERNETES, False),
        ({"a.json": pod("coredns:1.9.3", "kube-proxy:v1.30.1")}, {"coredns": "1.8.0", "kubernetes": "1.20"},
         Version("1.8.0"), Version("1.20"), True),
        ({"a.yaml": KUBEADM.format("v1.29.0")}, {}, NEWEST_COREDNS, Version("1.29.0"), True),
        ({"a.yaml": KUBEADM.format("v1.29.0"), "b.json": pod("kube-proxy:v1.30.1")}, {}, NEWEST_COREDNS, Version("1.30.1"), True),
        # where what runs contradicts itself, kubeadm's release is the only one
        ({"a.yaml": KUBEADM.format("v1.29.0"), "b.json": pod("kube-proxy:v1.30.1", "kube-proxy:v1.30.2")}, {},
         NEWEST_COREDNS, Version("1.29.0"), True),
        ({"a.yaml": KUBEADM.format("v1.29.0"), "b.yaml": KUBEADM.format("v1.30.0")}, {}, NEWEST_COREDNS, NEWEST_KUBERNETES, False),
        ({}, {"kubernetes": BETA_KUBERNETES.minor}, NEWEST_COREDNS, BETA_KUBERNETES, True),
    ],
)  # fmt: skip
def test_releases(files: dict[str, str], known: Any, coredns: Version, kubernetes: Version, is_known: bool) -> None:
    found = cluster(files, **known)
    assert (found.coredns_version, found.kubernetes_version) == (coredns, kubernetes)
    assert found.kubernetes_version_known is is_known


@pytest.mark.parametrize(
    ("known", "judged", "plugins"),
    [
        ({}, NODE_CACHE_COREDNS, NODE_CACHE_PLUGINS),
        ({"target": "coredns"}, NEWEST_COREDNS, None),
        ({"coredns": "1.9.3"}, Version("1.9.3"), NODE_CACHE_PLUGINS),
    ],
)
def test_what_reads_the_corefile_of_nodelocal_dnscache(known: Any, judged: Version, plugins: Any) -> None:
    found = cluster({"cm.yaml": NODE_LOCAL}, **known)
    (document,) = found.documents
    assert found.judged_coredns_version(document) == judged
    assert found.lenient(document).circumstances.compiled == plugins


@pytest.mark.parametrize(
    ("known", "judged"),
    [
        ({}, NEWEST_COREDNS),
        ({"target": "node-local-dns"}, NODE_CACHE_COREDNS),
        ({"coredns": "1.0.0"}, OLDEST_SETUP),
        ({"coredns": "1.9.99"}, Version("1.9.4")),
        ({"coredns": "9.0.0"}, NEWEST_COREDNS),
    ],
)
def test_the_release_whose_verdict_is_given(known: Any, judged: Version) -> None:
    found = cluster({"Corefile": CORE}, **known)
    assert found.judged_coredns_version(found.documents[0]) == judged


def test_a_verdict_is_asked_for_once_for_the_same_circumstances() -> None:
    found = cluster({"Corefile": CORE})
    (document,) = found.documents
    first = found.lenient(document)
    assert found.lenient(document) is first
    assert Cluster([document], found.facts).lenient(document) is first
    assert Cluster([document], facts({"coredns": "1.9.3"})).lenient(document) is not first
    assert found.judgement(document).verdict.answer == "loads"


@pytest.mark.parametrize(
    ("files", "known", "expected"),
    [
        ({"Corefile": CORE}, {}, False),
        ({"Corefile": CORE, "cm.yaml": NODE_LOCAL}, {}, True),
        ({"cm.yaml": NODE_LOCAL}, {"node_local_dns": False}, False),
        ({}, {"node_local_dns": True}, True),
    ],
)
def test_nodelocal_dnscache(files: dict[str, str], known: Any, expected: bool) -> None:
    assert cluster(files, **known).node_local_dns is expected


@pytest.mark.parametrize(
    ("files", "known", "expected"),
    [
        ({}, {}, NodeFacts(None, None)),
        ({"a.yaml": node("a", "z1")}, {}, NodeFacts("a", "z1")),
        ({"a.yaml": node("a", "z1"), "b.yaml": node("b", "z2")}, {}, NodeFacts(None, None)),
        ({"a.yaml": node("a", "z1"), "b.yaml": node("b", "z2")}, {"node": "b"}, NodeFacts("b", "z2")),
        ({"a.yaml": node("a", "z1")}, {"node": "c"}, NodeFacts("c", None)),
    ],
)
def test_the_node_of_the_dumps(files: dict[str, str], known: Any, expected: NodeFacts) -> None:
    assert cluster(files, **known).node == expected


def test_what_is_counted_and_found() -> None:
    slices = "kind: EndpointSlice\nmetadata: {name: s}\nendpoints: [{addresses: [10.1.0.1]}, {addresses: [10.1.0.2]}]\n"
    files = {
        "a.json": pod("coredns:1.9.3"),
        "e.yaml": slices,
        "f.yaml": slices,
        "Corefile": CORE,
        "x/Corefile": ". {\n",
        "y.yaml": "kind: Service\na: [\n",
        "d.ipvs": "-A -t 10.0.0.1:80 -s rr\n",
    }
    found = cluster(files)
    assert (found.endpoints, cluster(files, endpoints=9).endpoints, cluster({}).endpoints) == (4, 9, None)
    assert [found.has(kind) for kind in ("Workload", "Corefile", "ParseFailure", "IpvsDump", "Dump", "Node")] == [
        *[True] * 5,
        False,
    ]
    assert not cluster({"Corefile": CORE}).has("Dump")
    assert [document.path for document, _ in found.corefiles] == ["Corefile"]
    assert [document.path for document in Documents(found.documents).with_corefile] == ["Corefile", "x/Corefile"]
    assert [document.path for document in found.dumps] == ["d.ipvs"]
    assert [document.path for document, _ in found.of(Workload)] == ["a.json"]
    assert [document.path for document, _ in found.of(Workload, "coredns")] == ["a.json"]
    late = cluster({"a.yaml": POD})
    assert [len(list(late.of(Workload, clue))) for clue in ("", "image", "nothing of it")] == [1, 1, 0]
    ((document, model),) = found.of(Corefile)
    assert found.document_of(model) is found.document_of(model.servers[0]) is document
    assert (found.cluster_domain, cluster({}, cluster_domain=".Corp.Example.").cluster_domain) == (
        "cluster.local",
        "corp.example",
    )


def test_kube_proxys_verdict_stands_in_the_file() -> None:
    text = "kind: Other\n---\n" + PROXY.replace("mode: ipvs\n", "mode: wrong\nbogus: 1\n") + "---\nkind: Last\n"
    found = cluster({"a.yaml": text}, kubernetes="1.33")
    (document,) = found.documents
    verdict = found.proxy_verdict(document)
    assert verdict.answer == "refuses"
    assert verdict.span is not None
    assert text[slice(*verdict.span)] in ("bogus", "wrong")
    assert found.judged_kubernetes_version(document) == Version("1.33")
    part, start = found.program_text_of(document)
    assert text[start:].startswith(part)
    assert "kind: Last" not in part
    old = cluster({"a.yaml": PROXY}, kubernetes="1.1")
    assert old.judged_kubernetes_version(old.documents[0]) == Version("1.20")
