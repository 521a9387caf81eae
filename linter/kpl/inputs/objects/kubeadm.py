"""The configurations of kubeadm and of the kubelet, as far as they tell which cluster it is.

Sources: the ClusterConfiguration of kubeadm.k8s.io (v1beta2 to v1beta4), the KubeletConfiguration of kubelet.config.k8s.io/v1beta1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Span, Text

_RELEASE = re.compile(r"v?([0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?)\b")


@dataclass(eq=False)
class KubeadmCluster:
    """kubeadm's ClusterConfiguration, at `span`; `release` is what it installs, without the ``v``."""

    span: Span
    release: Text | None


@dataclass(eq=False)
class KubeletConfig:
    """A KubeletConfiguration; `cluster_dns` are the addresses that pods get in their resolv.conf."""

    cluster_dns: tuple[str, ...]


def cluster_models(node: Mapping) -> Iterator[KubeadmCluster | KubeletConfig]:
    """What the object `node` says of the cluster."""
    group, kind = (node.text("apiVersion") or "").partition("/")[0], node.text("kind")
    if group == "kubeadm.k8s.io" and kind == "ClusterConfiguration":
        written = node.text("kubernetesVersion")
        found = _RELEASE.match(written) if written is not None else None
        yield KubeadmCluster(node.span, Text(found[1], written.span) if found and written is not None else None)
    elif group == "kubelet.config.k8s.io" and kind == "KubeletConfiguration":
        yield KubeletConfig(tuple(item.value for item in node.items("clusterDNS") if isinstance(item, Scalar)))
