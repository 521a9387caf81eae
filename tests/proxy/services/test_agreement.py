"""When a dump is held against the Services of a cluster, and when nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from kpl.proxy.node.compare import DifferenceKind
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from kpl.proxy.releases import NEWEST_KUBERNETES
from kpl.proxy.services.agreement import ClusterObjects, disagreements, possible_releases
from kpl.proxy.services.selection import CHANGED_IN, NodeFacts
from kpl.text.version import Version
from objects import Object, endpoint, models, service, slice_of

A, B = Endpoint("10.244.1.1", 8080), Endpoint("10.244.2.2", 8080)
NEWEST = [NEWEST_KUBERNETES]


def other(name: str, namespace: str, address: str, **metadata: Any) -> dict[str, Any]:
    return service(
        {"clusterIP": address, "clusterIPs": [address]}, metadata={"name": name, "namespace": namespace, **metadata}
    )


API = other("kubernetes", "default", "10.96.0.1")
API_PORT = PortState("default/kubernetes:http", "TCP", "10.96.0.1", 80)
WEB = service({})
WEB_PORT = PortState("shop/web:http", "TCP", "10.96.0.10", 80, internal=Destination([A]))


def told(
    files: list[list[Object]], ports: list[PortState], slices: Sequence[Object] | None = None, **more: Any
) -> list[tuple[DifferenceKind, str]]:
    """Kind and title of the differences."""
    objects = ClusterObjects.of([models(each)[0] for each in files], models(slices or [])[1])
    releases = more.pop("releases", NEWEST)
    found = disagreements(objects, [NodeState(4, ports)], more.pop("node", NodeFacts()), releases, **more)
    return [(each.kind, each.title) for each in found]


def test_a_missing_service_is_told() -> None:
    assert told([[API, WEB]], [API_PORT]) == [(DifferenceKind.SERVICE_MISSING, "shop/web:http")]
    assert told([[API, WEB]], [API_PORT, WEB_PORT]) == []


def test_nothing_is_told_of_a_dump_without_services() -> None:
    assert told([[API, WEB]], []) == []


def test_manifests_and_objects_that_are_there_twice_are_left_out() -> None:
    manifest = service({}, metadata={"uid": None})
    del manifest["metadata"]["uid"]
    assert told([[API, manifest]], [API_PORT]) == []
    assert told([[API, WEB], [WEB]], [API_PORT]) == []
    twice = [slice_of([endpoint(A.address)]), slice_of([endpoint(B.address)])]
    assert told([[API, WEB]], [API_PORT, WEB_PORT], twice) == []
    assert told([[API, WEB]], [API_PORT, WEB_PORT], twice[1:]) == [
        (DifferenceKind.ENDPOINT_MISSING, "shop/web:http"),
        (DifferenceKind.ENDPOINT_LEFT_OVER, "shop/web:http"),
    ]


def test_a_service_is_left_over_only_where_all_services_are_known() -> None:
    old = PortState("shop/old:http", "TCP", "10.96.0.99", 80)
    left = [(DifferenceKind.SERVICE_LEFT_OVER, "shop/old:http")]
    assert told([[API, WEB]], [API_PORT, WEB_PORT, old]) == left
    assert told([[API], [WEB]], [API_PORT, WEB_PORT, old]) == []
    assert told([[WEB]], [WEB_PORT, old]) == []
    port = PortState("shop/web:old", "TCP", "10.96.0.10", 81)
    assert told([[WEB]], [WEB_PORT, port]) == [(DifferenceKind.SERVICE_LEFT_OVER, "shop/web:old")]
    headless = other("old", "shop", "None")
    labelled = other("old", "shop", "10.96.0.99", labels={"service.kubernetes.io/service-proxy-name": "x"})
    for each in (headless, labelled):
        assert told([[API, WEB, each]], [API_PORT, WEB_PORT, old]) == []


def test_endpoints_are_compared_where_their_slices_are_known() -> None:
    unready = [slice_of([endpoint(A.address, state="unready")])]
    assert told([[API, WEB]], [API_PORT, WEB_PORT], unready) == [(DifferenceKind.ANSWERED, "shop/web:http")]
    assert told([[API, WEB]], [API_PORT, WEB_PORT], []) == []


def test_ports_without_names_say_nothing_of_services_that_are_gone() -> None:
    ports = [PortState(None, "TCP", address, 80) for address in ("10.96.0.1", "10.96.0.10", "192.168.7.9")]
    assert told([[API, WEB]], ports) == []
    assert told([[API, WEB]], ports[::2]) == [(DifferenceKind.SERVICE_MISSING, "shop/web:http")]


def test_a_difference_must_hold_in_every_release_that_the_dump_may_be_from() -> None:
    terminating = [slice_of([endpoint(A.address, state="serving")])]
    answered = [(DifferenceKind.ANSWERED, "shop/web:http")]
    for releases, expected in ((["1.25"], answered), (["1.26"], []), (["1.37", "1.25"], []), (["1.25", "1.37"], [])):
        versions = [Version(each) for each in releases]
        assert told([[API, WEB]], [API_PORT, WEB_PORT], terminating, releases=versions) == expected


def test_a_difference_must_hold_with_every_set_of_feature_gates() -> None:
    terminating = [slice_of([endpoint(A.address, state="serving")])]
    answered = [(DifferenceKind.ANSWERED, "shop/web:http")]
    off = {"ProxyTerminatingEndpoints": False}
    for gates, expected in (([off], answered), ([{}], []), ([{}, off], []), ([off, {"TopologyAwareHints": False}], [])):
        found = told([[API, WEB]], [API_PORT, WEB_PORT], terminating, releases=[Version("1.27")], gates=gates)
        assert found == expected


@pytest.mark.parametrize(
    ("known", "oldest", "newest", "releases"),
    [
        ("1.30.2", None, None, ["1.30.2"]),
        ("1.30.2", "1.28", "1.30", ["1.30.2"]),
        ("1.30.2", "1.31", None, ["1.34", "1.31"]),
        ("1.31", "1.31", None, ["1.31"]),
        ("1.31", None, "1.30", ["1.30", "1.29", "1.27", "1.26", "1.24", "1.22", "1.20"]),
        (None, "1.31", "1.31", ["1.31"]),
        ("1.37", "1.25", "1.26", ["1.26", "1.25"]),
        (None, "1.31", None, ["1.34", "1.31"]),
        (None, "1.35", None, ["1.35"]),
        (None, None, "1.23", ["1.23", "1.22", "1.20"]),
        (None, None, None, [str(each) for each in reversed(CHANGED_IN)]),
        # a dump that somebody put together
        (None, "1.25", "1.20", [str(each) for each in reversed(CHANGED_IN)]),
        ("1.30", "1.25", "1.20", ["1.30"]),
    ],
)
def test_the_releases_that_a_dump_may_be_from(
    known: str | None, oldest: str | None, newest: str | None, releases: list[str]
) -> None:
    found = possible_releases(Version(known) if known else None, oldest, newest)
    assert [str(each) for each in found] == releases
