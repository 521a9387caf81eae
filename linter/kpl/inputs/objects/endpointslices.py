"""EndpointSlices, as far as kube-proxy reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kpl.inputs.objects.fields import integer, mappings, name_of, words
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text

_HOSTNAME = "kubernetes.io/hostname"


class SliceEndpoint(NamedTuple):
    """One endpoint of an EndpointSlice."""

    addresses: tuple[str, ...]
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    node_name: str = ""
    zone: str = ""
    zone_hints: frozenset[str] = frozenset()
    node_hints: frozenset[str] = frozenset()


class SlicePort(NamedTuple):
    """One port of all endpoints of an EndpointSlice."""

    name: str
    protocol: str
    port: int | None


@dataclass
class EndpointSlice:
    """An EndpointSlice; `service` is the name of the Service that it belongs to."""

    text: str
    node: Mapping
    name: Text
    namespace: str
    service: str
    address_type: str = ""
    """``IPv4``, ``IPv6`` or ``FQDN``."""
    labels: frozenset[str] = frozenset()
    """The names of its labels."""

    @property
    def size(self) -> int:
        """How many endpoints it lists."""
        return len(self.node.items("endpoints"))

    @cached_property
    def ports(self) -> list[SlicePort]:
        """The ports of each endpoint."""
        return [
            SlicePort(port.text("name") or "", port.text("protocol") or "TCP", integer(port.text("port")))
            for port in mappings(self.node, "ports")
        ]

    @cached_property
    def endpoints(self) -> list[SliceEndpoint]:
        """The endpoints, in their order."""
        return [_endpoint(endpoint) for endpoint in mappings(self.node, "endpoints")]


class EndpointSliceReader(ObjectReader):
    """Reads EndpointSlices."""

    kind = ObjectKind(models=("EndpointSlice",), kinds=("EndpointSlice",), late=("EndpointSlice",))
    examples = (
        Takes(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-x\n  namespace: shop\n"
            "  labels: {kubernetes.io/service-name: web}\naddressType: IPv4\nendpoints:\n- addresses: [10.244.1.5]\n",
            {"name": "web-x", "namespace": "shop", "service": "web", "address_type": "IPv4", "size": 1},
        ),
        Leaves("kind: Endpoints\nmetadata: {name: EndpointSlice}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[EndpointSlice]:
        """The EndpointSlice that `node` is."""
        labels = node.mapping("metadata", "labels")
        yield EndpointSlice(
            text,
            node,
            name_of(node),
            node.text("metadata", "namespace") or "",
            (labels.text("kubernetes.io/service-name") if labels else None) or "",
            node.text("addressType") or "",
            frozenset(key.value for key in labels.keys()) if labels else frozenset(),
        )


def _endpoint(node: Mapping) -> SliceEndpoint:
    # a condition that is not written counts as ready, as serving, and as not terminating
    return SliceEndpoint(
        tuple(words(node, "addresses")),
        _condition(node, "ready") is not False,
        _condition(node, "serving") is not False,
        _condition(node, "terminating") is True,
        # before discovery.k8s.io/v1 the node stood among the labels of its topology
        node.text("nodeName") or node.text("topology", _HOSTNAME) or node.text("deprecatedTopology", _HOSTNAME) or "",
        node.text("zone") or "",
        frozenset(_hints(node, "forZones")),
        frozenset(_hints(node, "forNodes")),
    )


def _condition(node: Mapping, name: str) -> bool | None:
    scalar = node.scalar("conditions", name)
    return scalar.boolean() if scalar is not None else None


def _hints(node: Mapping, key: str) -> Iterator[str]:
    for hint in mappings(node, "hints", key):
        name = hint.text("name")
        if name:
            yield name
