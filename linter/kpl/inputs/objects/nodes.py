"""Nodes, as far as their status tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.objects.fields import mappings, name_of
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text


@dataclass
class NodeObject:
    """A Node; `kernel`, `kubelet` and `addresses` (IPs) are what its status tells, `zone` is its label."""

    text: str
    node: Mapping
    name: Text
    kernel: str
    kubelet: str
    addresses: list[str]
    zone: str = ""


class NodeReader(ObjectReader):
    """Reads Nodes."""

    kind = ObjectKind(models=("NodeObject",), kinds=("Node",), late=("Node",))
    examples = (
        Takes(
            "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus:\n"
            "  addresses: [{type: InternalIP, address: 192.0.2.7}]\n  nodeInfo: {kernelVersion: 6.1.0}\n",
            {"name": "n1", "kernel": "6.1.0", "kubelet": "", "addresses": ["192.0.2.7"]},
        ),
        Leaves("kind: NodePool\nmetadata: {name: n1}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[NodeObject]:
        """The Node that `node` is."""
        info = ("status", "nodeInfo")
        addresses = mappings(node, "status", "addresses")
        yield NodeObject(
            text,
            node,
            name_of(node),
            node.text(*info, "kernelVersion") or "",
            node.text(*info, "kubeletVersion") or "",
            [each.text("address") or "" for each in addresses if (each.text("type") or "").endswith("IP")],
            node.text("metadata", "labels", "topology.kubernetes.io/zone") or "",
        )
