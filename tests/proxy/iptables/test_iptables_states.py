"""What a dump says of the Services, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.proxy.iptables.states import dumps_in, node_states
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from support import SHARED

PROXIER = SHARED / "corpus" / "proxier"

FILTER = """*filter
:FORWARD ACCEPT [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-SERVICES - [0:0]
-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "shop/empty has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30002 -j REJECT
-A KUBE-EXTERNAL-SERVICES -d 203.0.113.9/32 -p tcp -m comment --comment "shop/far:web has no local endpoints" -m tcp --dport 443 -j DROP
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/far:web health check node port" -m tcp --dport 31000 -j ACCEPT
-A KUBE-SERVICES -d 10.96.0.3/32 -p tcp -m comment --comment "shop/empty has no endpoints" -m tcp --dport 80 -j REJECT
COMMIT
"""

NAT = """*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A KUBE-EXT-FAR -s 10.244.0.0/16 -m comment --comment "pod traffic for shop/far:web external destinations" -j KUBE-SVC-FAR
-A KUBE-EXT-LB -m comment --comment "masquerade traffic for shop/lb:web external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-LB -j KUBE-SVC-LB
-A KUBE-FW-LB -s 198.51.100.0/24 -m comment --comment "shop/lb:web loadbalancer IP" -j KUBE-EXT-LB
-A KUBE-FW-LB -s 203.0.113.4/32 -m comment --comment "shop/lb:web loadbalancer IP" -j KUBE-EXT-LB
-A KUBE-FW-LB -m comment --comment "other traffic to shop/lb:web will be dropped by KUBE-PROXY-FIREWALL"
-A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m comment --comment "shop/lb:web" -m tcp --dport 30001 -j KUBE-EXT-LB
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/lb:web" -m tcp --dport 30001 -j KUBE-EXT-LB
-A KUBE-SEP-A -s 10.244.1.5/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:8080
-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.244.2.5:8080
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "shop/lb:web cluster IP" -m tcp --dport 80 -j KUBE-SVC-LB
-A KUBE-SERVICES -d 203.0.113.4/32 -p tcp -m comment --comment "shop/lb:web loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-LB
-A KUBE-SERVICES -d 10.96.0.2/32 -p tcp -m comment --comment "shop/far:web cluster IP" -m tcp --dport 443 -j KUBE-SVC-FAR
-A KUBE-SERVICES -d 203.0.113.8/32 -p tcp -m comment --comment "shop/far:web external IP" -m tcp --dport 443 -j KUBE-EXT-FAR
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -j KUBE-NODEPORTS
-A KUBE-SVC-FAR -m comment --comment "shop/far:web -> 10.244.2.5:8080" -j KUBE-SEP-B
-A KUBE-SVC-LB -m comment --comment "shop/lb:web -> 10.244.1.5:8080" -m recent --rcheck --seconds 600 --reap --name KUBE-SEP-A -j KUBE-SEP-A
-A KUBE-SVC-LB -m comment --comment "shop/lb:web -> 10.244.1.5:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A
-A KUBE-SVC-LB -m comment --comment "shop/lb:web -> 10.244.2.5:8080" -j KUBE-SEP-B
COMMIT
"""


def states(text: str) -> list[NodeState]:
    return node_states(parse_iptables_save(text))


def test_services_are_read_back() -> None:
    half = [Endpoint("10.244.1.5", 8080, 0.5), Endpoint("10.244.2.5", 8080, 0.5)]
    (state,) = states(FILTER + NAT)
    assert state.ip_family == 4
    assert {port.name: port for port in state.ports} == {
        "shop/lb:web": PortState(
            "shop/lb:web",
            "TCP",
            "10.96.0.1",
            80,
            30001,
            load_balancer_ips=["203.0.113.4"],
            source_ranges=["198.51.100.0/24"],
            affinity_seconds=600,
            internal=Destination(half),
            external=Destination(half),
        ),
        "shop/far:web": PortState(
            "shop/far:web",
            "TCP",
            "10.96.0.2",
            443,
            external_ips=["203.0.113.8", "203.0.113.9"],
            internal=Destination([Endpoint("10.244.2.5", 8080)]),
            external=Destination(local=True),
            health_check_node_port=31000,
        ),
        "shop/empty": PortState("shop/empty", "TCP", "10.96.0.3", 80, 30002, external=Destination()),
    }
    assert [port.name for port in state.ports if port.no_endpoints] == ["shop/empty"]


def test_the_chain_of_kubernetes_before_1_24() -> None:
    chain = (
        '-A KUBE-NODEPORTS -p tcp -m comment --comment "a/b:" -m tcp --dport 30001 -j KUBE-XLB-X\n'
        '-A KUBE-SEP-A -p tcp -m comment --comment "a/b:" -m tcp -j DNAT --to-destination [fd00::5]:8080\n'
        '-A KUBE-SERVICES -d fd00:96::1/128 -p tcp -m comment --comment "a/b: cluster IP" -m tcp --dport 80 -j KUBE-SVC-X\n'
        '-A KUBE-XLB-X -m comment --comment "a/b:" -j KUBE-SEP-A\n'
    )
    (state,) = states(f"*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n{chain}COMMIT\n")
    assert state.ip_family == 6
    (port,) = state.ports
    assert (port.name, port.cluster_ip, port.node_port) == ("a/b", "fd00:96::1", 30001)
    assert port.external == Destination([Endpoint("fd00::5", 8080)], local=True)


def test_two_dumps_in_a_file_are_two_states() -> None:
    assert len(states(FILTER + NAT + FILTER + NAT)) == 2
    assert states(NAT) == []


@pytest.mark.parametrize(
    "text", ["", "*nat\nCOMMIT\n", "*nat\n-A KUBE-SERVICES -d x -p y --dport z\nCOMMIT\n", "-A KUBE-SEP-A -j DNAT\n"]
)
def test_what_holds_no_service_has_no_state(text: str) -> None:
    assert states(text) == []


def _dumps() -> list[Path]:
    found = (each for each in PROXIER.glob("*/*.ip*tables") if "restore-input" not in each.name)
    return sorted(found)


def _final(situation: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    phases = [phase for phase in situation.get("phases", []) if kind in phase]
    return list(phases[-1][kind] if phases else situation[kind])


@pytest.mark.skipif(not PROXIER.is_dir(), reason="the dumps of real kube-proxies are not here")
@pytest.mark.parametrize("path", _dumps(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_real_kube_proxies_programmed_is_what_was_asked_for(path: Path) -> None:
    situation = json.loads((PROXIER / "situations" / f"{path.name.split('.')[0]}.json").read_text())
    text = path.read_text(encoding="utf-8")
    six = "ip6tables" in path.name
    wanted = {
        (f"{meta['namespace']}/{meta['name']}" + (f":{port['name']}" if port.get("name") else ""), port["protocol"])
        + (address, port["port"], port.get("nodePort"))
        for service in _final(situation, "services")
        for meta, spec in [(service["metadata"], service["spec"])]
        if "service.kubernetes.io/service-proxy-name" not in meta.get("labels", {})
        for address in spec.get("clusterIPs", [])
        if address != "None" and (":" in address) is six
        for port in spec["ports"]
    }
    (state,) = states(text)
    assert state.ip_family == (6 if six else 4)
    assert {(port.name, port.protocol, port.cluster_ip, port.port, port.node_port) for port in state.ports} == wanted


# --- piece by piece


def port_of(nat: str, filter_: str = "") -> PortState:
    """The only port that a dump with these rules shows."""
    text = f"*nat\n:PREROUTING ACCEPT [0:0]\n{nat}COMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n{filter_}COMMIT\n"
    ((port,),) = ([*state.ports] for state in states(text))
    return port


def to_service(comment: str, target: str, address: str = "10.96.0.7/32", port: int = 80) -> str:
    return f'-A KUBE-SERVICES -d {address} -p tcp -m comment --comment "{comment}" -m tcp --dport {port} -j {target}\n'


def to_node_port(target: str, port: int = 30080) -> str:
    return f'-A KUBE-NODEPORTS -p tcp -m comment --comment "a/b:c" -m tcp --dport {port} -j {target}\n'


CLUSTER_IP = to_service("a/b:c cluster IP", "KUBE-SVC-X")
SEPARATE = "-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.1.0.1:80\n-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.1.0.2:81\n"
A, B = Endpoint("10.1.0.1", 80), Endpoint("10.1.0.2", 81)
STICKY = "-A {} -m recent --rcheck --seconds {} --reap --name KUBE-SEP-A -j KUBE-SEP-A\n"


@pytest.mark.parametrize(
    ("rules", "endpoints"),
    [
        ("", []),
        ("-A KUBE-SVC-X -j KUBE-SEP-A\n", [A]),
        (
            "-A KUBE-SVC-X -m statistic --mode random --probability 0.25 -j KUBE-SEP-A\n-A KUBE-SVC-X -j KUBE-SEP-B\n",
            [A._replace(probability=0.25), B._replace(probability=0.75)],
        ),
        # session affinity, masquerading and what translates to nothing are no endpoints
        (f"{STICKY.format('KUBE-SVC-X', 60)}-A KUBE-SVC-X -j KUBE-SEP-B\n", [B]),
        ("-A KUBE-SVC-X -j KUBE-MARK-MASQ\n-A KUBE-SVC-X -j KUBE-SEP-A\n-A KUBE-SVC-X -j KUBE-SEP-NONE\n", [A]),
        ("-A KUBE-SVC-X -m statistic --mode random --probability 2 -j KUBE-SEP-A\n", [A._replace(probability=0)]),
    ],
)
def test_the_endpoints_of_a_cluster_ip(rules: str, endpoints: list[Endpoint]) -> None:
    port = port_of(CLUSTER_IP + rules + SEPARATE)
    assert port == PortState(
        "a/b:c", "TCP", "10.96.0.7", 80, internal=port.internal, affinity_seconds=port.affinity_seconds
    )
    assert port.internal == Destination(endpoints)
    assert port.affinity_seconds == (60 if "--rcheck" in rules else None)


@pytest.mark.parametrize(
    ("to", "endpoint"),
    [
        ("10.1.0.1:80", Endpoint("10.1.0.1", 80)),
        ("[fd00::1]:80", Endpoint("fd00::1", 80)),
        ("10.1.0.1", None),
        (":80", None),
        ("10.1.0.1:http", None),
    ],
)
def test_what_an_endpoint_translates_to(to: str, endpoint: Endpoint | None) -> None:
    rule = f"-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination {to}\n-A KUBE-SVC-X -j KUBE-SEP-A\n"
    assert port_of(CLUSTER_IP + rule).internal.endpoints == ([endpoint] if endpoint else [])
    other = rule.replace("KUBE-SEP-A", "OTHER")
    assert port_of(CLUSTER_IP + other).internal.endpoints == []


EXT = "-A KUBE-EXT-X -j KUBE-SVC-X\n"
SVC = "-A KUBE-SVC-X -j KUBE-SEP-A\n-A KUBE-SVC-X -j KUBE-SEP-B\n"
POD_TRAFFIC = (
    '-A KUBE-EXT-X -s 10.1.0.0/16 -m comment --comment "pod traffic for a/b:c external destinations" -j KUBE-SVC-X\n'
)


@pytest.mark.parametrize(
    ("rules", "external"),
    [
        (to_node_port("KUBE-EXT-X") + EXT + "-A KUBE-SVC-X -j KUBE-SEP-A\n", Destination([A])),
        # before 1.24 a Cluster policy led to the Service's chain, and a Local one to a chain of its own
        (to_node_port("KUBE-SVC-X") + "-A KUBE-SVC-X -j KUBE-SEP-A\n", Destination([A])),
        (to_node_port("KUBE-XLB-X") + "-A KUBE-XLB-X -j KUBE-SEP-B\n", Destination([B], local=True)),
        (to_node_port("KUBE-SVL-X") + "-A KUBE-SVL-X -j KUBE-SEP-B\n", Destination([B], local=True)),
        (to_node_port("KUBE-EXT-X") + POD_TRAFFIC + "-A KUBE-EXT-X -j KUBE-SVL-X\n-A KUBE-SVL-X -j KUBE-SEP-B\n",
         Destination([B], local=True)),
        # a Local policy without an endpoint on the node
        (to_node_port("KUBE-EXT-X") + POD_TRAFFIC, Destination([], local=True)),
        (to_node_port("KUBE-EXT-X"), None),
        (to_node_port("KUBE-MARK-MASQ"), None),
        (to_node_port("OTHER"), None),
    ],
)  # fmt: skip
def test_where_traffic_from_outside_goes(rules: str, external: Destination | None) -> None:
    port = port_of(CLUSTER_IP + rules + SEPARATE)
    assert port.external == external
    assert port.node_port == (None if "MARK-MASQ" in rules else 30080)


@pytest.mark.parametrize(
    ("rules", "external_ips", "balanced", "ranges"),
    [
        (to_service("a/b:c external IP", "KUBE-EXT-X", "192.0.2.1/32"), ["192.0.2.1"], [], []),
        (to_service("a/b:c external IP", "KUBE-EXT-X", "192.0.2.1/32") * 2, ["192.0.2.1"], [], []),
        (to_service("a/b:c external IP", "KUBE-MARK-MASQ", "192.0.2.1/32"), [], [], []),
        (to_service("a/b:c loadbalancer IP", "KUBE-EXT-X", "192.0.2.2"), [], ["192.0.2.2"], []),
        (
            to_service("a/b:c loadbalancer IP", "KUBE-FW-X", "192.0.2.2/32")
            + "-A KUBE-FW-X -s 10.0.0.0/8 -j KUBE-EXT-X\n-A KUBE-FW-X -s 192.0.2.2/32 -j KUBE-EXT-X\n"
            "-A KUBE-FW-X -s 9.0.0.0/8 -j KUBE-XLB-X\n-A KUBE-FW-X -s 8.0.0.0/8 -j KUBE-MARK-DROP\n",
            [],
            ["192.0.2.2"],
            ["10.0.0.0/8", "9.0.0.0/8"],
        ),
        (to_service("a/b:c loadbalancer IP", "KUBE-FW-X", "192.0.2.2/32"), [], ["192.0.2.2"], []),
    ],
)
def test_the_addresses_of_a_service_from_outside(
    rules: str, external_ips: list[str], balanced: list[str], ranges: list[str]
) -> None:
    port = port_of(CLUSTER_IP + rules + EXT + SVC + SEPARATE)
    assert (port.external_ips, port.load_balancer_ips, port.source_ranges) == (external_ips, balanced, ranges)
    assert (port.external is not None) is ("KUBE-EXT-X" in rules)


@pytest.mark.parametrize(
    ("rules", "seconds"),
    [
        (CLUSTER_IP + STICKY.format("KUBE-SVC-X", 60), 60),
        (CLUSTER_IP + STICKY.format("KUBE-SVC-X", "x") + STICKY.format("KUBE-SVC-X", 90), 90),
        # where no pod of the node is asked for the cluster IP, the other way in tells it
        (to_node_port("KUBE-EXT-X") + "-A KUBE-EXT-X -j KUBE-SVL-X\n" + STICKY.format("KUBE-SVL-X", 70), 70),
        (to_node_port("KUBE-XLB-X") + STICKY.format("KUBE-SVC-X", 80), 80),
        (CLUSTER_IP + "-A KUBE-SVC-X -m recent --set --seconds 60 --name KUBE-SEP-A -j KUBE-SEP-A\n", None),
    ],
)
def test_the_timeout_of_session_affinity(rules: str, seconds: int | None) -> None:
    assert port_of(rules + SEPARATE).affinity_seconds == seconds


REJECT = '-A {} {} -p tcp -m comment --comment "a/b:c has no {}endpoints" -m tcp --dport {} -j REJECT\n'


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (
            REJECT.format("KUBE-SERVICES", "-d 10.96.0.7/32", "", 80),
            PortState("a/b:c", "TCP", "10.96.0.7", 80),
        ),
        (
            REJECT.format("KUBE-SERVICES", "-d 10.96.0.7/32", "local ", 80),
            PortState("a/b:c", "TCP", "10.96.0.7", 80, internal=Destination(local=True)),
        ),
        (
            REJECT.format("KUBE-EXTERNAL-SERVICES", "-m addrtype --dst-type LOCAL", "", 30080),
            PortState("a/b:c", "TCP", node_port=30080, external=Destination()),
        ),
        (
            REJECT.format("KUBE-EXTERNAL-SERVICES", "-d 192.0.2.1/32", "local ", 80) * 2,
            PortState("a/b:c", "TCP", None, 80, external_ips=["192.0.2.1"], external=Destination(local=True)),
        ),
    ],
)
def test_what_has_no_endpoints_is_told_by_the_table_filter(rules: str, wanted: PortState) -> None:
    assert port_of("", rules) == wanted
    other = rules.replace("endpoints", "nothing")
    assert states(f"*nat\n:A ACCEPT [0:0]\nCOMMIT\n*filter\n:B ACCEPT [0:0]\n{other}COMMIT\n") == []


def test_a_port_for_health_checks_is_of_all_protocols_of_its_name() -> None:
    check = '-A KUBE-NODEPORTS -p tcp -m comment --comment "{} health check node port" -m tcp --dport 31000 -j ACCEPT\n'
    udp = CLUSTER_IP.replace("-p tcp", "-p udp").replace("-m tcp", "-m udp")
    assert port_of(udp, check.format("a/b:c")).health_check_node_port == 31000
    assert port_of(udp, check.format("a/b:d")).health_check_node_port is None


@pytest.mark.parametrize(
    ("rules", "family"),
    [
        ("-A X -d 10.0.0.0/8 -j A\n", 4),
        ("-A X -s fd00::/8 -j A\n", 6),
        ("-A X -j A\n", 4),
        ("-A X -s fd00::/8 -j A\n-A X -d 10.0.0.1 -j A\n", 4),
    ],
)
def test_the_family_is_that_of_the_addresses(rules: str, family: int) -> None:
    (dump,) = dumps_in(parse_iptables_save(f"*nat\n{rules}COMMIT\n"))
    assert dump.ip_family == family


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("*nat\n:A ACCEPT [0:0]\nCOMMIT\n*filter\n:B ACCEPT [0:0]\nCOMMIT\n", True),
        ("*nat\n:A - [0:0]\nCOMMIT\n*filter\n:B ACCEPT [0:0]\nCOMMIT\n", False),
        ("*nat\n:A ACCEPT [0:0]\nCOMMIT\n", False),
        ("*nat\n:A ACCEPT [0:0]\nCOMMIT\n*filter\n:B ACCEPT [0:0]\n", False),
    ],
)
def test_a_dump_is_whole_with_both_tables_and_their_policies(text: str, whole: bool) -> None:
    assert dumps_in(parse_iptables_save(text))[0].whole is whole


def test_a_source_range_of_the_second_family_is_told_from_the_address() -> None:
    six = to_service("a/b:c loadbalancer IP", "KUBE-FW-X", "fd00::2/128")
    ranges = "-A KUBE-FW-X -s fd00::2/128 -j KUBE-EXT-X\n-A KUBE-FW-X -s fd01::/16 -j KUBE-EXT-X\n"
    port = port_of(six + ranges)
    assert (port.load_balancer_ips, port.source_ranges) == (["fd00::2"], ["fd01::/16"])
