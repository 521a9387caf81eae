"""A dump as `kpl inspect` shows it, and a port of a Service as `kpl inspect --service` does."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from kpl.proxy.dumps.inspection import Inspection
from kpl.proxy.dumps.release_traits import ReleaseTrait
from kpl.proxy.iptables.tree import Branch
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from kpl.report.inspections import port_lines, record, text_lines, tree_lines

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


def inspection(**changes: Any) -> Inspection:
    ports = [PortState("shop/web:http", "TCP", "10.96.0.7", 80, internal=Destination([Endpoint("10.1.0.1", 80)]))]
    made = Inspection("iptables-save", None, None, "iptables", True, [], 3, 2, 0, NodeState(4, ports))
    return dataclasses.replace(made, **changes)


def told(title: str, **changes: Any) -> list[str]:
    """The lines under `title`, without it; a line without a title belongs to the one above."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in list(text_lines("n.iptables", inspection(**changes)))[1:]:
        assert line.startswith("  ")
        name = line[2:16].strip() or name
        found.setdefault(name, []).append(line[17:])
    return found.get(title, [])


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({}, "n.iptables: iptables-save, IPv4"),
        ({"complete": False}, "n.iptables: iptables-save, IPv4, incomplete"),
        ({"backend": "nft"}, "n.iptables: iptables-save, nftables backend, IPv4"),
        ({"backend": "legacy", "writer": "w\x1b"}, "n.iptables: w\\x1b, legacy backend, IPv4"),
        ({"format": "ipvs", "state": NodeState(6)}, "n.iptables: ipvs, IPv6"),
    ],
)
def test_the_first_line_says_what_the_dump_is(changes: dict[str, Any], head: str) -> None:
    assert next(iter(text_lines("n.iptables", inspection(**changes)))) == head


SINCE, UNTIL = ReleaseTrait("a chain", since="1.24"), ReleaseTrait("a rule", until="1.26")


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"mode": None}, ["not found"]),
        ({}, ["mode iptables, release unknown"]),
        ({"read": False}, ["mode iptables, in tables of iptables-nft"]),
        ({"traits": [SINCE]}, ["mode iptables, Kubernetes 1.24 or later", "a chain: 1.24 or later"]),
        ({"traits": [UNTIL]}, ["mode iptables, Kubernetes 1.26 or earlier", "a rule: 1.26 or earlier"]),
        (
            {"traits": [UNTIL, SINCE]},
            ["mode iptables, Kubernetes 1.24 to 1.26", "a rule: 1.26 or earlier", "a chain: 1.24 or later"],
        ),
        (
            {"traits": [SINCE, UNTIL._replace(until="1.24")]},
            ["mode iptables, Kubernetes 1.24", "a chain: 1.24 or later", "a rule: 1.24 or earlier"],
        ),
        # no release is both
        (
            {"traits": [SINCE, UNTIL._replace(until="1.23")]},
            ["mode iptables, signs of different releases", "a chain: 1.24 or later", "a rule: 1.23 or earlier"],
        ),
        # what an older trait says is told by the newer one
        (
            {"traits": [SINCE._replace(since="1.9"), SINCE]},
            ["mode iptables, Kubernetes 1.24 or later", "a chain: 1.24 or later"],
        ),
    ],
)
def test_from_which_releases_a_dump_may_be(changes: dict[str, Any], lines: list[str]) -> None:
    assert told("kube-proxy", **changes) == lines


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "1 Service, 1 endpoint; 3 rules, 2 chains"),
        ({"rules": 1, "chains": 1}, "1 Service, 1 endpoint; 1 rule, 1 chain"),
        ({"rules": 0, "chains": 1}, "1 Service, 1 endpoint; 0 rules, 1 chain"),
        ({"rules": 1234567, "chains": 0}, "1 Service, 1 endpoint; 1,234,567 rules, 0 chains"),
        # a listing of virtual servers has neither
        ({"rules": 0, "chains": 0, "state": NodeState(4)}, "0 Services, 0 endpoints"),
    ],
)
def test_what_a_dump_contains(changes: dict[str, Any], line: str) -> None:
    assert told("contains", **changes) == [line]


def test_what_is_rare_is_told_where_it_is_there() -> None:
    for title in ("longest walk", "no endpoints", "affinity", "source ranges", "other agents"):
        assert told(title) == []
    assert told("contains", read=False)[0] == "3 rules, 2 chains"
    assert len(told("contains", read=False)) == 2
    assert told("longest walk", walk=1) == ["1 rule for a new connection that is not to a Service"]
    assert told("other agents", agents=["Calico", "Docker"]) == ["Calico, Docker"]
    pods = Destination([Endpoint("10.1.0.1", 80)])
    ports = [
        PortState("a/sticky", "TCP", "10.96.0.1", 80, affinity_seconds=10800, internal=pods),
        PortState("a/none", "TCP", "10.96.0.2", 80),
        PortState(None, "UDP", None, None, 30053),
        PortState(None, "TCP", "10.96.0.3", 443, source_ranges=["10.0.0.0/8", "192.0.2.0/24"], internal=pods),
    ]
    state = NodeState(4, ports)
    assert told("affinity", state=state) == ["a/sticky: 10800 s"]
    assert told("no endpoints", state=state) == ["a/none", "UDP *:30053"]
    assert told("source ranges", state=state) == ["TCP 10.96.0.3:443: 10.0.0.0/8, 192.0.2.0/24"]


@pytest.mark.parametrize("count", [10, 11, 1012])
def test_of_many_services_the_first_ten_are_named(count: int) -> None:
    state = NodeState(4, [PortState(f"a/s{number}", "TCP", "10.96.0.1", number) for number in range(count)])
    lines = told("no endpoints", state=state)
    assert lines[:10] == [f"a/s{number}" for number in range(10)]
    assert lines[10:] == ([] if count == 10 else [f"and {count - 10:,} more"])


def test_a_record_shows_the_endpoints_of_the_way_in_that_has_some() -> None:
    first, second = [Endpoint("10.1.0.1", 80)], [Endpoint("10.1.0.2", 80, 0.5)]
    cases = [
        (Destination(first), None, "10.1.0.1"),
        (Destination(first), Destination(second), "10.1.0.1"),
        (Destination([], local=True), Destination(second), "10.1.0.2"),
        (Destination([]), None, None),
        (Destination([]), Destination([]), None),
    ]
    ports = [
        PortState(f"a/s{number}", "TCP", internal=internal, external=external)
        for number, (internal, external, _) in enumerate(cases)
    ]
    made = record("n", inspection(state=NodeState(4, ports), traits=[SINCE], walk=7, agents=["ufw"]))
    for service, (_, _, address) in zip(made["services"], cases, strict=True):
        assert [each["address"] for each in service["endpoints"]] == ([address] if address else [])
        assert service["no_endpoints"] is (address is None)
    assert made["kube_proxy"] == {
        "min": "1.24",
        "max": None,
        "contradicting": False,
        "marks": ["a chain: 1.24 or later"],
    }
    assert made["counts"] == {"rules": 3, "chains": 2, "services": 5, "endpoints": 2, "longest_walk": 7}
    assert (made["ip_family"], made["complete"], made["agents"]) == (4, True, ["ufw"])


def test_a_tree_of_rules_is_drawn_with_its_shares() -> None:
    leaf = Branch("", "KUBE-MARK-MASQ")
    first = Branch("-s 10.1.0.1/32", "KUBE-SEP-A", 0.3333, [leaf, Branch("", "DNAT")])
    second = Branch("", "KUBE-SEP-B", 1.0, [Branch("-p tcp", "DNAT\x1b")], "")
    root = Branch(
        "-d 10.96.0.7/32", "KUBE-SVC-A", None, [first, second, Branch("", "KUBE-SEP-C", None, [], "as above")]
    )
    assert list(tree_lines("nat KUBE-SERVICES", root)) == [
        "nat KUBE-SERVICES: -d 10.96.0.7/32 -> KUBE-SVC-A",
        "├─ 33.3% -s 10.1.0.1/32 -> KUBE-SEP-A",
        "│  ├─ -> KUBE-MARK-MASQ",
        "│  └─ -> DNAT",
        "├─ 100.0% -> KUBE-SEP-B",
        "│  └─ -p tcp -> DNAT\\x1b",
        "└─ -> KUBE-SEP-C (as above)",
    ]


def test_a_port_without_a_way_in_or_an_endpoint() -> None:
    port = PortState("a/b", "TCP", "10.96.0.7", 80, external=Destination(PODS))
    assert list(port_lines(port)) == ["a/b TCP", "├─ cluster IP 10.96.0.7:80", "│  no endpoints"]
    port = dataclasses.replace(port, load_balancer_ips=["192.0.2.1"], external=Destination(PODS[:1]))
    assert list(port_lines(port))[3:] == ["├─ load balancer IP 192.0.2.1", "│  25.0% -> fd00:244::5 8080"]
