"""The configuration of the kubelet, as far as it tells which cluster it is.

Source: the KubeletConfiguration of kubelet.config.k8s.io/v1beta1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar


@dataclass(eq=False)
class KubeletConfig:
    """A KubeletConfiguration; `cluster_dns` are the addresses that pods get in their resolv.conf."""

    cluster_dns: tuple[str, ...]


class KubeletReader(ObjectReader):
    """Reads the KubeletConfiguration."""

    kind = ObjectKind(
        models=("KubeletConfig",), kinds=("KubeletConfiguration",), groups=("kubelet.config.k8s.io/",), tells=True
    )
    examples = (
        Takes(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\n",
            {"cluster_dns": ("10.96.0.10",)},
        ),
        Leaves("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeletConfig]:
        """The KubeletConfiguration that `node` is."""
        yield KubeletConfig(tuple(item.value for item in node.items("clusterDNS") if isinstance(item, Scalar)))
