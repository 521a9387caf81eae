"""Services and their EndpointSlices, as far as kube-proxy reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from kpl.inputs.objects.workloads import name_of
from kpl.inputs.yaml.tree import Mapping, Node, Scalar
from kpl.text.number import whole_number
from kpl.text.span import Text

DEFAULT_AFFINITY = 10_800
"""How many seconds a client stays with its endpoint where nothing is written (k8s.io/api/core/v1,
DefaultClientIPServiceAffinitySeconds)."""

_HOSTNAME = "kubernetes.io/hostname"


class ServicePort(NamedTuple):
    """A port of a Service."""

    name: str
    protocol: str
    port: int | None
    node_port: int | None = None
    target_port: str = ""
    """A number or the name of a container's port, as it is written."""
    app_protocol: str = ""


class LoadBalancerIngress(NamedTuple):
    """An address of ``status.loadBalancer.ingress``; `vip` is false where ``ipMode`` is Proxy."""

    ip: str
    vip: bool = True


@dataclass
class Service:
    """A Service."""

    text: str
    node: Mapping
    name: Text
    namespace: str
    type: str
    cluster_ip: str
    ports: list[ServicePort]
    cluster_ips: list[str] = field(default_factory=list)
    ip_families: list[str] = field(default_factory=list)
    """``IPv4`` and ``IPv6``, in the order of `cluster_ips`."""
    external_ips: list[str] = field(default_factory=list)
    source_ranges: list[str] = field(default_factory=list)
    """``loadBalancerSourceRanges``, as they are written."""
    ingress: list[LoadBalancerIngress] = field(default_factory=list)
    affinity_seconds: int | None = None
    """The timeout of ``sessionAffinity: ClientIP``; None without it."""
    internal_local: bool = False
    """Whether ``internalTrafficPolicy`` is Local."""
    external_local: bool = False
    """Whether ``externalTrafficPolicy`` is Local."""
    health_check_node_port: int | None = None
    traffic_distribution: str = ""
    topology_mode: str = ""
    """The annotation ``service.kubernetes.io/topology-mode``."""
    topology_aware_hints: str | None = None
    """The annotation ``service.kubernetes.io/topology-aware-hints``, which came before it; None where it is not set."""
    proxy_name: str | None = None
    """The label ``service.kubernetes.io/service-proxy-name``: kube-proxy leaves the Service to somebody else."""

    @property
    def headless(self) -> bool:
        """Whether the Service is made to have no address of its own."""
        return self.cluster_ip == "None"

    @property
    def live(self) -> bool:
        """Whether this is the object as the API server shows it, not the manifest that somebody wrote."""
        metadata = self.node.mapping("metadata")
        return bool(self.cluster_ip) and any(
            metadata is not None and metadata.pair(key) is not None
            for key in ("uid", "resourceVersion", "creationTimestamp")
        )


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
            SlicePort(port.text("name") or "", port.text("protocol") or "TCP", _integer(port.text("port")))
            for port in _mappings(self.node, "ports")
        ]

    @cached_property
    def endpoints(self) -> list[SliceEndpoint]:
        """The endpoints, in their order."""
        return [_endpoint(endpoint) for endpoint in _mappings(self.node, "endpoints")]


def service(text: str, node: Mapping) -> Service:
    """The Service that `node` is."""
    spec = node.mapping("spec") or Mapping(node.start, node.start, None, flow=True)
    annotations = node.mapping("metadata", "annotations")
    labels = node.mapping("metadata", "labels")
    return Service(
        text,
        node,
        name_of(node),
        node.text("metadata", "namespace") or "",
        spec.text("type") or "ClusterIP",
        spec.text("clusterIP") or "",
        [
            ServicePort(
                port.text("name") or "",
                port.text("protocol") or "TCP",
                _integer(port.text("port")),
                _integer(port.text("nodePort")) or None,
                port.text("targetPort") or "",
                port.text("appProtocol") or "",
            )
            for port in _mappings(spec, "ports")
        ],
        _words(spec, "clusterIPs"),
        _words(spec, "ipFamilies"),
        _words(spec, "externalIPs"),
        _words(spec, "loadBalancerSourceRanges"),
        [
            LoadBalancerIngress(ip, (each.text("ipMode") or "VIP") == "VIP")
            for each in _mappings(node, "status", "loadBalancer", "ingress")
            if (ip := each.text("ip"))
        ],
        _affinity(spec),
        spec.text("internalTrafficPolicy") == "Local",
        spec.text("externalTrafficPolicy") == "Local",
        _integer(spec.text("healthCheckNodePort")) or None,
        spec.text("trafficDistribution") or "",
        (annotations.text("service.kubernetes.io/topology-mode") if annotations else None) or "",
        annotations.text("service.kubernetes.io/topology-aware-hints") if annotations else None,
        _label(labels, "service.kubernetes.io/service-proxy-name"),
    )


def endpoint_slice(text: str, node: Mapping) -> EndpointSlice:
    """The EndpointSlice that `node` is."""
    labels = node.mapping("metadata", "labels")
    return EndpointSlice(
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
        tuple(_words(node, "addresses")),
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
    for hint in _mappings(node, "hints", key):
        name = hint.text("name")
        if name:
            yield name


def _affinity(spec: Mapping) -> int | None:
    if spec.text("sessionAffinity") != "ClientIP":
        return None
    return _integer(spec.text("sessionAffinityConfig", "clientIP", "timeoutSeconds")) or DEFAULT_AFFINITY


def _label(labels: Mapping | None, name: str) -> str | None:
    pair = labels.pair(name) if labels is not None else None
    return None if pair is None else pair[1].value if isinstance(pair[1], Scalar) else ""


def _mappings(node: Mapping, *path: str) -> list[Mapping]:
    return [item for item in node.items(*path) if isinstance(item, Mapping)]


def _words(node: Mapping, *path: str) -> list[str]:
    items: list[Node] = node.items(*path)
    return [item.value for item in items if isinstance(item, Scalar) and not item.is_null]


def _integer(text: str | None) -> int | None:
    return whole_number(text) if text is not None and len(text) < 10 else None
