"""The configuration of kubeadm, as far as it tells which cluster it is.

Source: the ClusterConfiguration of kubeadm.k8s.io (v1beta2 to v1beta4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text import late
from kpl.text.span import Span, Text

_RELEASE = late.pattern(r"v?([0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?)\b")


@dataclass(eq=False)
class KubeadmCluster:
    """kubeadm's ClusterConfiguration, at `span`; `release` is what it installs, without the ``v``."""

    span: Span
    release: Text | None


class KubeadmReader(ObjectReader):
    """Reads the ClusterConfiguration of kubeadm."""

    kind = ObjectKind(
        models=("KubeadmCluster",), kinds=("ClusterConfiguration",), groups=("kubeadm.k8s.io/",), tells=True
    )
    examples = (
        Takes("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n", {"release": None}),
        Leaves("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"),
        Leaves("apiVersion: example.com/v1\nkind: ClusterConfiguration\nof: kubeadm.k8s.io/\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeadmCluster]:
        """The ClusterConfiguration that `node` is."""
        written = node.text("kubernetesVersion")
        found = _RELEASE.match(written) if written is not None else None
        yield KubeadmCluster(node.span, Text(found[1], written.span) if found and written is not None else None)
