"""What rules, fixes, releases and signs make of the configuration of what installs clusters."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.fix.fixer import fix_texts
from kpl.inputs.document import Document
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence
from kpl.lint.settings import Settings
from kpl.shares.share import NOTHING, share_of
from kpl.testing import node_dump
from support import facts, held, readings, run

KOPS = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: a.example\nspec:\n"
KIND = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n"
SHOOT = "apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\nmetadata:\n  name: a\nspec:\n"
EKSCTL = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n"
NETWORK = "apiVersion: operator.openshift.io/v1\nkind: Network\nspec:\n"
CONTROL_PLANE = "apiVersion: controlplane.cluster.x-k8s.io/v1beta1\nkind: KubeadmControlPlane\nspec:\n"
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
COREFILE = ".:53 {\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}" for line in text.splitlines(keepends=True))


def documents(text: str, path: str = "a.yaml") -> list[Document]:
    return [document for reading in readings({path: text}) for document in reading.documents]


def plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {key.value: plain(node.get(key.value)) for key in node.keys()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def test_a_corefile_in_a_string_is_a_corefile() -> None:
    texts = {
        "kops": f"{KOPS}  kubeDNS:\n    externalCoreFile: |\n{indented(COREFILE, 6)}",
        "eksctl": f"{EKSCTL}addons:\n- name: coredns\n  configurationValues: |\n    corefile: |\n{indented(COREFILE, 6)}",
    }
    for name, text in texts.items():
        [document] = [each for each in documents(text) if each.kind == "Corefile"]
        assert document.embedding.text == COREFILE, name
        place = document.embedding.host_span(document.model.servers[0].keys[0].span)
        assert text[slice(*place)] == ".:53"
        codes = {each.code: each for each in run({"a.yaml": text}).findings}
        assert text[slice(*codes["KPL201"].span)] == "forward . /etc/resolv.conf"
        fixed = fix_texts(readings({"a.yaml": text}), Settings(select=("KPL201",), facts=facts({})), unsafe=True)
        assert "          cache 30 {\n" in fixed.texts["a.yaml"], name
    assert documents(f"{KOPS}  kubeDNS:\n    externalCoreFile: a file\n    domain: a\n")[0].kind == "ClusterSettings"
    assert documents(f"{KOPS}  kubeDNS:\n    externalCoreFile: ' '\n") == []


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ('kube-proxy-arg: ["proxy-mode=ipvs"]\n', 'kube-proxy-arg: ["proxy-mode=nftables"]\n'),
        ("cluster:\n  proxy:\n    mode: 'ipvs'\n", "cluster:\n  proxy:\n    mode: 'nftables'\n"),
        (
            f"{KIND}kubeadmConfigPatches:\n- |\n  kind: KubeProxyConfiguration\n  mode: ipvs\n",
            f"{KIND}kubeadmConfigPatches:\n- |\n  kind: KubeProxyConfiguration\n  mode: nftables\n",
        ),
        (
            "talosVersion: a\nnodes: []\npatches:\n- |-\n  cluster:\n    proxy:\n      mode: ipvs\n",
            "talosVersion: a\nnodes: []\npatches:\n- |-\n  cluster:\n    proxy:\n      mode: nftables\n",
        ),
        ("kube_proxy_mode: ipvs\n", None),
        (f"{SHOOT}  kubernetes: {{kubeProxy: {{mode: IPVS}}}}\n", None),
        ("cluster:\n  proxy: &a\n    mode: ipvs\n  scheduler:\n    proxy: *a\n", "cluster:\n  proxy: &a\n    mode: nftables\n  scheduler:\n    proxy: *a\n"),
        ("cluster:\n  scheduler: &a\n    mode: ipvs\n  proxy: *a\n", None),
    ],
)  # fmt: skip
def test_the_mode_is_replaced_where_kube_proxy_gets_the_word(text: str, fixed: str | None) -> None:
    found = run({"a.yaml": text}, ("KPL302",), {"kubernetes": "1.35"}).findings
    assert [each.code for each in found] == ["KPL302"]
    assert text[slice(*found[0].span)].strip("'").lower() in ("ipvs", "*a")
    assert "Set the mode `nftables`" in (found[0].help or "")
    outcome = fix_texts(
        readings({"a.yaml": text}), Settings(select=("KPL302",), facts=facts({"kubernetes": "1.35"})), unsafe=True
    )
    assert outcome.texts.get("a.yaml") == fixed


def test_a_suppression_silences_what_is_in_a_string() -> None:
    comment = "  # kpl: ignore[KPL302] for now"
    text = f'kube-proxy-arg:\n- "proxy-mode=ipvs"{comment}\n'
    assert run({"a.yaml": text}, ("KPL302", "KPL002"), {"kubernetes": "1.35"}).findings == []
    assert run({"a.yaml": text.replace(comment, "")}, ("KPL302",), {"kubernetes": "1.35"}).findings != []


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        ("kube-proxy-arg: [proxy-mode=ipvs]\n", ["KPL490"]),
        ("kube-proxy-arg: [proxy-mode=iptables]\n", []),
        ("cluster:\n  proxy:\n    disabled: true\n    mode: ipvs\n", []),
        ("kube-proxy-arg: [cluster-cidr=10.42.0.0/16, detect-local-mode=ClusterCIDR]\n", ["KPL491"]),
        ("kube-proxy-arg: [cluster-cidr=10.42.0.0/16]\n", []),
    ],
)
def test_a_dump_is_compared_with_what_is_written(config: str, codes: list[str]) -> None:
    files = {"node.iptables": node_dump(), "config.yaml": config}
    assert [each.code for each in run(files, ("KPL490", "KPL491")).findings] == codes


def test_a_rule_takes_the_domain_that_an_installer_is_given() -> None:
    pod = "kind: Pod\nspec:\n  hostNetwork: true\n  containers:\n  - {name: a, image: r/a:1, args: [--db=db.shop.svc.corp.lan]}\n"
    assert [each.code for each in run({"pod.yaml": pod}, ("KPL102",)).findings] == []
    files = {"pod.yaml": pod, "config.yaml": "cluster-domain: corp.lan\ncluster-dns: 10.43.0.10\n"}
    assert [each.code for each in run(files, ("KPL102",)).findings] == ["KPL102"]


def test_kpl_verify_leaves_what_is_partial() -> None:
    assert held("a.yaml", b"kube_proxy_mode: nonsense\n").configurations == []


def known(text: str, path: str = "a.yaml") -> str | None:
    found = documents(text, path)
    cluster = Cluster(found)
    [config] = [each for each in found if each.kind == "KubeProxyConfig"]
    return str(cluster.kubernetes_version_for(config.model)) if config else None


def test_a_release_is_that_of_its_own_file() -> None:
    assert known(f"{KOPS}  kubernetesVersion: v1.28.3\n  kubeProxy: {{proxyMode: ipvs}}\n") == "1.28.3"
    assert known(f"{KIND}nodes: [{{image: 'kindest/node:v1.29.2'}}]\nnetworking: {{kubeProxyMode: ipvs}}\n") == "1.29.2"
    two = f"{KIND}nodes: [{{image: 'a:v1.29.2'}}, {{image: 'a:v1.30.2'}}]\nnetworking: {{kubeProxyMode: ipvs}}\n"
    assert known(two) != "1.29.2"


def releases(text: str) -> list[tuple[str, str, int, bool]]:
    return [tuple(each) for _, each in Cluster(documents(text)).releases]  # type: ignore[misc]


def test_releases_are_facts_where_the_cluster_is_that_of_the_objects_around_it() -> None:
    text = f"{KOPS}  kubernetesVersion: v1.28.3\n  kubeDNS: {{coreDNSImage: 'r/coredns:v1.10.1-a'}}\n"
    assert releases(text) == [("Kubernetes release", "1.28.3", 6, False), ("CoreDNS release", "1.10.1", 7, False)]
    assert str(Cluster(documents(text)).coredns_version) == "1.10.1"
    runs = "---\nkind: Pod\nspec: {containers: [{image: 'r/coredns:1.9.3'}, {image: 'r/kube-proxy:v1.27.1'}]}\n"
    cluster = Cluster(documents(text + runs))
    assert (str(cluster.coredns_version), str(cluster.kubernetes_version)) == ("1.9.3", "1.27.1")
    assert releases(f"{SHOOT}  kubernetes: {{version: 1.33.4}}\n") == []
    assert releases(f"{KIND}nodes: [{{image: 'kindest/node:v1.29.2'}}]\n") == []


def signs(text: str) -> list[tuple[str, str]]:
    return [(sign.what, sign.shown) for each in documents(text) for sign in share_of(each).signs]


def test_what_shows_which_cluster_it_is() -> None:
    assert signs(f"{KOPS}  podCIDR: 10.0.0.0/8\n  kubernetesVersion: 1.30.0\n") == [("cluster of kops", "a.example")]
    assert signs("cluster:\n  network: {dnsDomain: a.example}\n") == []
    [(what, mode)] = signs("kube_proxy_mode: ipvs\n")
    assert what == "settings of kube-proxy"
    assert signs("# a\nkube_proxy_mode:   ipvs\n") == [(what, mode)]
    assert signs("kube_proxy_mode: iptables\n") != [(what, mode)]
    assert signs(f"{KIND}name: a\nnodes: [{{image: 'a:v1.29.2'}}]\nnetworking: {{kubeProxyMode: ipvs}}\n") == []
    assert share_of(documents(f"{KIND}name: a\nnetworking: {{podSubnet: 10.0.0.0/8}}\n")[0]) is NOTHING


def test_aliases_of_texts_and_words_are_left() -> None:
    text = f"{KIND}a: &a '{{kind: KubeProxyConfiguration, mode: ipvs}}'\nkubeadmConfigPatches: [*a]\n"
    assert documents(text) == []
    text = f"{EKSCTL}a: &a 'mode: ipvs'\naddons: [{{name: kube-proxy, configurationValues: *a}}]\n"
    assert documents(text) == []
    assert documents("a: &a 10.0.0.0/8\ncluster-cidr: *a\nservice-cidr: [*a]\n") == []


def test_hostile_values_are_left() -> None:
    for value in (
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "~",
        "'{{ a }}'",
        "[~, '', ' , ,']",
        "&a [*a]" if False else "!!binary a",
    ):
        for text in (
            f"cluster: {{proxy: {value}, network: {value}, coreDNS: {value}}}\nmachine: {value}\n",
            f"kube-proxy-arg: {value}\ndisable: {value}\ncluster-dns: {value}\ncluster-cidr: {value}\n",
            f"kube_proxy_mode: {value}\nkube_version: {value}\nnodelocaldns_ip: {value}\nkube_proxy_nodeport_addresses: {value}\n",
            f"{KOPS}  kubeProxy: {value}\n  kubeDNS: {value}\n",
            f"{KIND}nodes: {value}\nnetworking: {{kubeProxyMode: {value}}}\nkubeadmConfigPatches: {value}\n",
            f"{EKSCTL}metadata: {value}\naddons: {value}\n",
            f"talosVersion: {value}\nnodes: {value}\npatches: {value}\n",
        ):
            run({"a.yaml": text})
