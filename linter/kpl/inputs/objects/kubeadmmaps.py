"""The ConfigMaps in which kubeadm keeps configurations: ``kubeadm-config`` and ``kubelet-config``.

Source: https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.document import is_templated
from kpl.inputs.document import Document
from kpl.inputs.objects.kubeadm import KubeadmReader
from kpl.inputs.objects.kubelet import KubeletReader
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.scalars import embedding_of
from kpl.inputs.yaml.tree import Mapping, YamlError, compose

KEYS: dict[str, type[ObjectReader]] = {"kubelet": KubeletReader, "ClusterConfiguration": KubeadmReader}
"""Key -> the reader of what it has."""

LARGEST = 1_000_000
"""In characters; Kubernetes keeps at most 1 MiB in a ConfigMap."""

_KIND = r"""kind(?<!\wkind)["']?[ \t]*:[ \t]*["']?ConfigMap(?:List)?\b"""
_CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubeadm-config, namespace: kube-system}\ndata:\n"


class KubeadmMapReader(ObjectReader):
    """Reads the configurations in the ConfigMaps of kubeadm."""

    kind = ObjectKind(
        models=("KubeletConfig", "KubeadmCluster"),
        kinds=("ConfigMap",),
        groups=("v1",),
        clues=(Clue(("kubelet.config.k8s.io/", "kubeadm.k8s.io/"), (_KIND,)),),
        telling=("KubeadmCluster",),
    )  # fmt: skip
    examples = (
        Takes(
            f"{_CONFIG_MAP}  ClusterConfiguration: |\n    apiVersion: kubeadm.k8s.io/v1beta4\n    kind: ClusterConfiguration\n"
            "    kubernetesVersion: 1.36.2\n    networking:\n      dnsDomain: corp.local\n",
            {"release": "1.36.2", "dns_domain": "corp.local"},
            kinds=("KubeadmCluster",),
        ),
        Takes(
            f'{_CONFIG_MAP}  kubelet: "apiVersion: kubelet.config.k8s.io/v1beta1\\nkind: KubeletConfiguration\\n'
            'clusterDomain: corp.local\\n"\n',
            {"cluster_domain": "corp.local"},
        ),
        Leaves(f"{_CONFIG_MAP}  kubelet: |\n    apiVersion: kubeadm.k8s.io/v1beta4\n    kind: ClusterConfiguration\n"),
        Leaves(f"{_CONFIG_MAP}  kubelet: |\n    - apiVersion: kubelet.config.k8s.io/v1beta1\n"),
        Leaves(f"{_CONFIG_MAP}  kubelet: |\n    apiVersion: kubelet.config.k8s.io/v1beta1\n    a: [\n"),
        Leaves(f"{_CONFIG_MAP}  other: |\n    apiVersion: kubelet.config.k8s.io/v1beta1\n    kind: KubeletConfiguration\n"),
        Leaves(f"{_CONFIG_MAP}  kubelet: [kubelet.config.k8s.io/v1beta1]\n"),
    )  # fmt: skip

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The configurations in the ConfigMap `node`."""
        name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
        for key, reader in KEYS.items():
            value = node.scalar("data", key)
            if value is None or len(value.value) > LARGEST:
                continue
            outer = embedding_of(value, place.source.text, place.source.newline)
            try:
                root = next(iter(compose(outer.text)), None)
            except YamlError:
                continue
            if isinstance(root, Mapping) and reader.kind.takes(
                root.text("kind") or "", root.text("apiVersion") or "", ""
            ):
                templated = is_templated(outer.text)
                for model in reader().models(outer.text, root):
                    yield Document(place.source, model, outer, name, namespace, key, templated=templated)
