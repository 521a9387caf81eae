"""The rules that hold a dump against the Services of its cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kpl.proxy.node.state import Destination, PortState
from kpl.testing import node_dump
from kpl_rules.dataplane._example_cluster import OTHER_POD, POD, WEB, endpoint_slice, every_service, node, service
from kpl_rules.dataplane._nft import NEW
from support import SHARED, run, underlined
from twins import OF_NFT, OF_NODE_DUMP

CODES = ("KPL470", "KPL471", "KPL472", "KPL473", "KPL474", "KPL475")
PROXIER = SHARED / "corpus" / "proxier"
NODE_PORT = {"type": "NodePort", "ports": "[{name: http, port: 80, protocol: TCP, nodePort: 30080}]"}
OPEN = replace(WEB, node_port=30080, external=Destination([POD]))


def told(files: Mapping[str, str | bytes], known: Mapping[str, Any] | None = None) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in run(files, CODES, known).findings]


def node_object(name: str, zone: str) -> str:
    return f"---\nkind: Node\nmetadata: {{name: {name}, labels: {{topology.kubernetes.io/zone: {zone}}}}}\n"


def local(endpoints: str) -> str:
    return service(**NODE_PORT, externalTrafficPolicy="Local") + endpoints


def test_the_node_decides_what_a_local_policy_asks_for() -> None:
    objects = local(endpoint_slice(POD) + "- {addresses: [10.244.2.6], nodeName: node2, conditions: {ready: true}}\n")
    both = Destination([POD, OTHER_POD])
    dump = node(replace(OPEN, internal=both, external=Destination([POD], local=True)))
    files = {"objects.yaml": objects, "a.iptables": dump}
    assert told(files) == []
    assert told(files, {"node": "node1"}) == []
    on_the_other = [
        "KPL472 in `a.iptables`, `shop/web:http` lacks the endpoint 10.244.2.6:8080",
        "KPL473 in `a.iptables`, `shop/web:http` still sends traffic to 10.244.1.5:8080 (meant for other nodes)",
    ]
    assert told(files, {"node": "node2"}) == on_the_other
    # the only Node of the run is the one
    assert told({**files, "objects.yaml": objects + node_object("node2", "z2")}) == on_the_other
    two = objects + node_object("node2", "z2") + node_object("node1", "z1")
    assert told({**files, "objects.yaml": two}) == []
    assert told({**files, "objects.yaml": two}, {"node": "node2"}) == on_the_other
    # of two dumps nobody knows which one is the node's
    assert told({**files, "b.iptables": dump}, {"node": "node2"}) == []


def test_a_dump_with_the_name_of_a_node_is_its() -> None:
    objects = local(endpoint_slice(POD) + "- {addresses: [10.244.2.6], nodeName: node2, conditions: {ready: true}}\n")
    objects += node_object("node2", "z2") + node_object("node1", "z1")
    both = Destination([POD, OTHER_POD])
    dump = node(replace(OPEN, internal=both, external=Destination([POD], local=True)))

    def reported(*names: str, **known: Any) -> set[str]:
        return {each.split("`")[1] for each in told({"objects.yaml": objects, **dict.fromkeys(names, dump)}, known)}

    assert reported("node2.iptables") == {"node2.iptables"}
    assert reported("node1.iptables", "node2.iptables") == {"node2.iptables"}
    assert reported("node1/iptables-save.txt", "node2/iptables-save.txt") == {"node2/iptables-save.txt"}
    assert reported("node20.iptables", "node2-new.iptables") == set()
    # the user knows better
    assert reported("node1.iptables", node="node2") == {"node1.iptables"}
    assert reported("node2.iptables", node="node1") == set()
    assert reported("node1.iptables", "node2.iptables", node="node1") == {"node2.iptables"}


def test_the_zone_of_the_node_is_its_label() -> None:
    hints = "- {{addresses: [{}], nodeName: {}, hints: {{forZones: [{{name: {}}}]}}}}\n"
    endpoints = endpoint_slice().replace("endpoints: []", "endpoints:")
    endpoints += hints.format("10.244.1.5", "node1", "z1") + hints.format("10.244.2.6", "node2", "z2")
    nodes = node_object("node1", "z1") + node_object("node2", "z2")
    files = {"objects.yaml": service() + endpoints + nodes, "a.iptables": node(WEB)}
    assert told(files) == told(files, {"node": "node1"}) == []
    assert len(told(files, {"node": "node2", "kubernetes": "1.36"})) == 2
    # a dump of 1.30 may hold all endpoints, where no annotation asks for hints
    assert len(told(files, {"node": "node2"})) == 1
    # a node that nobody describes has a zone that nobody knows
    assert told(files, {"node": "node3"}) == []


def test_many_services_make_one_finding() -> None:
    ports = [replace(WEB, name=f"shop/app-{number}:http", cluster_ip=f"10.96.5.{number}") for number in range(1, 13)]

    def missing(count: int) -> list[Any]:
        services = [
            service().replace("name: web", f"name: app-{number}").replace("10.96.3.4", f"10.96.5.{number}")
            for number in range(1, 13)
        ]
        files = {"objects.yaml": every_service(*services), "a.iptables": node(*ports[count:])}
        return run(files, CODES).findings

    assert len(missing(10)) == 10
    (finding,) = missing(11)
    assert finding.message == (
        "11 Services on this node differ from those of the cluster (service missing): "
        "`shop/app-1`, `shop/app-2`, `shop/app-3` and 8 more"
    )
    assert underlined(finding) == "*filter"


def test_many_ports_of_a_service_make_a_short_message() -> None:
    numbers = range(1, 7)
    ports = ", ".join(f"{{name: p{number}, port: {number}, protocol: TCP}}" for number in numbers)
    dump = node(replace(WEB, name="shop/web:p1", port=1))
    (message,) = told({"objects.yaml": service(ports=f"[{ports}]"), "a.iptables": dump})
    assert message == (
        "KPL470 in `a.iptables`, `shop/web:p2` is not programmed at 10.96.3.4:2, "
        "`shop/web:p3` is not programmed at 10.96.3.4:3, `shop/web:p4` is not programmed at 10.96.3.4:4 and 2 more"
    )


@pytest.mark.parametrize(
    ("programmed", "spec", "message"),
    [
        (
            replace(WEB, affinity_seconds=None),
            {"sessionAffinity": "ClientIP"},
            "has no session affinity although the Service sets 10800 seconds",
        ),
        (replace(OPEN, node_port=None, external=None), NODE_PORT, "lacks the NodePort 30080"),
        (OPEN, {}, "still has the NodePort 30080"),
        (replace(OPEN, node_port=30081), NODE_PORT, "has the NodePort 30081 instead of 30080"),
        (replace(WEB, port=81), {}, "has the port 81 instead of 80"),
        (WEB, {"externalIPs": "[198.51.100.1, 198.51.100.2]"}, "lacks the external IPs 198.51.100.1, 198.51.100.2"),
        (
            replace(OPEN, external=Destination([POD], local=True)),
            NODE_PORT,
            "keeps external traffic on the node although its traffic policy is Cluster",
        ),
    ],
)
def test_messages(programmed: PortState, spec: dict[str, str], message: str) -> None:
    files = {"objects.yaml": every_service(service(**spec) + endpoint_slice(POD)), "a.iptables": node(programmed)}
    (found,) = told(files)
    assert f"`shop/web:http` {message}" in found


def test_an_incomplete_dump_says_nothing() -> None:
    whole = node()
    objects = every_service(service())
    assert len(told({"objects.yaml": objects, "a.iptables": whole})) == 1
    cut = whole[: whole.index("*nat")]
    assert told({"objects.yaml": objects, "a.iptables": cut}) == []
    assert told({"objects.yaml": objects, "a.iptables": whole.removesuffix("COMMIT\n")}) == []


NFT = """\
table ip kube-proxy {
	comment "rules for kube-proxy"
	set cluster-ips {
		type ipv4_addr
		elements = { 10.96.0.1, 10.96.3.4 }
	}
	map service-ips {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https,
				10.96.3.4 . tcp . 80 : goto service-ULMVA6XW-shop/web/tcp/http }
	}
	chain endpoint-5OJB2KTY-shop/web/tcp/http__10.244.1.5/8080 {
		ip saddr 10.244.1.5 jump mark-for-masquerade
		meta l4proto tcp dnat to 10.244.1.5:8080
	}
	chain service-ULMVA6XW-shop/web/tcp/http {
		numgen random mod 1 vmap { 0 : goto endpoint-5OJB2KTY-shop/web/tcp/http__10.244.1.5/8080 }
	}
	chain service-2QRHZV4L-default/kubernetes/tcp/https {
	}
	chain mark-for-masquerade {
		meta mark set meta mark | 0x00004000
	}
}
"""


def test_what_nftables_holds_is_compared_too() -> None:
    objects = every_service(service() + endpoint_slice(POD, OTHER_POD))
    assert told({"objects.yaml": objects, "node.nft": NFT}) == [
        "KPL472 in `node.nft`, `shop/web:http` lacks the endpoint 10.244.2.6:8080",
        "KPL470 in `node.nft`, `kube-system/kube-dns:dns` is not programmed at 10.96.0.10:53",
    ]
    assert told({"objects.yaml": objects, "node.nft": NFT.rstrip("}\n")}) == []


IPVS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.1:443 rr
  -> 192.168.7.1:6443             Masq    1      0          0
TCP  10.96.3.4:80 rr
  -> 10.244.1.5:8080              Masq    1      0          0
  -> 10.244.7.7:8080              Masq    0      0          1
TCP  192.168.7.9:6443 wlc
  -> 192.168.7.1:6443             Masq    1      0          0
"""


def test_what_ipvs_holds_is_compared_too() -> None:
    objects = every_service(service(**NODE_PORT) + endpoint_slice(POD, OTHER_POD))
    assert told({"objects.yaml": objects, "node.ipvs": IPVS}) == [
        "KPL472 in `node.ipvs`, `shop/web:http` lacks the endpoint 10.244.2.6:8080",
        "KPL470 in `node.ipvs`, `kube-system/kube-dns:dns` is not programmed at 10.96.0.10:53",
    ]
    # an excerpt
    assert told({"objects.yaml": objects, "node.ipvs": "".join(IPVS.splitlines(keepends=True)[3:])}) == []
    # as ipvsadm-save prints it
    saved = "-A -t 10.96.0.1:443 -s rr\n-a -t 10.96.0.1:443 -r 192.168.7.1:6443 -m -w 1\n-A -u 10.96.0.10:53 -s rr\n"
    saved += "-a -u 10.96.0.10:53 -r 10.244.1.2:53 -m -w 1\n"
    assert told({"objects.yaml": objects, "node.ipvs": saved}) == [
        "KPL470 in `node.ipvs`, `shop/web:http` is not programmed at 10.96.3.4:80"
    ]
    assert told({"objects.yaml": objects, "node.ipvs": saved.replace("-A -t", "\n$ ipvsadm -S\n-A -t", 1)}) == []


def test_a_node_port_that_ipvs_lacks_is_told_if_it_has_others() -> None:
    other = service(**NODE_PORT).replace("web", "cart").replace("30080", "30081").replace("10.96.3.4", "10.96.3.5")
    objects = every_service(service(**NODE_PORT) + "---\n" + other)
    node = IPVS + "TCP  10.96.3.5:80 rr\nUDP  10.96.0.10:53 rr\n  -> 10.244.1.2:53 Masq 1 0 0\n"
    assert told({"objects.yaml": objects, "node.ipvs": node}) == []
    node += "TCP  192.168.7.9:30081 rr\n"
    assert told({"objects.yaml": objects, "node.ipvs": node}) == [
        "KPL474 in `node.ipvs`, `shop/web:http` lacks the NodePort 30080"
    ]
    assert told({"objects.yaml": objects, "node.ipvs": node + "TCP  192.168.7.9:30080 rr\n"}) == []


def test_a_virtual_server_in_the_service_network_that_no_service_has_is_left_over() -> None:
    objects = every_service(service() + endpoint_slice(POD))
    node = IPVS + "UDP  10.96.0.10:53 rr\n  -> 10.244.1.2:53 Masq 1 0 0\n"
    node = node.replace("  -> 10.244.7.7:8080              Masq    0      0          1\n", "")
    assert told({"objects.yaml": objects, "node.ipvs": node}) == []
    gone = node + "TCP  10.96.2.1:81 rr\n  -> 10.244.1.5:81 Masq 1 0 0\n"
    left = ["KPL471 `TCP 10.96.2.1:81` is still programmed at 10.96.2.1:81"]
    assert [each.replace("in `node.ipvs`, ", "") for each in told({"objects.yaml": objects, "node.ipvs": gone})] == left
    # outside of the network, the API server's own, and what kube-proxy leaves to others
    for other in ("10.96.9.1:81", "10.96.2.1:6443"):
        assert told({"objects.yaml": objects, "node.ipvs": gone.replace("10.96.2.1:81", other)}) == []
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    config += "ipvs: {excludeCIDRs: [10.96.2.0/24]}\n"
    assert told({"objects.yaml": objects, "node.ipvs": gone, "config.yaml": config}) == []
    # these are not all Services
    assert told({"objects.yaml": service(), "node.ipvs": gone}) == []


def test_hostile_objects_come_to_an_end() -> None:
    objects = every_service(service()) + "---\nkind: Service\nmetadata: [x]\nspec: {clusterIP: [1], ports: {a: b}}\n"
    objects += "---\nkind: EndpointSlice\nmetadata: {name: a, labels: 3}\nendpoints: [{addresses: 3}, 4]\n"
    assert told({"objects.yaml": objects, "a.iptables": node(WEB)}) == []


def _recorded() -> list[Any]:
    paths = [*sorted(PROXIER.glob("1.*/*.iptables")), *sorted(PROXIER.glob("1.*/*.nft"))]
    paths = [path for path in paths if path.name.count(".") == 1]
    cases = [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in paths]
    return cases or [pytest.param(None, marks=pytest.mark.skip("no dumps here"))]


@pytest.mark.parametrize(
    ("name", "text", "objects", "release"),
    [("node.iptables", node_dump(), OF_NODE_DUMP, "1.36"), ("node.nft", NEW, OF_NFT, "1.37")],
)
def test_nothing_is_told_of_a_small_dump_and_its_objects(
    name: str, text: str, objects: list[dict[str, Any]], release: str
) -> None:
    files: dict[str, str | bytes] = {"objects.json": json.dumps({"kind": "List", "items": objects}), name: text}
    for known in ({}, {"node": "node1"}, {"node": "node1", "kubernetes": release}):
        assert told(files, known) == []
    # and it is looked at
    assert told({**files, name: text.replace("10.244.1.", "10.244.9.")}, {"node": "node1"})


@pytest.mark.parametrize("path", _recorded())
def test_nothing_is_told_of_what_kube_proxy_programmed(path: Path) -> None:
    objects = json.loads((PROXIER / "situations" / f"{path.stem}.json").read_text())
    kinds = {"Service": "services", "EndpointSlice": "endpointSlices", "Node": "nodes"}
    items = [{"kind": kind, **each} for kind, key in kinds.items() for each in objects[key]]
    for item in items:
        item["metadata"]["uid"] = "1"
    files: dict[str, str | bytes] = {
        "objects.json": json.dumps({"kind": "List", "items": items}),
        path.name: path.read_bytes(),
    }
    for known in ({}, {"node": "node1"}, {"node": "node1", "kubernetes": path.parent.name}):
        assert told(files, known) == []


def test_the_place_in_a_dump_of_nftables() -> None:
    objects = service().replace("10.96.3.4", "10.96.0.7").replace("port: 80", "port: 81")
    found = run({"objects.yaml": objects, "node.nft": NEW}, CODES).findings
    places = {each.source.text[slice(*each.span)] for finding in found for each in finding.related}
    assert places == {"shop/web/tcp/http"}
