"""How two states differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kpl.proxy.node.compare import Difference, DifferenceKind, differences
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState

A, B, C = (Endpoint(f"10.244.0.{number}", 8080) for number in (1, 2, 3))
BOTH = Destination([A, B])
PORT = PortState("shop/web:http", "TCP", "10.96.0.10", 80, internal=BOTH)
OPEN = replace(
    PORT,
    node_port=30080,
    external_ips=["198.51.100.1"],
    load_balancer_ips=["203.0.113.1"],
    source_ranges=["192.0.2.0/24"],
    external=BOTH,
    affinity_seconds=60,
    health_check_node_port=31000,
)
LOCAL = Destination([A], local=True)


def told(expected: PortState | None, programmed: PortState | None, *others: PortState) -> list[tuple[object, ...]]:
    """DifferenceKind and both sides of each difference; `others` are programmed and expected."""
    states = [NodeState(4, [*([each] if each is not None else []), *others]) for each in (expected, programmed)]
    return [(each.kind, each.expected, each.programmed) for each in differences(*states)]


def test_what_is_as_expected_differs_in_nothing() -> None:
    assert told(PORT, PORT) == []
    assert told(OPEN, OPEN) == []
    assert told(None, None) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"cluster_ip": "10.96.0.11"}, (DifferenceKind.CLUSTER_IP, ("10.96.0.10",), ("10.96.0.11",))),
        ({"cluster_ip": None}, (DifferenceKind.CLUSTER_IP, ("10.96.0.10",), ())),
        ({"port": 81}, (DifferenceKind.PORT, ("80",), ("81",))),
        ({"node_port": 30081}, (DifferenceKind.NODE_PORT, ("30080",), ("30081",))),
        ({"node_port": None}, (DifferenceKind.NODE_PORT, ("30080",), ())),
        ({"external_ips": []}, (DifferenceKind.EXTERNAL_IP_MISSING, ("198.51.100.1",), ())),
        ({"load_balancer_ips": []}, (DifferenceKind.LOAD_BALANCER_IP_MISSING, ("203.0.113.1",), ())),
        (
            {"external_ips": ["198.51.100.1", "198.51.100.2"]},
            (DifferenceKind.ADDRESS_LEFT_OVER, (), ("198.51.100.2",)),
        ),
        ({"source_ranges": []}, (DifferenceKind.SOURCE_RANGES, ("192.0.2.0/24",), ())),
        ({"affinity_seconds": None}, (DifferenceKind.AFFINITY, ("60",), ())),
        ({"affinity_seconds": 90}, (DifferenceKind.AFFINITY, ("60",), ("90",))),
        ({"internal": Destination([B])}, (DifferenceKind.ENDPOINT_MISSING, ("10.244.0.1:8080",), ())),
        ({"internal": Destination([A, B, C])}, (DifferenceKind.ENDPOINT_LEFT_OVER, (), ("10.244.0.3:8080",))),
        ({"internal": Destination([])}, (DifferenceKind.NOT_ANSWERED, ("10.244.0.1:8080", "10.244.0.2:8080"), ())),
        ({"external": Destination([A], local=True)}, (DifferenceKind.POLICY, ("Cluster",), ("Local",))),
    ],
)
def test_each_difference_is_told_by_its_kind(change: dict[str, object], expected: object) -> None:
    assert told(OPEN, replace(OPEN, **change)) == [expected]  # type: ignore[arg-type]


def test_services_are_missing_or_left_over() -> None:
    assert told(PORT, None) == [(DifferenceKind.SERVICE_MISSING, ("10.96.0.10:80",), ())]
    assert told(None, PORT) == [(DifferenceKind.SERVICE_LEFT_OVER, (), ("10.96.0.10:80",))]
    (missing,) = differences(NodeState(6, [replace(PORT, name=None, cluster_ip="fd00::1")]), NodeState(6))
    assert (missing.title, missing.expected) == ("TCP [fd00::1]:80", ("[fd00::1]:80",))


def test_answers_without_endpoints() -> None:
    assert told(replace(PORT, internal=Destination()), PORT) == [
        (DifferenceKind.ANSWERED, (), ("10.244.0.1:8080", "10.244.0.2:8080"))
    ]


def test_what_differs_for_both_ways_in_is_told_once() -> None:
    fewer = Destination([A])
    assert told(OPEN, replace(OPEN, internal=fewer, external=fewer)) == [
        (DifferenceKind.ENDPOINT_MISSING, ("10.244.0.2:8080",), ())
    ]
    expected = NodeState(4, [replace(OPEN, external=LOCAL)])
    programmed = NodeState(4, [replace(OPEN, external=Destination([B], local=True))])
    assert [(each.kind, each.way) for each in differences(expected, programmed)] == [
        (DifferenceKind.ENDPOINT_MISSING, "external"),
        (DifferenceKind.ENDPOINT_LEFT_OVER, "external"),
    ]


def test_a_local_policy_that_is_not_programmed() -> None:
    other = replace(OPEN, name="shop/other", cluster_ip="10.96.0.99", external=LOCAL)
    local = replace(OPEN, external=LOCAL)
    assert told(local, OPEN, other) == [(DifferenceKind.POLICY, ("Local",), ("Cluster",))]
    # nothing shows that this dump can tell a policy, and so the endpoints are told
    assert told(local, OPEN) == [(DifferenceKind.ENDPOINT_LEFT_OVER, (), ("10.244.0.2:8080",))]
    assert told(local, replace(OPEN, external=Destination([A]))) == []


def test_where_the_node_is_not_known_only_the_impossible_is_told() -> None:
    other = replace(OPEN, name="shop/other", cluster_ip="10.96.0.99", external=LOCAL)
    local = replace(OPEN, external=Destination([A, B], local=True, at_most=True))
    for endpoints in ([], [A], [B], [A, B]):
        for policy in (True, False):
            assert told(local, replace(OPEN, external=Destination(endpoints, policy)), other) == []
    assert told(local, replace(OPEN, external=Destination([C], local=True))) == [
        (DifferenceKind.ENDPOINT_LEFT_OVER, (), ("10.244.0.3:8080",))
    ]
    hinted = replace(PORT, internal=Destination([A, B], at_most=True))
    assert told(hinted, replace(PORT, internal=Destination([B]))) == []
    assert told(hinted, replace(PORT, internal=Destination())) == [
        (DifferenceKind.NOT_ANSWERED, ("10.244.0.1:8080", "10.244.0.2:8080"), ())
    ]


def test_what_a_dump_does_not_tell_is_not_held_against_it() -> None:
    empty = Destination()
    refused = replace(OPEN, internal=empty, external=empty, affinity_seconds=None, source_ranges=[])
    expected = replace(OPEN, internal=empty, external=empty)
    assert told(expected, refused) == []
    # a rule that refuses does not say which of the two an address is
    assert told(expected, replace(refused, external_ips=["203.0.113.1", "198.51.100.1"], load_balancer_ips=[])) == []
    # no rule for any health check
    assert told(OPEN, replace(OPEN, health_check_node_port=None)) == []
    other = replace(OPEN, name="shop/other", cluster_ip="10.96.0.99")
    assert told(OPEN, replace(OPEN, health_check_node_port=None), other) == [
        (DifferenceKind.HEALTH_CHECK_NODE_PORT, ("31000",), ())
    ]
    # iptables-save prints no network that holds every address
    every = ["0.0.0.0/0", "192.0.2.0/24"]
    assert told(replace(OPEN, source_ranges=every), OPEN) == []


def test_ports_without_names_are_matched_by_their_address() -> None:
    nameless = replace(PORT, name=None)
    assert told(OPEN, replace(OPEN, name=None)) == []
    assert told(PORT, replace(nameless, internal=Destination([A]))) == [
        (DifferenceKind.ENDPOINT_MISSING, ("10.244.0.2:8080",), ())
    ]
    assert [kind for kind, _, _ in told(PORT, replace(nameless, port=81))] == [
        DifferenceKind.SERVICE_MISSING,
        DifferenceKind.SERVICE_LEFT_OVER,
    ]
    # two names for one address are two Services
    assert [kind for kind, _, _ in told(PORT, replace(PORT, name="shop/new:http"))] == [
        DifferenceKind.SERVICE_MISSING,
        DifferenceKind.SERVICE_LEFT_OVER,
    ]


def test_a_dump_without_names_shows_each_way_in_as_an_entry_of_its_own() -> None:
    entries = [
        replace(PORT, name=None, affinity_seconds=60),
        PortState(None, "TCP", external_ips=["198.51.100.1"], port=80, external=BOTH),
        PortState(None, "TCP", "203.0.113.1", 80, internal=BOTH),
        PortState(None, "TCP", "192.168.7.1", 30080, internal=BOTH),
        PortState(None, "TCP", node_port=30080, external=BOTH),
    ]
    assert differences(NodeState(4, [OPEN]), NodeState(4, entries)) == []
    assert [each.kind for each in differences(NodeState(4, [OPEN]), NodeState(4, entries[:1]))] == [
        DifferenceKind.EXTERNAL_IP_MISSING,
        DifferenceKind.LOAD_BALANCER_IP_MISSING,
    ]
    foreign = PortState(None, "TCP", "192.168.7.9", 6443, internal=BOTH)
    assert differences(NodeState(4, [OPEN]), NodeState(4, [*entries, foreign])) == [
        Difference(DifferenceKind.SERVICE_LEFT_OVER, foreign, (), ("192.168.7.9:6443",))
    ]
    assert differences(NodeState(4, entries), NodeState(4, list(reversed(entries)))) == []
