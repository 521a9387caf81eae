"""The configuration of the kubelet, as far as pods get their resolv.conf from it.

Source: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Span, Text


@dataclass(eq=False)
class KubeletConfig:
    """A KubeletConfiguration; `cluster_dns` are the addresses that pods get in their resolv.conf."""

    cluster_dns: tuple[Text, ...]
    cluster_domain: Text | None = None
    resolv_conf: Text | None = None
    """``resolvConf``: the node's file, which pods with the policy ``Default`` get."""
    kind: Span | None = None
    """Where the object says what it is."""


class KubeletReader(ObjectReader):
    """Reads the KubeletConfiguration."""

    kind = ObjectKind(models=("KubeletConfig",), kinds=("KubeletConfiguration",), groups=("kubelet.config.k8s.io/",))
    examples = (
        Takes(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: [10.96.0.10]\n"
            "clusterDomain: corp.local\nresolvConf: /run/systemd/resolve/resolv.conf\n",
            {
                "cluster_dns": ("10.96.0.10",),
                "cluster_domain": "corp.local",
                "resolv_conf": "/run/systemd/resolve/resolv.conf",
            },
        ),
        Takes(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS: 10.96.0.10\nresolvConf: [a]\n",
            {"cluster_dns": (), "cluster_domain": None, "resolv_conf": None},
        ),
        Leaves("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: CredentialProviderConfig\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeletConfig]:
        """The KubeletConfiguration that `node` is."""
        servers = tuple(item.text for item in node.items("clusterDNS") if isinstance(item, Scalar))
        kind = node.scalar("kind")
        place = kind.span if kind is not None else None
        yield KubeletConfig(servers, node.text("clusterDomain"), node.text("resolvConf"), place)
