"""KubeProxyConfiguration as a located model."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, split_documents
from kpl.text import late
from kpl.text.span import Span, Text

GROUP = "kubeproxy.config.k8s.io"
KIND = "KubeProxyConfiguration"

KEYS = (
    "config.conf",
    "config",
    "kube-proxy.conf",
    "kube-proxy.yaml",
    "kube-proxy-config.yaml",
    "config.yaml",
    "config.yml",
)
"""Of ConfigMaps, those that may hold one."""

MAX_KUBE_PROXY = 1_000_000
"""In characters; Kubernetes keeps at most 1 MiB in a ConfigMap, of which a configuration takes a few thousandths."""

_CONTENT = late.pattern(r"^[ \t]*[^\s#-]", re.MULTILINE)


@dataclass
class KubeProxyConfig:
    """A KubeProxyConfiguration; `text` is the document that `node` points into."""

    text: str
    node: Mapping
    partial: bool = False
    """Whether these are only some settings, written elsewhere or in other words: what is not among them is not known."""

    @property
    def mode(self) -> Text | None:
        """``mode``; None when it is not written or empty (both mean the default, iptables on Linux)."""
        mode = self.node.text("mode")
        return mode or None

    @property
    def written(self) -> str:
        """All that it says, for a comparison with another one; of a partial one, what is around it does not count."""
        return repr(_plain(self.node)) if self.partial else self.text[slice(*self.node.span)]

    def setting_of_mode(self, mode: str) -> str:
        """How a message names the setting that makes `mode` the mode; where it is written otherwise, it has another name."""
        return f"the mode `{mode}`" if self.partial else f"`mode: {mode}`"

    @property
    def feature_gates(self) -> dict[str, bool]:
        """The gates in ``featureGates`` that are on or off."""
        gates = self.node.mapping("featureGates")
        if gates is None:
            return {}
        written = {key.value: gates.scalar(key.value) for key in gates.keys()}
        return {
            name: on for name, value in written.items() if value is not None and (on := value.boolean()) is not None
        }

    @property
    def title_span(self) -> Span:
        """What to underline for something that is not written: the value of ``kind``."""
        kind = self.node.scalar("kind")
        return kind.span if isinstance(kind, Scalar) else Span(self.node.start, self.node.start + 1)


class KubeProxyReader(ObjectReader):
    """Reads KubeProxyConfigurations of any version."""

    kind = ObjectKind(
        models=("KubeProxyConfig",),
        kinds=(KIND,),
        groups=(GROUP, "componentconfig"),
        clues=(Clue((KIND,)),),
        largest=MAX_KUBE_PROXY,
    )
    examples = (
        Takes(
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n", {"mode": "ipvs"}
        ),
        Leaves("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeProxyConfiguration\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[KubeProxyConfig]:
        """The configuration that `node` is."""
        yield KubeProxyConfig(text, node)


def is_kube_proxy_config(node: Mapping) -> bool:
    """Whether `node` is a KubeProxyConfiguration of any version."""
    return KubeProxyReader.kind.takes(node.text("kind") or "", node.text("apiVersion") or "", "")


def _plain(node: Node) -> object:
    """What `node` says, without its place. No such node is deeper than YAML may be."""
    if isinstance(node, Mapping):
        return {key.value: _plain(value) for key, value in node.pairs if isinstance(key, Scalar)}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def program_text(text: str, at: int) -> Span:
    """The part of `text` that kube-proxy reads as its configuration, where the KubeProxyConfiguration stands at `at`.

    That is all of it; of kubeadm's several documents it is the one that kubeadm takes out.
    """
    spans = _with_content(text)
    return spans[bisect_right(spans, at, key=lambda span: span.end)] if len(spans) > 1 else Span(0, len(text))


@lru_cache(maxsize=4)
def _with_content(text: str) -> list[Span]:
    return [span for span in split_documents(text) if _CONTENT.search(text[slice(*span)])]
