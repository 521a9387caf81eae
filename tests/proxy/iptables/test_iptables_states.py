"""What a dump says of the Services, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.proxy.iptables.states import node_states
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
