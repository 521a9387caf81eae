"""Services and EndpointSlices as located models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kpl.inputs.objects.endpointslices import EndpointSlice, SlicePort
from kpl.inputs.objects.nodes import NodeObject
from kpl.inputs.objects.services import LoadBalancerIngress, Service, ServicePort
from kpl.inputs.read import read

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  uid: 0b1c
  annotations:
    service.kubernetes.io/topology-mode: Auto
  labels:
    service.kubernetes.io/service-proxy-name: ""
spec:
  type: LoadBalancer
  clusterIP: 10.96.3.4
  clusterIPs: [10.96.3.4, "fd00:96::4"]
  ipFamilies: [IPv4, IPv6]
  externalIPs:
  - 198.51.100.7
  loadBalancerSourceRanges: [192.0.2.0/24]
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 90}}
  internalTrafficPolicy: Local
  externalTrafficPolicy: Local
  healthCheckNodePort: 31000
  trafficDistribution: PreferClose
  ports:
  - {name: http, port: 80, targetPort: 8080, nodePort: 30080, appProtocol: kubernetes.io/h2c}
  - {name: dns, port: 53, protocol: UDP, targetPort: dns, nodePort: 0}
status:
  loadBalancer:
    ingress:
    - {ip: 203.0.113.1}
    - {ip: 203.0.113.2, ipMode: Proxy}
    - {hostname: lb.example.com}
"""
SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports:
- {name: "", port: 8080, protocol: TCP}
- {port: null}
endpoints:
- addresses: [10.244.1.2]
  nodeName: node1
  zone: z1
  conditions: {ready: false, serving: true, terminating: true}
  hints: {forZones: [{name: z1}, {name: z2}], forNodes: [{name: node1}]}
- addresses: [10.244.1.3]
  conditions: {ready: null}
  topology: {kubernetes.io/hostname: node2}
"""


def model_of(text: str, name: str = "a.yaml") -> Any:
    """The only model in a file."""
    reading = read(name, text.encode())
    assert reading is not None
    (document,) = reading.documents
    return document.model


def test_a_service_tells_what_kube_proxy_reads_of_it() -> None:
    service = model_of(SERVICE)
    assert isinstance(service, Service)
    assert (service.type, service.cluster_ip, service.live, service.headless) == (
        "LoadBalancer",
        "10.96.3.4",
        True,
        False,
    )
    assert service.cluster_ips == ["10.96.3.4", "fd00:96::4"]
    assert service.ip_families == ["IPv4", "IPv6"]
    assert (service.external_ips, service.source_ranges) == (["198.51.100.7"], ["192.0.2.0/24"])
    assert service.ingress == [LoadBalancerIngress("203.0.113.1"), LoadBalancerIngress("203.0.113.2", vip=False)]
    assert (service.affinity_seconds, service.internal_local, service.external_local) == (90, True, True)
    assert (service.health_check_node_port, service.traffic_distribution) == (31000, "PreferClose")
    assert (service.topology_mode, service.topology_aware_hints, service.proxy_name) == ("Auto", None, "")
    assert service.ports == [
        ServicePort("http", "TCP", 80, 30080, "8080", "kubernetes.io/h2c"),
        ServicePort("dns", "UDP", 53, None, "dns"),
    ]


def test_what_is_not_written_has_the_defaults_of_the_api() -> None:
    service = model_of("kind: Service\nmetadata: {name: a}\nspec: {clusterIP: None, sessionAffinity: ClientIP}\n")
    assert (service.type, service.headless, service.live, service.affinity_seconds) == (
        "ClusterIP",
        True,
        False,
        10_800,
    )
    assert (service.internal_local, service.external_local, service.proxy_name, service.ports) == (
        False,
        False,
        None,
        [],
    )


def test_an_endpoint_slice_tells_its_endpoints() -> None:
    slice_ = model_of(SLICE)
    assert isinstance(slice_, EndpointSlice)
    assert (slice_.service, slice_.address_type, slice_.size) == ("web", "IPv4", 2)
    assert slice_.ports == [SlicePort("", "TCP", 8080), SlicePort("", "TCP", None)]
    first, second = slice_.endpoints
    assert (first.addresses, first.node_name, first.zone) == (("10.244.1.2",), "node1", "z1")
    assert (first.ready, first.serving, first.terminating) == (False, True, True)
    assert (first.zone_hints, first.node_hints) == (frozenset(("z1", "z2")), frozenset(("node1",)))
    assert (second.ready, second.serving, second.terminating, second.node_name) == (True, True, False, "node2")


ITEM: Mapping[str, Any] = {"metadata": {"name": "a", "namespace": "x"}, "spec": {"clusterIP": "10.96.0.9"}}


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("List", [{"kind": "Service", **ITEM}, {"kind": "EndpointSlice", **ITEM}, {"kind": "Node", **ITEM}]),
        ("ServiceList", [ITEM, ITEM]),
        ("ServiceList", [{"kind": "Service", **ITEM}]),
        ("EndpointSliceList", [ITEM]),
        ("NodeList", [ITEM]),
    ],
)
def test_the_items_of_a_list_are_documents_of_their_own(kind: str, items: list[Any], indent: int | None) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": kind, "items": items}, indent=indent)
    reading = read("objects.json", text.encode())
    assert reading is not None
    assert len(reading.documents) == len(items)
    named = {"Service": Service, "EndpointSlice": EndpointSlice, "Node": NodeObject}
    for document, item in zip(reading.documents, items, strict=True):
        model = document.model
        assert isinstance(model, Service | EndpointSlice | NodeObject)
        assert type(model) is named[item.get("kind", kind.removesuffix("List"))]
        assert document.namespace == "x"
        assert text[slice(*model.name.span)] == '"a"'


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service\n",
        "kind: Service\nspec: [1]\nstatus: 3\nmetadata: x\n",
        "kind: Service\nspec: {ports: [1, {port: x}, {port: 99999999999999999999}], clusterIPs: [[a]]}\n",
        "kind: EndpointSlice\n",
        "kind: EndpointSlice\nmetadata: {labels: [a]}\nports: 3\nendpoints: [a, {addresses: {a: b}, hints: x}]\n",
    ],
)
def test_objects_that_are_not_whole_are_read_as_far_as_they_go(text: str) -> None:
    model = model_of(text)
    if isinstance(model, EndpointSlice):
        assert all(endpoint.addresses == () for endpoint in model.endpoints)
        assert model.ports == []
    else:
        assert [port.port for port in model.ports] in ([], [None, None])
