from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kpl.inputs.dumps.nft import parse_nft
from kpl.inputs.dumps.nftables import NftRuleset
from kpl.inputs.dumps.nftjson import parse_nft_json
from kpl.proxy.nft.states import node_states
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState
from kpl_rules.dataplane._nft import NEW, OLD
from situations import expected, situation
from support import SHARED

PROXIER = SHARED / "corpus" / "proxier"
FILES = sorted(
    path
    for ending in ("*.nft", "*.nft.json", "*.nft.gz")
    for path in PROXIER.glob(f"1.*/{ending}")
    if ".transaction." not in path.name
)


def ruleset_of(path: Path) -> NftRuleset:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return parse_nft_json(text) if path.name.endswith(".json") else parse_nft(text)


def shown(port: PortState) -> dict[str, Any]:
    def endpoints(destination: Destination) -> list[tuple[str, int, float]]:
        return sorted((each.address, each.port, round(each.probability, 6)) for each in destination.endpoints)

    return {
        "cluster_ip": port.cluster_ip,
        "port": port.port,
        "node_port": port.node_port,
        "addresses": sorted([*port.external_ips, *port.load_balancer_ips]),
        "source_ranges": port.source_ranges,
        "affinity": port.affinity_seconds,
        "internal": endpoints(port.internal),
        "external": endpoints(port.external) if port.external else None,
        "internal_local": port.internal.local,
        "external_local": bool(port.external and port.external.local),
    }


@pytest.mark.skipif(not FILES, reason="needs ../shared")
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_kube_proxy_programmed_is_what_the_objects_ask_for(path: Path) -> None:
    ruleset = ruleset_of(path)
    assert not ruleset.unread
    assert all(table.complete and not table.unread for table in ruleset.tables)
    states = {state.ip_family: state for state in node_states(ruleset)}
    assert set(states) == {4, 6}
    objects = situation(next((PROXIER / "situations").glob(f"{path.name.partition('.')[0]}.json*")))
    minor = int(path.parent.name.partition(".")[2])
    for family, name in ((4, "IPv4"), (6, "IPv6")):
        found = {key: shown(port) for key, port in states[family].by_name().items()}
        assert len(found) == len(states[family].ports)
        assert found == expected(objects, minor, name)
    assert states[4].ports


@pytest.mark.skipif(not FILES, reason="needs ../shared")
@pytest.mark.parametrize("path", [path for path in FILES if path.name.endswith((".handles.nft", ".json"))], ids=str)
def test_the_forms_of_one_ruleset_agree(path: Path) -> None:
    plain = path.with_name(path.name.replace(".handles", "").removesuffix(".json"))
    assert node_states(ruleset_of(path)) == node_states(ruleset_of(plain))


@pytest.mark.parametrize("text", [NEW, OLD], ids=["new", "old"])
def test_handles_change_nothing(text: str) -> None:
    """As `nft -a` prints them: behind declarations and behind rules."""
    lines = [
        f"{line} # handle {number}"
        if line.endswith("{") or " dnat to " in line or line.strip().startswith("jump ")
        else line
        for number, line in enumerate(text.splitlines(), 1)
    ]
    ruleset = parse_nft("\n".join([*lines, ""]))
    assert not ruleset.unread
    assert not any(table.unread for table in ruleset.tables)
    assert node_states(ruleset) == node_states(parse_nft(text)) != []


AS_TEXT = """\
table ip kube-proxy {
\tset cluster-ips {
\t\ttype ipv4_addr
\t\telements = { 10.96.0.7 }
\t}
\tmap service-ips {
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = { 10.96.0.7 . tcp . 80 : goto service-KHN6ECMT-shop/web/tcp/http }
\t}
\tchain service-KHN6ECMT-shop/web/tcp/http {
\t\tmeta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.1.7 . 8080, 1 : 10.244.2.9 . 8080 }
\t}
}
"""
CHAIN = {"family": "ip", "table": "kube-proxy", "name": "service-KHN6ECMT-shop/web/tcp/http"}
CHOICE = [[number, {"concat": [address, 8080]}] for number, address in enumerate(("10.244.1.7", "10.244.2.9"))]
AS_JSON = {
    "nftables": [
        {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
        {"table": {"family": "ip", "name": "kube-proxy", "handle": 1}},
        {
            "set": {
                "family": "ip",
                "table": "kube-proxy",
                "name": "cluster-ips",
                "type": "ipv4_addr",
                "elem": ["10.96.0.7"],
            }
        },
        {
            "map": {
                "family": "ip",
                "table": "kube-proxy",
                "name": "service-ips",
                "type": ["ipv4_addr", "inet_proto", "inet_service"],
                "map": "verdict",
                "elem": [[{"concat": ["10.96.0.7", "tcp", 80]}, {"goto": {"target": CHAIN["name"]}}]],
            }
        },
        {"chain": CHAIN},
        {
            "rule": {
                "family": "ip",
                "table": "kube-proxy",
                "chain": CHAIN["name"],
                "expr": [
                    {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "tcp"}},
                    {
                        "dnat": {
                            "family": "ip",
                            "addr": {
                                "map": {
                                    "key": {"numgen": {"mode": "random", "mod": 2, "offset": 0}},
                                    "data": {"set": CHOICE},
                                }
                            },
                        }
                    },
                ],
            }
        },
    ]
}


def test_the_forms_of_a_small_ruleset_agree() -> None:
    as_json = parse_nft_json(json.dumps(AS_JSON))
    assert not as_json.unread
    (state,) = node_states(as_json)
    assert [state] == node_states(parse_nft(AS_TEXT))
    (port,) = state.ports
    assert (port.name, port.cluster_ip, port.port) == ("shop/web:http", "10.96.0.7", 80)
    assert port.internal.endpoints == [Endpoint("10.244.1.7", 8080, 0.5), Endpoint("10.244.2.9", 8080, 0.5)]


def only(text: str) -> PortState:
    (state,) = node_states(parse_nft(text))
    (port,) = state.ports
    return port


def test_small_tables_of_two_releases() -> None:
    web = PortState(
        "shop/web:http",
        "TCP",
        "10.96.0.7",
        80,
        30080,
        internal=Destination([Endpoint("10.244.1.7", 8080, 0.5), Endpoint("10.244.2.9", 8080, 0.5)]),
        external=Destination([Endpoint("10.244.1.7", 8080, 0.5), Endpoint("10.244.2.9", 8080, 0.5)]),
    )
    for text in (NEW, OLD):
        (state,) = node_states(parse_nft(text))
        ports = state.by_name()
        assert ports["shop/web:http", "TCP"] == web
        assert ports["default/kubernetes:https", "TCP"].internal == Destination([Endpoint("192.168.77.1", 6443, 1.0)])
        assert ports["shop/pay:http", "TCP"] == PortState("shop/pay:http", "TCP", "10.96.0.8", 80)
        assert ports["shop/pay:http", "TCP"].no_endpoints
        assert len(ports) == 3


NAME = "KHN6ECMT-shop/web/tcp/http"


def test_local_policies() -> None:
    port = only(
        f"""\
table ip kube-proxy {{
  map service-ips {{
    elements = {{ 10.96.0.7 . tcp . 80 : goto local-{NAME},
                  203.0.113.7 . tcp . 80 : goto external-{NAME} }}
  }}
  map no-endpoint-services {{
    elements = {{ 203.0.113.7 . tcp . 80 comment "shop/web:http" : drop }}
  }}
  chain local-{NAME} {{
    meta l4proto tcp dnat to 10.244.1.7:8080
  }}
  chain external-{NAME} {{
    ip saddr 10.244.0.0/16 goto service-{NAME} comment "short-circuit pod traffic"
    fib saddr type local goto service-{NAME} comment "short-circuit local traffic"
  }}
  chain service-{NAME} {{
    meta l4proto tcp dnat ip to numgen random mod 2 map {{ 0 : 10.244.1.7 . 8080, 1 : 10.244.2.9 . 8080 }}
  }}
}}
"""
    )
    assert (port.cluster_ip, port.external_ips) == ("10.96.0.7", ["203.0.113.7"])
    assert port.internal == Destination([Endpoint("10.244.1.7", 8080, 1.0)], local=True)
    assert port.external == Destination([], local=True)


def test_no_local_endpoint_for_the_cluster_ip() -> None:
    port = only('map no-endpoint-services {\n elements = { 10.96.0.7 . tcp . 80 comment "shop/web:http" : drop }\n}\n')
    assert port == PortState("shop/web:http", "TCP", "10.96.0.7", 80, internal=Destination([], local=True))


def test_source_ranges() -> None:
    text = f"""\
table ip kube-proxy {{
  map firewall-ips {{
    elements = {{ 203.0.113.4 . tcp . 80 : goto firewall-{NAME} }}
  }}
  map service-ips {{
    elements = {{ 203.0.113.4 . tcp . 80 : goto external-{NAME}, 203.0.113.9 . tcp . 80 : goto external-{NAME} }}
  }}
  chain firewall-{NAME} {{
    ip saddr != {{ 192.168.77.0/24, 10.1.2.3, 203.0.113.4 }} drop
  }}
}}
"""
    port = only(text)
    assert (port.load_balancer_ips, port.external_ips) == (["203.0.113.4"], ["203.0.113.9"])
    assert port.source_ranges == ["10.1.2.3/32", "192.168.77.0/24"]
    one = only(text.replace("{ 192.168.77.0/24, 10.1.2.3, 203.0.113.4 }", "192.168.77.0/24"))
    assert one.source_ranges == ["192.168.77.0/24"]


def test_source_ranges_of_the_first_release() -> None:
    port = only(
        """\
table ip kube-proxy {
  set firewall {
    elements = { 203.0.113.4 . tcp . 80 comment "shop/web:http" }
  }
  set firewall-allow {
    elements = { 203.0.113.4 . tcp . 80 . 192.168.77.0/24 comment "shop/web:http",
                 203.0.113.4 . tcp . 80 . 203.0.113.4 }
  }
  map no-endpoint-services {
    elements = { 203.0.113.4 . tcp . 80 comment "shop/web:http" : goto reject-chain,
                 10.96.0.7 . tcp . 80 comment "shop/web:http" : goto reject-chain }
  }
}
"""
    )
    assert (port.cluster_ip, port.load_balancer_ips, port.source_ranges) == (
        "10.96.0.7",
        ["203.0.113.4"],
        ["192.168.77.0/24"],
    )
    assert port.no_endpoints
    assert port.external == Destination([], local=False)


def test_without_a_list_of_cluster_ips_the_closest_address_is_one() -> None:
    text = (
        "table ip kube-proxy {\n  map service-ips {\n"
        "    elements = { 10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https }\n  }\n"
        "  map no-endpoint-services {\n"
        '    elements = { 192.0.2.1 . tcp . 80 comment "a/b" : goto reject-chain, '
        '10.96.3.4 . tcp . 80 comment "a/b" : goto reject-chain }\n  }\n}\n'
    )
    port = node_states(parse_nft(text))[0].by_name()["a/b", "TCP"]
    assert (port.cluster_ip, port.external_ips) == ("10.96.3.4", ["192.0.2.1"])


def test_affinity_and_ipv6() -> None:
    endpoint = "UJP762HA-shop/web/tcp/http__fd00.10.244.1..7/8080"
    text = f"""\
table ip6 kube-proxy {{
  map service-ips {{
    type ipv6_addr . inet_proto . inet_service : verdict
    elements = {{ fd00:10:96::7 . tcp . 80 : goto service-{NAME} }}
  }}
  set affinity-{endpoint} {{
    type ipv6_addr
    size 65535
    flags dynamic,timeout
    timeout 3h
  }}
  chain service-{NAME} {{
    ip6 saddr @affinity-{endpoint} goto endpoint-{endpoint}
    numgen random mod 1 vmap {{ 0 : goto endpoint-{endpoint} }}
  }}
  chain endpoint-{endpoint} {{
    update @affinity-{endpoint} {{ ip6 saddr }}
    meta l4proto tcp dnat to [fd00:10:244:1::7]:8080
  }}
}}
"""
    expected_port = PortState(
        "shop/web:http",
        "TCP",
        "fd00:10:96::7",
        80,
        affinity_seconds=10800,
        internal=Destination([Endpoint("fd00:10:244:1::7", 8080, 1.0)]),
    )
    assert node_states(parse_nft(text)) == [NodeState(6, [expected_port])]
    # an excerpt without the table's line, and without the endpoint's chain
    lines = text.splitlines()[1:-1]
    excerpt = "\n".join(lines[: lines.index(f"  chain endpoint-{endpoint} {{")])
    assert node_states(parse_nft(excerpt)) == [NodeState(6, [expected_port])]


def test_what_is_not_of_kube_proxy() -> None:
    assert node_states(parse_nft("table ip nat {\n chain services {\n }\n}\nchain x {\n}\n")) == []
    assert node_states(parse_nft("table ip kube-proxy {\n}\n")) == [NodeState(4)]
    odd = "map service-ips {\n elements = { a, b : c, 10.0.0.1 . tcp . http : goto x, 1 . icmp . 2 : drop, x . udp . 5 : drop }\n}\n"
    assert [(port.name, port.protocol, port.port) for port in node_states(parse_nft(odd))[0].ports] == [
        (None, "TCP", None),
        (None, "UDP", 5),
    ]
