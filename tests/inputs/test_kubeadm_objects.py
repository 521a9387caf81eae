"""The configurations of kubeadm and of the kubelet, wherever they are."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from samples import documents, indented, models

CLUSTER = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.33.1\n"
INIT = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
  kubeletExtraArgs: [{name: resolv-conf, value: /etc/r.conf}]
"""
KUBELET = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\n"


def config_map(key: str, text: str, more: str = "") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\n{more}data:\n  {key}: |\n{indented(text, 4)}"


def test_the_documents_of_one_file() -> None:
    found = documents("kubeadm.yaml", "---\n".join([CLUSTER, INIT, KUBELET]))
    assert [each.kind for each in found] == ["KubeadmCluster", "KubeadmNode", "KubeletConfig"]
    assert found[1].model.resolv_conf == "/etc/r.conf"


@pytest.mark.parametrize("more", ["", "labels: {a: b.c}\n", "  # orefile\n", "x: containers\n"])
def test_a_config_map_of_kubeadm_tells_the_release(more: str) -> None:
    # whatever else its text may hold
    found = documents("cm.yaml", config_map("ClusterConfiguration", CLUSTER, more) + "  A: b.example\n")
    assert [each.kind for each in found] == ["EnvSource", "KubeadmCluster"]
    assert str(found[1].object) == "ConfigMap m"
    cluster = Cluster(found)
    assert (cluster.kubernetes_version_known, str(cluster.kubernetes_version)) == (True, "1.33.1")


def test_a_list_of_config_maps() -> None:
    items = "".join("- " + indented(config_map("kubelet", KUBELET), 2)[2:] for _ in range(2))
    text = f"apiVersion: v1\nkind: List\nitems:\n{items}"
    assert [each.kind for each in documents("cm.yaml", text)] == ["KubeletConfig", "KubeletConfig"]


@pytest.mark.parametrize(
    "text",
    [
        config_map("kubelet", KUBELET).replace("apiVersion: v1\n", "apiVersion: example.com/v1\n"),
        config_map("kubelet", KUBELET).replace("ConfigMap", "Secret"),
        config_map("kubelet", "# " + "x" * 1_000_000 + "\n" + KUBELET),
        "apiVersion: v1\nkind: ConfigMap\n# kubelet.config.k8s.io/v1beta1\n",
    ],
)
def test_what_is_left(text: str) -> None:
    assert {*models("cm.yaml", text)} <= {type(None)}
