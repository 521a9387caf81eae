"""Services, as far as kube-proxy reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.inputs.objects.fields import integer, mappings, name_of, words
from kpl.inputs.reader import Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping, Scalar
from kpl.text.span import Text

DEFAULT_AFFINITY = 10_800
"""How many seconds a client stays with its endpoint where nothing is written (k8s.io/api/core/v1,
DefaultClientIPServiceAffinitySeconds)."""


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
    def selector(self) -> Mapping | None:
        """``selector``, where it is written and not empty."""
        found = self.node.mapping("spec", "selector")
        return found if found is not None and found.pairs else None

    @property
    def port_nodes(self) -> list[Mapping]:
        """The nodes of `ports`, in the same order."""
        return mappings(self.node, "spec", "ports")

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


class ServiceReader(ObjectReader):
    """Reads Services."""

    kind = ObjectKind(models=("Service",), kinds=("Service",), not_groups=("serving.knative.dev/",), late=("Service",))
    examples = (
        Takes(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
            "spec: {clusterIP: 10.96.0.9, ports: [{port: 80, targetPort: http}]}\n",
            {"name": "web", "namespace": "shop", "cluster_ip": "10.96.0.9", "type": "ClusterIP"},
        ),
        Takes(
            "kind: ServiceList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n", kinds=("Service", "Service")
        ),
        Leaves("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\nspec: {template: {}}\n"),
        Leaves("kind: ServiceAccount\nmetadata: {name: web}\n"),
    )

    def models(self, text: str, node: Mapping) -> Iterator[Service]:
        """The Service that `node` is."""
        yield _service(text, node)


def _service(text: str, node: Mapping) -> Service:
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
                integer(port.text("port")),
                integer(port.text("nodePort")) or None,
                port.text("targetPort") or "",
                port.text("appProtocol") or "",
            )
            for port in mappings(spec, "ports")
        ],
        words(spec, "clusterIPs"),
        words(spec, "ipFamilies"),
        words(spec, "externalIPs"),
        words(spec, "loadBalancerSourceRanges"),
        [
            LoadBalancerIngress(ip, (each.text("ipMode") or "VIP") == "VIP")
            for each in mappings(node, "status", "loadBalancer", "ingress")
            if (ip := each.text("ip"))
        ],
        _affinity(spec),
        spec.text("internalTrafficPolicy") == "Local",
        spec.text("externalTrafficPolicy") == "Local",
        integer(spec.text("healthCheckNodePort")) or None,
        spec.text("trafficDistribution") or "",
        (annotations.text("service.kubernetes.io/topology-mode") if annotations else None) or "",
        annotations.text("service.kubernetes.io/topology-aware-hints") if annotations else None,
        _label(labels, "service.kubernetes.io/service-proxy-name"),
    )


def _affinity(spec: Mapping) -> int | None:
    if spec.text("sessionAffinity") != "ClientIP":
        return None
    return integer(spec.text("sessionAffinityConfig", "clientIP", "timeoutSeconds")) or DEFAULT_AFFINITY


def _label(labels: Mapping | None, name: str) -> str | None:
    pair = labels.pair(name) if labels is not None else None
    return None if pair is None else pair[1].value if isinstance(pair[1], Scalar) else ""
