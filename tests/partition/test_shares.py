"""What a document contributes to its cluster, and what of it another process is sent."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from kpl.errors import UsageError
from kpl.inputs.document import Document, LateDocument, Reading
from kpl.shares.sent import SentReading, received, to_send
from kpl.shares.share import Release, ServiceAddress, Share, Sign, Variable, share_of
from kpl.text.source import SourceOrigin
from support import readings

CORE = ".:53 {\n    kubernetes cluster.local\n    forward . 192.0.2.1\n}\n"
KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"


def only(text: str, name: str = "a.yaml") -> Document:
    (reading,) = readings({name: text})
    (document,) = reading.documents
    return document


def pod(*images: str | None) -> str:
    containers = [{"name": "c", **({"image": image} if image else {})} for image in images]
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}}, indent=1)


@pytest.mark.parametrize(
    ("image", "what", "version"),
    [
        ("coredns:1.12.1", "CoreDNS release", "1.12.1"),
        ("registry.k8s.io/coredns/coredns:v1.12.1", "CoreDNS release", "1.12.1"),
        ("x/coredns:1.12.1-eksbuild.3", "CoreDNS release", "1.12.1"),
        ("x/coredns:1.12.10", "CoreDNS release", "1.12.10"),
        ("x/mycoredns:1.12.1", None, ""),
        ("x/coredns:1.12", None, ""),
        ("x/coredns:latest", None, ""),
        ("x/kube-proxy:v1.33.1", "Kubernetes release", "1.33.1"),
        ("x/kube-proxy-amd64:v1.33.1", "Kubernetes release", "1.33.1"),
        ("x/hyperkube:v1.33.1", None, ""),
        ("nginx:1.29", None, ""),
    ],
)
def test_an_image_tells_a_release(image: str, what: str | None, version: str) -> None:
    text = pod("redis:7", image, None)
    line = text[: text.index(f'"{image}"')].count("\n") + 1
    expected = Share() if what is None else Share((Sign(what, "", version),), (Release(what, version, line),))
    assert share_of(only(text)) == expected


def test_images_with_variables_are_left_open() -> None:
    assert share_of(only(pod("a/coredns:${v}", "nginx:$(v)"))) == Share(open_images=("a/coredns:${v}",))


@pytest.mark.parametrize(
    ("name", "namespace", "spec", "addresses", "dns"),
    [
        ("web", "shop", {"clusterIP": "10.96.0.7", "ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]},
         [("shop/web", "TCP", "10.96.0.7", 80), ("shop/web", "UDP", "10.96.0.7", 53)], False),
        ("web", None, {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "fd00::7"], "ports": [{"port": "x"}]},
         [("default/web", "TCP", "10.96.0.7", 0), ("default/web", "TCP", "fd00::7", 0)], False),
        ("web", "shop", {"clusterIP": "None", "ports": [{"port": 80}]}, [], False),
        ("web", "shop", {"ports": [{"port": 80}]}, [], False),
        ("kube-dns", "kube-system", {"clusterIP": "10.96.0.10", "ports": [{"port": 53}]},
         [("kube-system/kube-dns", "TCP", "10.96.0.10", 53)], True),
        ("kube-dns", "other", {"clusterIP": "10.96.0.10", "ports": []}, [], False),
    ],
)  # fmt: skip
def test_a_service_tells_its_addresses(
    name: str, namespace: str | None, spec: Any, addresses: list[tuple[str, str, str, int]], dns: bool
) -> None:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    text = json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}, indent=1)
    found = share_of(only(text))
    assert found.addresses == tuple(ServiceAddress(*each) for each in addresses)
    assert found.signs == ((Sign("address of cluster DNS", f"{namespace}/{name}", "10.96.0.10"),) if dns else ())
    assert found.dns_address == (("10.96.0.10", 5) if dns else None)


def test_a_corefile_tells_its_role() -> None:
    cluster = share_of(only(f"\n\n{CORE}", "Corefile"))
    assert [(each.what, each.whose) for each in cluster.signs] == [("Corefile of cluster DNS", "")]
    assert (cluster.role, cluster.line, cluster.is_corefile, cluster.imports_custom) == ("cluster DNS", 3, True, False)
    assert share_of(only(CORE, "b/Corefile")).signs != cluster.signs, "of another text"
    assert share_of(only(f"\n\n{CORE}", "b/Corefile")).signs == cluster.signs
    other = share_of(only("a.org {\n    whoami\n}\n", "Corefile"))
    assert (other.role, other.signs, other.line) == ("a standalone DNS server", (), 1)
    broken = share_of(only(". {\n", "Corefile"))
    assert (broken.is_corefile, broken.role, broken.signs) == (True, "", ())
    custom = CORE.replace("}\n", "    import custom/*.override\n}\n")
    assert share_of(only(custom, "Corefile")).imports_custom
    assert not share_of(only(KUBE_PROXY)).is_corefile


def test_configurations_are_signs() -> None:
    ipvs = share_of(only(KUBE_PROXY + "mode: ipvs\n"))
    assert [(each.what, each.whose) for each in ipvs.signs] == [("KubeProxyConfiguration", "")]
    assert share_of(only(KUBE_PROXY + "mode: iptables\n")).signs != ipvs.signs
    assert share_of(only(KUBE_PROXY + "mode: ipvs\n")).signs == ipvs.signs
    assert share_of(only(KUBE_PROXY + "windowsRunAsService: true\n")) == Share()
    kubeadm = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
    found = share_of(only(kubeadm + "kubernetesVersion: v1.33.1\n"))
    assert [each.what for each in found.signs] == ["ClusterConfiguration of kubeadm", "Kubernetes release"]
    assert found.releases == (Release("Kubernetes release", "1.33.1", 3, runs=False),)
    assert [each.what for each in share_of(only(kubeadm)).signs] == ["ClusterConfiguration of kubeadm"]
    kept = "apiVersion: v1\nkind: ConfigMap\ndata:\n  ClusterConfiguration: |\n    kubernetesVersion: v1.33.1\n"
    found = share_of(only(kept + "".join(f"    {line}\n" for line in kubeadm.splitlines())))
    assert [each.what for each in found.signs] == ["Kubernetes release"]
    assert found.releases == (Release("Kubernetes release", "1.33.1", 5, runs=False),)
    kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    assert share_of(only(kubelet + "clusterDNS: [10.96.0.10, fd00::a]\n")).signs == (
        Sign("clusterDNS of the kubelet", "", "10.96.0.10 fd00::a"),
    )
    assert share_of(only(kubelet + "clusterDNS: []\n")) == Share()


def test_a_kustomization_of_flux_tells_its_variables() -> None:
    text = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  postBuild:
    substitute:
      a: "1"
      b: two
"""
    found = share_of(only(text))
    assert found.signs == (Sign("Kustomization of Flux", "flux-system/apps", "./apps"),)
    assert found.variables == (Variable("a", "1", 8), Variable("b", "two", 9))
    assert share_of(only(text.replace("./apps", "../apps"))) == Share()


@pytest.mark.parametrize("text", ["kind: Node\n", "kind: EndpointSlice\n"])
def test_what_contributes_nothing(text: str) -> None:
    assert share_of(only(text)) == Share()


FILES = {
    "Corefile": CORE,
    "broken/Corefile": ". {\n",
    "a.yaml": pod("coredns:1.12.1")
    + "\n---\nkind: Service\nmetadata: {name: s, namespace: n}\nspec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}\n",
    "cm.yaml": "kind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata:\n  other: x\n  Corefile: |\n    . {\n        errors\n    }\n",
    "t.yaml": pod("coredns:1.12.1") + "\n{{- with .x }}\n{{- end }}\n",
}


def sent_and_received(name: str, text: str) -> tuple[Reading, Reading, list[str]]:
    """A file as it was read, as it comes over from another process, and how often it is read here."""
    (reading,) = readings({name: text})
    sent = pickle.loads(pickle.dumps(to_send(reading)))
    assert isinstance(sent, SentReading)
    read: list[str] = []

    def again() -> Reading:
        read.append(name)
        (found,) = readings({name: text})
        return found

    return reading, received(sent, again), read


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_process_is_read_when_more_is_asked_for(name: str) -> None:
    reading, late, read = sent_and_received(name, FILES[name])
    assert (late.source.path, late.kind, late.not_written) == (name, reading.kind, "")
    for each, document in zip(late.documents, reading.documents, strict=True):
        assert share_of(each) == share_of(document)
        assert each.kind == document.kind
        assert each.path == name
        assert (each.unrendered is None) is (document.unrendered is None)
        if each.kind == "ParseFailure":
            assert each.model.message == document.model.message
    assert read == []
    for each, document in zip(late.documents, reading.documents, strict=True):
        assert type(each.model) is type(document.model)
        assert (each.name, each.namespace, each.key, each.templated) == (
            document.name, document.namespace, document.key, document.templated,
        )  # fmt: skip
        assert (each.around, each.node_span) == (document.around, document.node_span)
        assert each.embedding.text == document.embedding.text
    assert read == [name]
    assert (late.source.text, late.source.origin) == (FILES[name], SourceOrigin.DISK)
    assert pickle.loads(pickle.dumps(late.source)).text == FILES[name]


def test_a_source_is_read_too() -> None:
    _, late, read = sent_and_received("Corefile", CORE)
    assert (late.source.position(5), read) == ((1, 6), ["Corefile"])
    with pytest.raises(AttributeError):
        late.source.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(late.documents[0], "nothing")


@pytest.mark.parametrize("now", [None, "kind: Node\n", FILES["a.yaml"] + "---\nkind: Node\n"])
def test_a_file_that_changed_in_between_ends_the_run(now: str | None) -> None:
    (reading,) = readings({"a.yaml": FILES["a.yaml"]})
    late = received(to_send(reading), lambda: readings({"a.yaml": now})[0] if now else None)
    with pytest.raises(UsageError, match=r"a\.yaml was changed while kpl read it"):
        late.documents[0].model  # noqa: B018


def test_a_dump_is_sent_as_it_is() -> None:
    (reading,) = readings({"node.iptables": "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n"})
    assert to_send(reading) is reading
    assert received(reading, lambda: None) is reading


def test_of_what_only_tells_no_share_is_sent() -> None:
    (reading,) = readings(
        {"k.yaml": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: 1.36.0\n"}
    )
    assert isinstance(reading.documents[0], Document)
    sent = to_send(reading)
    assert isinstance(sent, SentReading)
    assert [each.share for each in sent.documents] == [None]
    (reading,) = readings({"a.yaml": "kind: Node\n"})
    assert isinstance(reading.documents[0], LateDocument)
    sent = to_send(reading)
    assert isinstance(sent, SentReading)
    assert [each.share for each in sent.documents] == [Share()]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("resources: [a.yaml]\n", Share()),
        ("resources: [patches.yaml]\n", Share()),
        ("patches: [{path: p.yaml}, {patch: '[]'}]\n", Share(patches=("p.yaml", ""))),
        (
            "configMapGenerator: [{name: dns, files: [Corefile, a.txt]}]\n",
            Share(generated=(("Corefile", "Corefile", "dns", ""),)),
        ),
    ],
)
def test_what_a_kustomization_changes_is_sent(text: str, share: Share) -> None:
    (reading,) = readings({"kustomization.yaml": text})
    sent = to_send(reading)
    assert isinstance(sent, SentReading)
    assert [each.share for each in sent.documents] == [share]
