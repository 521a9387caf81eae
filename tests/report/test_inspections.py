"""A port of a Service, as `kpl inspect --service` shows it."""

from __future__ import annotations

from kpl.proxy.node.state import Destination, Endpoint, PortState
from kpl.report.inspections import port_lines

PODS = [Endpoint("fd00:244::5", 8080, 0.25), Endpoint("fd00:244::6", 8080, 0.75)]


def test_each_way_in_has_its_endpoints_with_their_shares() -> None:
    port = PortState(
        "shop/web:http",
        "TCP",
        "fd00:96::7",
        80,
        30080,
        ["2001:db8::1"],
        ["2001:db8::2"],
        internal=Destination(PODS),
        external=Destination([], local=True),
    )
    title, inside, first, second, outside, none = port_lines(port)
    assert title.split() == ["shop/web:http", "TCP"]
    assert "[fd00:96::7]:80" in inside
    assert [line.split()[1:] for line in (first, second)] == [
        ["25.0%", "->", "fd00:244::5", "8080"],
        ["75.0%", "->", "fd00:244::6", "8080"],
    ]
    assert all(word in outside for word in ("NodePort 30080", "2001:db8::1", "2001:db8::2", "on this node only"))
    assert "on this node only" not in inside
    assert "%" not in none


def test_without_a_way_in_from_outside_there_is_the_cluster_ip_alone() -> None:
    port = PortState(None, "UDP", "10.96.0.10", 53, internal=Destination(PODS[:1]), external=Destination(PODS))
    lines = list(port_lines(port))
    assert lines[0].split()[:2] == ["UDP", "10.96.0.10:53"]
    assert "10.96.0.10:53" in lines[1]
    assert "[" not in lines[1]
    assert len(lines) == 3
