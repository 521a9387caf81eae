"""What each kind of document contributes to its cluster, and what another process is sent of it."""

from __future__ import annotations

import pickle
import re

import pytest

from kpl.errors import UsageError
from kpl.inputs.document import Document, Reading, holder_of
from kpl.shares.sent import SentReading, received, to_send
from kpl.shares.share import (
    COREDNS_RELEASE,
    KUBERNETES_RELEASE,
    NOTHING,
    Release,
    ServiceAddress,
    Share,
    Sign,
    Variable,
    share_of,
)
from samples import config_map, indented
from support import readings


def reading_of(text: str, name: str = "a.yaml") -> Reading:
    (reading,) = readings({name: text})
    return reading


def only(text: str, name: str = "a.yaml") -> Share:
    (document,) = reading_of(text, name).documents
    assert share_of(document) is share_of(document)
    return share_of(document)


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"


@pytest.mark.parametrize(
    ("image", "what", "version"),
    [
        ("registry.k8s.io/coredns/coredns:v1.9.3", COREDNS_RELEASE, "1.9.3"),
        ("coredns:1.9.3", COREDNS_RELEASE, "1.9.3"),
        ("coredns:v1.9.3@sha256:00", COREDNS_RELEASE, "1.9.3"),
        ("notcoredns:v1.9.3", None, None),
        ("coredns:v1.9", None, None),
        ("coredns:v1.9.30", COREDNS_RELEASE, "1.9.30"),
        ("coredns:v1.9.1234567890", None, None),
        ("registry.k8s.io/kube-proxy:v1.30.2", KUBERNETES_RELEASE, "1.30.2"),
        ("k8s/kube-proxy-amd64:v1.14.0", KUBERNETES_RELEASE, "1.14.0"),
        ("kube-proxy-windows-x:v1.14.0", None, None),
        ("app:1.2.3", None, None),
    ],
)
def test_the_releases_of_a_workload(image: str, what: str | None, version: str | None) -> None:
    share = only(f"{POD}  - name: a\n    image: app:1\n  - name: b\n    image: {image}\n")
    assert share.releases == ((Release(str(what), str(version), 9),) if what else ())
    assert share.signs == ((Sign(str(what), "", str(version)),) if what else ())
    assert share.open_images == ()


def test_an_image_with_a_variable_is_open() -> None:
    share = only(f"{POD}  - {{name: a, image: 'x/coredns:${{tag}}'}}\n  - {{name: b}}\n")
    assert (share.open_images, share.releases) == (("x/coredns:${tag}",), ())
    assert only(f"{POD}  - {{name: a, image: app}}\n") is NOTHING
    assert (NOTHING.is_corefile, NOTHING.imports_custom, NOTHING.dns_address) == (False, False, None)


CLUSTER = ".:53 {\n    kubernetes cluster.local\n    forward . 9.9.9.9\n}\n"


@pytest.mark.parametrize(
    ("name", "text", "role", "signed", "line"),
    [
        ("Corefile", CLUSTER, "cluster", True, 1),
        ("Corefile", f"\n\n  {CLUSTER}", "cluster", True, 3),
        ("a.yaml", config_map("|\n" + indented(CLUSTER, 4)), "cluster", True, 8),
        ("Corefile", "lan {\n    whoami\n}\n", "other", False, 1),
    ],
)
def test_a_corefile_has_a_role_and_a_line(name: str, text: str, role: str, signed: bool, line: int) -> None:
    share = only(text, name)
    assert (share.line, share.is_corefile, share.imports_custom) == (line, True, False)
    assert bool(share.signs) is signed
    assert (share.role == only(CLUSTER, "Corefile").role) is (role == "cluster")


def test_the_same_corefile_has_the_same_sign_and_another_one_another() -> None:
    first, same = only(CLUSTER, "Corefile").signs, only(config_map("|\n" + indented(CLUSTER, 4))).signs
    assert first == same
    assert first != only(CLUSTER.replace("9.9.9.9", "1.1.1.1"), "Corefile").signs
    assert [each.what for each in first] == ["Corefile of cluster DNS"]


def test_a_corefile_that_does_not_parse_is_one_and_nothing_else_is_said_of_it() -> None:
    assert only("a {\n", "Corefile") == Share(is_corefile=True)
    custom = config_map("|\n" + indented(CLUSTER.replace("forward", "import custom/*.override\n    forward"), 4))
    assert only(custom).imports_custom


def test_a_configuration_of_kube_proxy_is_a_sign_unless_it_is_for_windows() -> None:
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {}\n"
    (sign,) = only(text.format("ipvs")).signs
    assert sign.what == "KubeProxyConfiguration"
    assert sign == only(text.format("ipvs")).signs[0] != only(text.format("iptables")).signs[0]
    assert only(text.format("kernelspace")) == NOTHING


def test_what_kubeadm_and_the_kubelet_tell() -> None:
    kubeadm = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
    share = only(f"{kubeadm}kubernetesVersion: v1.30.2\n")
    assert share.releases == (Release(KUBERNETES_RELEASE, "1.30.2", 3, runs=False),)
    assert [each.what for each in share.signs] == ["ClusterConfiguration of kubeadm", KUBERNETES_RELEASE]
    assert [each.what for each in only(f"{kubeadm}kubernetesVersion: stable\n").signs] == [
        "ClusterConfiguration of kubeadm"
    ]
    kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: {}\n"
    assert only(kubelet.format("[10.96.0.10, fd00::a]")).signs == (
        Sign("clusterDNS of the kubelet", "", "10.96.0.10 fd00::a"),
    )
    assert only(kubelet.format("[]")) == NOTHING


def test_a_kustomization_of_flux_has_its_variables() -> None:
    text = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n"
        "spec:\n  path: ./apps\n  postBuild:\n    substitute:\n      tag: v1.9.3\n      other: x\n"
    )
    assert only(text) == Share(
        (Sign("Kustomization of Flux", "flux-system/apps", "./apps"),),
        variables=(Variable("tag", "v1.9.3", 8), Variable("other", "x", 9)),
    )


SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: {}\n  namespace: {}\nspec:\n  clusterIP: {}\n"
    "  ports: [{{port: 80}}, {{port: 53, protocol: UDP}}]\n"
)


def test_a_service_has_its_addresses() -> None:
    assert only(SERVICE.format("web", "shop", "10.96.0.7")) == Share(
        addresses=(
            ServiceAddress("shop/web", "TCP", "10.96.0.7", 80),
            ServiceAddress("shop/web", "UDP", "10.96.0.7", 53),
        )
    )
    both = SERVICE.format("web", "shop", "10.96.0.7\n  clusterIPs: [10.96.0.7, 'fd00::7']")
    assert [each.address for each in only(both).addresses] == ["10.96.0.7"] * 2 + ["fd00::7"] * 2
    assert only(SERVICE.format("web", "shop", "None")) == NOTHING
    assert only(SERVICE.format("web", "shop", "''")) is NOTHING
    assert only(SERVICE.replace("  namespace: {}\n", "").format("web", "10.96.0.7")).addresses[0].service == (
        "default/web"
    )


@pytest.mark.parametrize(("name", "namespace", "is_dns"), [("kube-dns", "kube-system", True), ("kube-dns", "x", False)])
def test_the_service_of_cluster_dns_tells_its_address(name: str, namespace: str, is_dns: bool) -> None:
    share = only(SERVICE.format(name, namespace, "10.96.0.10"))
    assert share.dns_address == (("10.96.0.10", 4) if is_dns else None)
    sign = Sign("address of cluster DNS", "kube-system/kube-dns", "10.96.0.10")
    assert share.signs == ((sign,) if is_dns else ())


# --- what is sent


BROKEN = "kind: Pod\nspec:\n  containers: [\n"
FILES = {
    "a.yaml": f"{SERVICE.format('web', 'shop', '10.96.0.7')}---\n{POD}  - {{name: a, image: 'coredns:1.9.3'}}\n",
    "Corefile": CLUSTER,
    "broken.yaml": BROKEN,
    "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_sent_without_its_text_and_is_the_same_when_it_is_asked_for(name: str) -> None:
    reading = reading_of(FILES[name], name)
    shares = [share_of(each) for each in reading.documents]
    sent = to_send(reading)
    assert isinstance(sent, SentReading)
    assert CLUSTER not in str(pickle.dumps(sent))
    asked: list[int] = []

    def again() -> Reading:
        asked.append(1)
        return reading_of(FILES[name], name)

    there = received(pickle.loads(pickle.dumps(sent)), again)
    assert (there.kind, there.not_written, there.source.path) == (reading.kind, "", name)
    assert [each.kind for each in there.documents] == [each.kind for each in reading.documents]
    if name != "kustomization.yaml":  # of which nothing is sent but its kind
        assert [share_of(each) for each in there.documents] == shares
        assert asked == []
    for mine, theirs in zip(reading.documents, there.documents, strict=True):
        assert theirs.may_hold(re.compile("10.96.0.7")) is mine.may_hold(re.compile("10.96.0.7"))
        assert theirs.embedding.text == mine.embedding.text
        assert type(theirs.model) is type(mine.model)
        assert holder_of(theirs.model) is theirs
        assert (theirs.name, theirs.namespace, theirs.key) == (mine.name, mine.namespace, mine.key)
        assert theirs.around == mine.around
        with pytest.raises(AttributeError):
            _ = theirs.nothing  # type: ignore[attr-defined]
    assert there.source.text == FILES[name]
    assert len(asked) == 1
    assert pickle.loads(pickle.dumps(there.source)).text == FILES[name]
    with pytest.raises(AttributeError):
        _ = there.source.nothing  # type: ignore[attr-defined]


def test_a_dump_is_sent_whole() -> None:
    reading = reading_of("*nat\nCOMMIT\n", "n.iptables")
    assert to_send(reading) is reading
    assert received(reading, lambda: None) is reading


def test_a_failure_is_known_without_reading_the_file() -> None:
    sent = to_send(reading_of(BROKEN, "broken.yaml"))
    there = received(sent, lambda: pytest.fail("it is read"))
    (document,) = there.documents
    assert document.model.what
    assert isinstance(document, Document)


@pytest.mark.parametrize("text", [None, CLUSTER, f"{FILES['a.yaml']}---\n{POD}  - {{name: b, image: c}}\n"])
def test_a_file_that_became_another_one_is_told(text: str | None) -> None:
    sent = to_send(reading_of(FILES["a.yaml"]))
    there = received(
        sent, lambda: None if text is None else reading_of(text, "a.yaml" if "kind" in text else "Corefile")
    )
    with pytest.raises(UsageError, match=r"^a.yaml was changed while kpl read it: run kpl again$"):
        _ = there.source.text
