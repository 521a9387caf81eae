"""What kube-proxy should program: the choice of endpoints in each release, and the ways in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from kpl.proxy.node.state import Destination, NodeState, PortState
from kpl.proxy.services.expected import expected_states
from kpl.proxy.services.selection import GATES, NodeFacts, Selection, gates_of_choice
from kpl.text.version import Version
from objects import Object, endpoint, models, service, slice_of

HERE = NodeFacts("node1", "z1")
A, B, C = "10.244.1.1", "10.244.2.2", "10.244.3.3"
NODE_PORT = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
LOCAL_OUTSIDE = service({"type": "NodePort", "externalTrafficPolicy": "Local"}, NODE_PORT)
LOCAL_INSIDE = service({"internalTrafficPolicy": "Local"})


def states(
    objects: Iterable[Object], kubernetes: str = "1.37", node: NodeFacts = HERE, mode: str | None = None
) -> list[NodeState]:
    return expected_states(*models(objects), node, Version(kubernetes), mode)


def port_of(*objects: Object, **more: Any) -> PortState:
    """The only port that is expected."""
    (state,) = states(objects, **more)
    (port,) = state.ports
    return port


def addresses(destination: Destination | None) -> list[str]:
    return [] if destination is None else [each.address for each in destination.endpoints]


def inside(*objects: Object, **more: Any) -> list[str]:
    return addresses(port_of(*objects, **more).internal)


def outside(*objects: Object, **more: Any) -> list[str]:
    return addresses(port_of(*objects, **more).external)


def test_a_port_has_the_ready_endpoints() -> None:
    port = port_of(service({}), slice_of([endpoint(A), endpoint(B), endpoint(C, state="unready")]))
    assert (port.name, port.protocol, port.cluster_ip, port.port) == ("shop/web:http", "TCP", "10.96.0.10", 80)
    assert [(each.address, each.port, each.probability) for each in port.internal.endpoints] == [
        (A, 8080, 0.5),
        (B, 8080, 0.5),
    ]
    assert (port.external, port.internal.local, port.internal.at_most) == (None, False, False)


@pytest.mark.parametrize(("kubernetes", "chosen"), [("1.20", []), ("1.25.16", []), ("1.26", [A, B]), ("1.37", [A, B])])
def test_terminating_endpoints_are_taken_where_none_is_ready(kubernetes: str, chosen: list[str]) -> None:
    terminating = [endpoint(A, "node1", "serving"), endpoint(B, "node2", "serving"), endpoint(C, state="terminating")]
    assert inside(service({}), slice_of(terminating), kubernetes=kubernetes) == chosen
    ready = slice_of([*terminating, endpoint("10.244.9.9", "node2")])
    assert inside(service({}), ready, kubernetes=kubernetes) == ["10.244.9.9"]
    # a Local policy falls back by itself, though another node has a ready endpoint
    assert outside(LOCAL_OUTSIDE, ready, kubernetes=kubernetes) == chosen[:1]


@pytest.mark.parametrize(
    ("kubernetes", "chosen", "local"), [("1.21", [A, B], False), ("1.22", [A], True), ("1.37", [A], True)]
)
def test_internal_traffic_policy_counts_from_1_22_on(kubernetes: str, chosen: list[str], local: bool) -> None:
    port = port_of(LOCAL_INSIDE, slice_of([endpoint(A, "node1"), endpoint(B, "node2")]), kubernetes=kubernetes)
    assert (addresses(port.internal), port.internal.local) == (chosen, local)


@pytest.mark.parametrize(
    ("kubernetes", "mode", "both", "only_internal"),
    [
        ("1.20", None, ([A, B], [A]), ([A, B], [A, B])),
        ("1.23", None, ([A, B], [A]), ([A], [A])),
        ("1.23", "ipvs", ([A], [A]), ([A], [A])),
        ("1.24", None, ([A], [A]), ([A], [A, B])),
        ("1.37", None, ([A], [A]), ([A], [A, B])),
    ],
)
def test_each_policy_is_for_its_own_traffic_from_1_24_on(
    kubernetes: str, mode: str | None, both: Any, only_internal: Any
) -> None:
    endpoints = slice_of([endpoint(A, "node1"), endpoint(B, "node2")])
    for policy, expected in (("Local", both), ("Cluster", only_internal)):
        spec = {"type": "NodePort", "externalTrafficPolicy": policy, "internalTrafficPolicy": "Local"}
        port = port_of(service(spec, NODE_PORT), endpoints, kubernetes=kubernetes, mode=mode)
        assert (addresses(port.internal), addresses(port.external)) == expected


@pytest.mark.parametrize(("kubernetes", "chosen"), [("1.23", []), ("1.24", [B])])
def test_ipvs_takes_other_nodes_where_a_local_policy_finds_nothing(kubernetes: str, chosen: list[str]) -> None:
    remote = slice_of([endpoint(B, "node2")])
    assert outside(LOCAL_OUTSIDE, remote, kubernetes=kubernetes, mode="ipvs") == chosen
    assert outside(LOCAL_OUTSIDE, remote, kubernetes=kubernetes, mode="nftables") == []
    # without a way in from outside there is no such list to take from
    assert inside(LOCAL_INSIDE, remote, kubernetes=kubernetes, mode="ipvs") == []


HINTED = [
    endpoint(A, "node1", hints={"forZones": [{"name": "z1"}]}),
    endpoint(B, "node2", hints={"forZones": [{"name": "z2"}]}),
]


@pytest.mark.parametrize(
    ("kubernetes", "annotations", "chosen"),
    [
        ("1.23", {"service.kubernetes.io/topology-aware-hints": "Auto"}, [A, B]),
        ("1.24", {"service.kubernetes.io/topology-aware-hints": "Auto"}, [A]),
        ("1.24", {"service.kubernetes.io/topology-aware-hints": "auto"}, [A]),
        ("1.26", {"service.kubernetes.io/topology-aware-hints": "Yes"}, [A, B]),
        ("1.26", {"service.kubernetes.io/topology-mode": "Auto"}, [A, B]),
        ("1.27", {"service.kubernetes.io/topology-mode": "Auto"}, [A]),
        ("1.27", {"service.kubernetes.io/topology-mode": "Yes"}, [A]),
        ("1.27", {"service.kubernetes.io/topology-mode": "Disabled"}, [A, B]),
        (
            "1.30",
            {
                "service.kubernetes.io/topology-mode": "Auto",
                "service.kubernetes.io/topology-aware-hints": "disabled",
            },
            [A, B],
        ),
        ("1.30", {}, [A, B]),
        ("1.31", {}, [A]),
        ("1.37", {"service.kubernetes.io/topology-mode": "Disabled"}, [A]),
    ],
)
def test_hints_of_zones_count_by_release_and_annotation(
    kubernetes: str, annotations: dict[str, str], chosen: list[str]
) -> None:
    web = service({}, metadata={"annotations": annotations})
    assert inside(web, slice_of(HINTED), kubernetes=kubernetes) == chosen


def test_hints_count_only_where_every_ready_endpoint_has_them_and_one_is_for_the_zone() -> None:
    assert inside(service({}), slice_of([*HINTED, endpoint(C)])) == [A, B, C]
    assert inside(service({}), slice_of([*HINTED, endpoint(C, state="unready")])) == [A]
    assert inside(service({}), slice_of(HINTED), node=NodeFacts("node3", "z3")) == [A, B]
    assert inside(service({}), slice_of(HINTED), node=NodeFacts("node3", "")) == [A, B]


@pytest.mark.parametrize(("kubernetes", "chosen"), [("1.33", [A, B]), ("1.34", [A])])
def test_hints_of_nodes_come_first_from_1_34_on(kubernetes: str, chosen: list[str]) -> None:
    zone = [{"name": "z1"}]
    endpoints = [
        endpoint(A, "node1", hints={"forZones": zone, "forNodes": [{"name": "node1"}]}),
        endpoint(B, "node2", hints={"forZones": zone, "forNodes": [{"name": "node2"}]}),
    ]
    assert inside(service({}), slice_of(endpoints), kubernetes=kubernetes) == chosen
    # the other node has no hint of its own, and the zone's are left
    assert inside(service({}), slice_of(endpoints), kubernetes=kubernetes, node=NodeFacts("node9", "z1")) == [A, B]


def test_an_unknown_node_leaves_open_which_endpoints_are_chosen() -> None:
    nowhere = NodeFacts()
    both = slice_of([endpoint(A, "node1"), endpoint(B, "node2", "serving"), endpoint(C, "node2", "unready")])
    port = port_of(LOCAL_OUTSIDE, both, node=nowhere)
    assert (addresses(port.internal), port.internal.at_most) == ([A], False)
    assert port.external is not None
    assert (addresses(port.external), port.external.at_most, port.external.local) == ([A, B], True, True)
    hinted = port_of(service({}), slice_of(HINTED), node=nowhere).internal
    assert (addresses(hinted), hinted.at_most) == ([A, B], True)
    # the zone does not matter where no hint does
    assert not port_of(service({}), slice_of([endpoint(A)]), node=nowhere).internal.at_most


def test_what_kube_proxy_leaves_alone_is_not_expected() -> None:
    label: dict[str, Any] = {"metadata": {"labels": {"service.kubernetes.io/service-proxy-name": "cilium"}}}
    assert states([service({"clusterIP": "None", "clusterIPs": ["None"]})]) == []
    assert states([service({"clusterIP": "", "clusterIPs": []})]) == []
    assert states([service({"type": "ExternalName"})]) == []
    assert states([service({}, **label)]) == []
    web = service({})
    for name in ("service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"):
        assert inside(web, slice_of([endpoint(A)], labels={name: ""})) == []
    assert inside(web, slice_of([endpoint("pod.example.com")], addressType="FQDN")) == []


def test_each_ip_family_has_its_own_state() -> None:
    spec = {"clusterIPs": ["10.96.0.10", "fd00:96::0:a"], "ipFamilies": ["IPv4", "IPv6"], "type": "LoadBalancer"}
    outside = {
        "externalIPs": ["198.51.100.1", "2001:db8:0::1"],
        "loadBalancerSourceRanges": [" 192.0.2.7/24", "2001:db8:1::1/64", "10.0.0.0/8"],
    }
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}, {"ip": "2001:db8::2"}]}}
    four, six = states(
        [
            service({**spec, **outside}, status=status),
            slice_of([endpoint(A)]),
            slice_of([endpoint("fd00:244::00:5")], addressType="IPv6"),
        ]
    )
    assert (four.ip_family, six.ip_family) == (4, 6)
    (first,), (second,) = four.ports, six.ports
    assert (first.cluster_ip, first.external_ips, first.load_balancer_ips) == (
        "10.96.0.10",
        ["198.51.100.1"],
        ["203.0.113.1"],
    )
    assert first.source_ranges == ["10.0.0.0/8", "192.0.2.0/24"]
    assert (second.cluster_ip, second.external_ips, second.load_balancer_ips) == (
        "fd00:96::a",
        ["2001:db8::1"],
        ["2001:db8::2"],
    )
    assert second.source_ranges == ["2001:db8:1::/64"]
    assert (addresses(first.internal), addresses(second.internal)) == ([A], ["fd00:244::5"])


@pytest.mark.parametrize(("kubernetes", "ips"), [("1.29", ["203.0.113.1", "203.0.113.2"]), ("1.30", ["203.0.113.1"])])
def test_an_address_in_the_mode_proxy_is_the_load_balancers_from_1_30_on(kubernetes: str, ips: list[str]) -> None:
    ingress = [{"ip": "203.0.113.1", "ipMode": "VIP"}, {"ip": "203.0.113.2", "ipMode": "Proxy"}, {"hostname": "lb"}]
    web = service({"type": "LoadBalancer"}, status={"loadBalancer": {"ingress": ingress}})
    assert port_of(web, kubernetes=kubernetes).load_balancer_ips == ips


@pytest.mark.parametrize(("kubernetes", "ranges"), [("1.33", ["0.0.0.0/0", "192.0.2.0/24"]), ("1.34", [])])
def test_a_range_of_every_source_is_no_range_from_1_34_on(kubernetes: str, ranges: list[str]) -> None:
    web = service({"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24", "0.0.0.0/0"]})
    assert port_of(web, kubernetes=kubernetes).source_ranges == ranges


@pytest.mark.parametrize(("kubernetes", "local"), [("1.28", False), ("1.29", True)])
def test_the_external_policy_of_external_ips_counts_from_1_29_on(kubernetes: str, local: bool) -> None:
    web = service({"externalIPs": ["198.51.100.1"], "externalTrafficPolicy": "Local"})
    port = port_of(web, kubernetes=kubernetes)
    assert port.external is not None
    assert port.external.local is local


def test_affinity_and_health_check() -> None:
    spec = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 31000, "sessionAffinity": "ClientIP"}
    balanced = port_of(service({**spec, "type": "LoadBalancer"}, NODE_PORT))
    assert (balanced.affinity_seconds, balanced.health_check_node_port, balanced.node_port) == (10_800, 31_000, 30_080)
    assert port_of(service({**spec, "type": "NodePort"}, NODE_PORT)).health_check_node_port is None
    timeout = {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}}}
    assert port_of(service(timeout)).affinity_seconds == 60


def test_endpoints_are_matched_by_the_name_and_the_protocol_of_the_port() -> None:
    ports = [{"name": "", "port": 53, "protocol": "UDP"}, {"name": "metrics", "port": 9153}]
    slices = [
        slice_of([endpoint(A)], [{"name": "", "port": 5353, "protocol": "UDP"}, {"name": "metrics", "port": 0}]),
        slice_of([endpoint(B), endpoint(A)], [{"name": "", "port": 5353, "protocol": "UDP"}]),
        slice_of([endpoint(C)], [{"name": "", "port": 5353, "protocol": "TCP"}, {"name": "metrics"}]),
        slice_of([endpoint(C)], metadata={"name": "x", "namespace": "other"}),
    ]
    (state,) = states([service({}, ports), *slices])
    assert [(port.name, port.protocol, addresses(port.internal)) for port in state.ports] == [
        ("shop/web", "UDP", [A, B]),
        ("shop/web:metrics", "TCP", []),
    ]


def test_a_running_pod_counts_before_a_terminating_one_with_its_address() -> None:
    slices = [slice_of([endpoint(A)]), slice_of([endpoint(A, state="serving"), endpoint(B, state="unready")])]
    assert inside(service({}), *slices) == [A]
    assert inside(service({}), *reversed(slices)) == [A]


def test_an_endpoint_in_two_slices_is_one_endpoint() -> None:
    port = port_of(service({}), slice_of([endpoint(A), endpoint(B)]), slice_of([endpoint(A)]))
    assert [(each.address, each.probability) for each in port.internal.endpoints] == [(A, 0.5), (B, 0.5)]
    # the same address with another port is another one
    other = slice_of([endpoint(A)], [{"name": "http", "port": 8081, "protocol": "TCP"}])
    assert [each.port for each in port_of(service({}), slice_of([endpoint(A)]), other).internal.endpoints] == [
        8080,
        8081,
    ]


def test_addresses_are_written_as_go_writes_them() -> None:
    web = service(
        {
            "clusterIP": "010.096.000.010",
            "clusterIPs": ["010.096.000.010"],
            "externalIPs": ["", "x", "::ffff:192.0.2.1"],
        }
    )
    port = port_of(web, slice_of([endpoint("10.244.001.001"), {"addresses": []}, {"addresses": ["nothing"]}]))
    assert (port.cluster_ip, port.external_ips, addresses(port.internal)) == ("10.96.0.10", ["192.0.2.1"], [A])


@pytest.mark.parametrize(("gate", "release"), [("TopologyAwareHints", "1.30"), ("ServiceTrafficDistribution", "1.32")])
def test_a_gate_that_is_off_takes_the_hints_away(gate: str, release: str) -> None:
    annotated = service({}, metadata={"annotations": {"service.kubernetes.io/topology-mode": "Auto"}})
    slices = slice_of([endpoint(at, hints={"forZones": [{"name": zone}]}) for at, zone in ((A, "z1"), (B, "z2"))])
    services, found = models([annotated if release == "1.30" else service({}), slices])
    for gates, count in (({}, 1), ({gate: False}, 2)):
        (state,) = expected_states(services, found, HERE, Version(release), None, gates)
        assert len(state.ports[0].internal.endpoints) == count


def test_the_gates_that_change_the_choice() -> None:
    written = {"TopologyAwareHints": False, "NFTablesProxyMode": True}
    assert gates_of_choice(written) == {"TopologyAwareHints": False}
    assert gates_of_choice({"AllBeta": False, **written}) == dict.fromkeys(GATES, False)
    assert gates_of_choice({}) == {}
    assert {each for each in GATES.values() if not hasattr(Selection(Version("1.37"), HERE), each)} == set()
