"""KubeProxyConfiguration as a located model."""

from __future__ import annotations

from dataclasses import dataclass

from kpl.inputs.yamltree import Mapping, Scalar
from kpl.text.span import Span, Text

GROUP = "kubeproxy.config.k8s.io"
KIND = "KubeProxyConfiguration"


@dataclass
class KubeProxyConfig:
    """A KubeProxyConfiguration; `text` is the document that `node` points into."""

    text: str
    node: Mapping

    @property
    def mode(self) -> Text | None:
        """``mode``; None when it is not written or empty (both mean the default, iptables on Linux)."""
        mode = self.node.text("mode")
        return mode or None

    @property
    def title_span(self) -> Span:
        """What to underline for something that is not written: the value of ``kind``."""
        kind = self.node.scalar("kind")
        return kind.span if isinstance(kind, Scalar) else Span(self.node.start, self.node.start + 1)


def is_kube_proxy_config(node: Mapping) -> bool:
    """Whether `node` is a KubeProxyConfiguration of any version."""
    return node.text("kind") == KIND and (node.text("apiVersion") or "").startswith((GROUP, "componentconfig"))
