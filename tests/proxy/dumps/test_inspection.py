"""What a dump is: the traits of releases, kube-proxy's mode, the other programs on the node, and the counts."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.inputs.dumps.ipvs import parse_ipvs
from kpl.inputs.dumps.nft import parse_nft
from kpl.proxy.dumps.inspection import Inspection, inspect_iptables, inspect_ipvs, inspect_nft, mode_of
from kpl.proxy.dumps.release_traits import ReleaseTrait, bounds, iptables_traits, nft_traits
from kpl.proxy.iptables.states import dumps_in
from kpl.proxy.node.state import Destination, Endpoint, NodeState, PortState

SERVICES = ":KUBE-SERVICES - [0:0]\n"
MASQ = "-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-MARK-MASQ\n"
ENDPOINT = '-A KUBE-SVC-A -m comment --comment "{}" -j KUBE-SEP-A\n'
FIREWALL = '-A KUBE-FW-A -m comment --comment "{}"\n'
FORWARD = '-A KUBE-FORWARD -m comment --comment "{}" -j ACCEPT\n'

SPOKEN = {
    "no KUBE-MARK-DROP": ("1.25", None),
}


def spoken(nat: str, filter_: str | None = None, saved: bool = True) -> dict[str, tuple[str | None, str | None]]:
    """The traits of a dump with these rules, by what they are."""
    text = f"*nat\n{SERVICES}{nat}COMMIT\n"
    text += f"*filter\n{SERVICES}{filter_}COMMIT\n" if filter_ is not None else ""
    (dump,) = dumps_in(parse_iptables_save(text))
    return {each.what: (each.since, each.until) for each in iptables_traits(dump, saved)}


@pytest.mark.parametrize(
    ("nat", "traits"),
    [
        ("", SPOKEN),
        (":KUBE-EXT-A - [0:0]\n", {"KUBE-EXT chains": ("1.24", None), **SPOKEN}),
        (":KUBE-XLB-A - [0:0]\n", {"KUBE-XLB chains": (None, "1.23"), **SPOKEN}),
        (
            "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n",
            {"KUBE-POSTROUTING returns what has no mark": ("1.18", None), **SPOKEN},
        ),
        ("-A KUBE-POSTROUTING -j MASQUERADE\n", SPOKEN),
        (MASQ, {"KUBE-SERVICES marks for masquerading": (None, "1.21"), **SPOKEN}),
        (":KUBE-MARK-DROP - [0:0]\n", {"KUBE-MARK-DROP is declared and empty": (None, "1.24")}),
        (":KUBE-MARK-DROP - [0:0]\n-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\n", {}),
        (ENDPOINT.format("a/b -> 10.1.0.1:80"), {"comments name the endpoint": ("1.24", None), **SPOKEN}),
        (ENDPOINT.format("a/b:c"), {"comments do not name the endpoint": (None, "1.23"), **SPOKEN}),
        (
            ENDPOINT.format("a/b:c").replace("-SVC-", "-SVL-"),
            {"comments do not name the endpoint": (None, "1.23"), **SPOKEN},
        ),
        (ENDPOINT.format("a/b:c").replace("KUBE-SVC-A", "OTHER"), SPOKEN),
        (ENDPOINT.format("a/b:c").replace("KUBE-SEP-A", "KUBE-MARK-MASQ"), SPOKEN),
        ("-A KUBE-SVC-A -j KUBE-SEP-A\n", SPOKEN),
        (
            FIREWALL.format("other traffic to a/b will be dropped by KUBE-PROXY-FIREWALL"),
            {"KUBE-FW ends with a comment on other traffic": ("1.27", None), **SPOKEN},
        ),
        (FIREWALL.format("a/b loadbalancer IP"), SPOKEN),
        (FIREWALL.format("other traffic to a/b").replace("KUBE-FW-A", "KUBE-SVC-A"), SPOKEN),
    ],
)
def test_what_the_table_nat_tells_of_the_release(nat: str, traits: dict[str, Any]) -> None:
    assert spoken(nat) == traits
    # what kube-proxy hands to iptables-restore has not all of its chains
    assert spoken(nat, saved=False) == {what: each for what, each in traits.items() if not what.startswith("no ")}


NONE_OF_FILTER = {
    "no KUBE-MARK-DROP": ("1.25", None),
    "no KUBE-PROXY-FIREWALL": (None, "1.24"),
    "no KUBE-NODEPORTS in the table filter": (None, "1.20"),
    "no KUBE-FIREWALL": (None, "1.26"),
}


@pytest.mark.parametrize(
    ("filter_", "gone", "traits"),
    [
        ("", [], {}),
        (":KUBE-PROXY-FIREWALL - [0:0]\n", ["no KUBE-PROXY-FIREWALL"], {"KUBE-PROXY-FIREWALL": ("1.25", None)}),
        (
            ":KUBE-NODEPORTS - [0:0]\n",
            ["no KUBE-NODEPORTS in the table filter"],
            {"KUBE-NODEPORTS in the table filter": ("1.21", None)},
        ),
        (":KUBE-FIREWALL - [0:0]\n", ["no KUBE-FIREWALL"], {}),
        (
            FORWARD.format("kubernetes forwarding conntrack pod source rule"),
            [],
            {"KUBE-FORWARD has a rule for the source pod": (None, "1.22")},
        ),
        (
            FORWARD.format("kubernetes forwarding conntrack rule"),
            [],
            {"KUBE-FORWARD has one rule for known connections": ("1.23", None)},
        ),
        (FORWARD.format("kubernetes forwarding rules"), [], {}),
        (
            "-A KUBE-FORWARD -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP\n",
            [],
            {"dropped packets are counted by nfacct": ("1.31", None)},
        ),
        ("-A OTHER -m nfacct --nfacct-name x -j DROP\n", [], {}),
    ],
)
def test_what_the_table_filter_tells_of_the_release(filter_: str, gone: list[str], traits: dict[str, Any]) -> None:
    assert spoken("", filter_) == {what: each for what, each in (NONE_OF_FILTER | traits).items() if what not in gone}


def test_a_table_without_the_chain_of_services_tells_nothing() -> None:
    (dump,) = dumps_in(parse_iptables_save("*nat\n:KUBE-EXT-A - [0:0]\nCOMMIT\n"))
    assert iptables_traits(dump, True) == []
    text = f"*nat\n{SERVICES}COMMIT\n*filter\n:KUBE-PROXY-FIREWALL - [0:0]\nCOMMIT\n"
    (dump,) = dumps_in(parse_iptables_save(text))
    assert [each.what for each in iptables_traits(dump, True)] == ["no KUBE-MARK-DROP"]


OF_NFT = {
    "mode nftables": ("1.29", None),
    "no set cluster-ips": (None, "1.29"),
    "no set hairpin-connections": (None, "1.35"),
}


MASQUERADING = "chain service-A {{\n {} jump mark-for-masquerade\n}}\n"
UNNAMED = "rules for masquerading do not name the port"
NAMED = "rules for masquerading name the port"
CHOOSING = "chain service-A {{\n meta l4proto tcp dnat ip to numgen random mod {} map {{ {} }}\n}}\n"


@pytest.mark.parametrize(
    ("body", "gone", "traits"),
    [
        ("", [], {}),
        ("chain endpoints-check {\n}\n", [], {"the chain endpoints-check": (None, "1.29")}),
        (
            "set cluster-ips {\n type ipv4_addr\n}\n",
            ["no set cluster-ips"],
            {"the set cluster-ips": ("1.30", None)},
        ),
        (
            'map service-ips {\n type ipv4_addr : verdict\n comment "x"\n}\n',
            [],
            {"sets and maps have comments": ("1.31", None)},
        ),
        ('set x {\n type ipv4_addr\n comment "x"\n}\n', [], {"sets and maps have comments": ("1.31", None)}),
        ("chain filter-prerouting {\n}\n", [], {"the chain filter-prerouting": (None, "1.33")}),
        (
            "chain filter-prerouting-pre-dnat {\n}\n",
            [],
            {"the chain filter-prerouting-pre-dnat": ("1.33", None)},
        ),
        (
            "set hairpin-connections {\n type ipv4_addr . ipv4_addr\n}\n",
            ["no set hairpin-connections"],
            {"the set hairpin-connections": ("1.36", None)},
        ),
        (
            "map localhost-nodeport-reject-ports {\n type inet_proto . inet_service : verdict\n}\n",
            [],
            {"the map localhost-nodeport-reject-ports": ("1.37", None)},
        ),
        ("chain mark-for-masquerade {\n}\n", [], {"the chain mark-for-masquerade": (None, "1.35")}),
        (MASQUERADING.format("ip saddr != 10.244.0.0/16"), [], {UNNAMED: ("1.34", None)}),
        (MASQUERADING.format("ip6 saddr != fd00::/64"), [], {UNNAMED: ("1.34", None)}),
        (MASQUERADING.format("ip daddr 10.96.0.7 tcp dport 80 ip saddr != 10.244.0.0/16"), [], {NAMED: (None, "1.33")}),
        (MASQUERADING.format("ip daddr 10.96.0.7 udp dport 80 ip saddr != 10.244.0.0/16"), [], {NAMED: (None, "1.33")}),
        (MASQUERADING.format("ip saddr @nodes"), [], {}),
        (MASQUERADING.format("ip daddr 10.96.0.7"), [], {}),
        (MASQUERADING.format("ip saddr != 10.244.0.0/16").replace("service-", "external-"), [], {}),
        (CHOOSING.format(1, "0 : 10.1.0.1 . 80"), [], {"a single endpoint is chosen by numgen": (None, "1.36")}),
        (CHOOSING.format(2, "0 : 10.1.0.1 . 80, 1 : 10.1.0.2 . 80"), [], {}),
        (CHOOSING.format(1, "0 : 10.1.0.1 . 80").replace("service-", "local-"), [], {}),
    ],
)
def test_what_a_table_of_nftables_tells_of_the_release(body: str, gone: list[str], traits: dict[str, Any]) -> None:
    def told(text: str) -> dict[str, Any]:
        (table,) = parse_nft(text).tables
        return {each.what: (each.since, each.until) for each in nft_traits(table)}

    wanted = {what: each for what, each in (OF_NFT | traits).items() if what not in gone}
    assert {
        what: each for what, each in told(f"table ip kube-proxy {{\n{body}}}\n").items() if what in wanted
    } == wanted
    cut = told(f"table ip kube-proxy {{\n{body}")
    assert not [what for what in cut if what.startswith("no ")]
    assert {what for what in wanted if not what.startswith("no ")} <= cut.keys()


@pytest.mark.parametrize(
    ("traits", "oldest", "newest", "contradicting", "deciding"),
    [
        ([], None, None, False, []),
        ([("a", "1.24", None)], "1.24", None, False, ["a"]),
        ([("a", None, "1.24")], None, "1.24", False, ["a"]),
        ([("a", "1.9", None), ("b", "1.24", None), ("c", "1.3", None)], "1.24", None, False, ["b"]),
        ([("a", None, "1.30"), ("b", None, "1.9")], None, "1.9", False, ["b"]),
        ([("a", "1.24", None), ("b", None, "1.24")], "1.24", "1.24", False, ["a", "b"]),
        ([("a", "1.24", None), ("b", None, "1.23")], None, None, True, ["a", "b"]),
        ([("a", "1.24", None), ("b", "1.24", None), ("c", "1.21", None)], "1.24", None, False, ["a", "b"]),
    ],
)
def test_the_releases_that_the_traits_allow(
    traits: list[tuple[str, str | None, str | None]],
    oldest: str | None,
    newest: str | None,
    contradicting: bool,
    deciding: list[str],
) -> None:
    made = [ReleaseTrait(*each) for each in traits]
    found = Inspection("nft", None, None, "nftables", True, made, 0, 0, 0, NodeState(4))
    assert (found.oldest, found.newest, found.contradicting) == (oldest, newest, contradicting)
    assert [each.what for each in found.deciding] == deciding
    if not contradicting:
        assert bounds(made) == (oldest, newest)


@pytest.mark.parametrize(
    ("nat", "mode"),
    [
        ("", None),
        (":KUBE-SERVICES - [0:0]\n", "iptables"),
        ("-A KUBE-SERVICES -j RETURN\n", "iptables"),
        ("-A KUBE-SVC-A -j RETURN\n", "iptables"),
        (":KUBE-SVC-A - [0:0]\n", None),
        (":KUBE-PORTALS-HOST - [0:0]\n:KUBE-SERVICES - [0:0]\n", "userspace"),
        ("-A KUBE-PORTALS-CONTAINER -j RETURN\n", "userspace"),
        ("-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n", "ipvs"),
        ("-A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE\n", "ipvs"),
        ("-A KUBE-SERVICES -m set --match-set other dst -j ACCEPT\n", "iptables"),
        ("-A OTHER -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n", None),
        (":KUBE-MARK-DROP - [0:0]\n", None),
    ],
)
def test_the_mode_of_kube_proxy(nat: str, mode: str | None) -> None:
    (dump,) = dumps_in(parse_iptables_save(f"*nat\n{nat}COMMIT\n"))
    assert mode_of(dump) == mode


@pytest.mark.parametrize(
    ("chains", "agents"),
    [
        ("", []),
        (":cali-PREROUTING - [0:0]\n", ["Calico"]),
        ("-A DOCKER -j RETURN\n", ["Docker"]),
        (
            ":CILIUM_POST_nat - [0:0]\n:OLD_CILIUM_FORWARD - [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\n",
            ["Cilium", "kubelet"],
        ),
        (":KIND-MASQ-AGENT - [0:0]\n:ts-postrouting - [0:0]\n", ["Tailscale", "kindnet"]),
        (":ts-mine - [0:0]\n", []),
        (":ACILIUM_ - [0:0]\n:docker - [0:0]\n", []),
        # what is declared counts, and where nothing is, what has rules
        (":DOCKER - [0:0]\n-A cali-x -j RETURN\n", ["Docker"]),
    ],
)
def test_the_other_programs_of_a_node(chains: str, agents: list[str]) -> None:
    (found,) = inspect_iptables(parse_iptables_save(f"*nat\n{chains}COMMIT\n"))
    assert found.agents == agents


@pytest.mark.parametrize(
    ("table", "agents"),
    [
        ("ip calico", ["Calico"]),
        ("inet firewalld", ["firewalld"]),
        ("ip6 docker-bridges", ["Docker"]),
        ("inet netavark", ["Podman"]),
        ("ip libvirt_network", ["libvirt"]),
        ("inet cni_hostport", ["CNI plugins"]),
        ("inet kindnet-network-policies", ["kindnet"]),
        ("ip flannel-ipv4", ["flannel"]),
        ("ip io.systemd.nat", ["systemd"]),
        ("inet mine", []),
        ("inet xcalico", []),
        ("ip kube-proxy", []),
        ("ip kindnet", []),
    ],
)
def test_the_other_programs_in_nftables(table: str, agents: list[str]) -> None:
    (found,) = inspect_nft(parse_nft(f"table {table} {{\n}}\n"))
    assert found.agents == agents


def test_the_other_programs_in_tables_of_iptables_nft() -> None:
    chains = "\tchain CILIUM_PRE_nat {\n\t}\n\tchain ts-input {\n\t}\n"
    for family in ("ip", "ip6"):
        (found,) = inspect_nft(parse_nft(f"table {family} nat {{\n{chains}}}\ntable inet calico {{\n}}\n"))
        assert found.agents == ["Calico", "Cilium", "Tailscale"]
    (found,) = inspect_nft(parse_nft(f"table inet nat {{\n{chains}}}\n"))
    assert found.agents == []


NAT = f"*nat\n:PREROUTING ACCEPT [0:0]\n{SERVICES}{MASQ}{MASQ}-A KUBE-SVC-A -j RETURN\nCOMMIT\n"
FILTER = "*filter\n:FORWARD ACCEPT [0:0]\n:KUBE-FORWARD - [0:0]\n-A FORWARD -j KUBE-FORWARD\nCOMMIT\n"


def test_what_is_counted_in_a_dump_of_iptables() -> None:
    (found,) = inspect_iptables(parse_iptables_save(NAT + FILTER))
    assert (found.rules, found.chains, found.walk, found.complete) == (4, 4, 2, True)
    assert (found.format, found.backend, found.writer) == ("iptables-save", None, None)
    assert not next(inspect_iptables(parse_iptables_save(NAT))).complete
    assert [each.mode for each in inspect_iptables(parse_iptables_save(NAT + NAT))] == ["iptables"] * 2
    # the traits are those of the mode iptables
    ipvs = NAT.replace("-d 10.96.0.1/32", "-m set --match-set KUBE-CLUSTER-IP dst,dst", 1)
    assert [(each.mode, each.traits) for each in inspect_iptables(parse_iptables_save(ipvs))] == [("ipvs", [])]


def test_services_and_endpoints_are_counted_once() -> None:
    a, b = Endpoint("10.1.0.1", 80), Endpoint("10.1.0.2", 80)
    ports = [
        PortState("shop/web:http", "TCP", internal=Destination([a]), external=Destination([a, b])),
        PortState("shop/web:https", "TCP", internal=Destination([Endpoint("10.1.0.1", 443)])),
        PortState(None, "TCP", internal=Destination([a._replace(probability=0.5)])),
        PortState(None, "TCP"),
    ]
    found = Inspection("nft", None, None, "nftables", True, [], 0, 0, 0, NodeState(4, ports))
    assert (found.services, found.endpoints) == (3, 3)
    unread = Inspection("nft", None, None, "iptables", True, [], 0, 0, 0, NodeState(4, ports), read=False)
    assert (unread.services, unread.endpoints) == (None, None)


TABLE = "table {family} {name} {{\n chain KUBE-SERVICES {{\n  ip daddr 10.96.0.1 jump x\n  accept\n }}\n chain b {{\n }}\n}}\n"


def test_what_is_counted_in_a_dump_of_nftables() -> None:
    text = TABLE.format(family="ip", name="kube-proxy") + TABLE.format(family="ip6", name="kube-proxy")
    found = list(inspect_nft(parse_nft(text + "table ip docker-bridges {\n}\ntable inet firewalld {\n}\n")))
    assert [(each.mode, each.state.ip_family, each.rules, each.chains, each.complete) for each in found] == [
        ("nftables", 4, 2, 2, True),
        ("nftables", 6, 2, 2, True),
    ]
    assert found[0].agents == ["Docker", "firewalld"]
    # of iptables-nft, one for each family with a trace of kube-proxy
    text = TABLE.format(family="ip", name="nat") + TABLE.format(family="ip", name="filter")
    (made,) = inspect_nft(parse_nft(text + TABLE.format(family="ip6", name="nat").replace("KUBE-SERVICES", "x")))
    assert (made.mode, made.backend, made.state.ip_family, made.rules, made.chains) == ("iptables", "nft", 4, 4, 4)
    assert (made.read, made.complete) == (False, True)
    assert not next(inspect_nft(parse_nft(text.removesuffix("}\n")))).complete
    # and of others alone, the whole file
    (other,) = inspect_nft(parse_nft(TABLE.format(family="inet", name="x") + TABLE.format(family="ip", name="y")))
    assert (other.mode, other.rules, other.chains, other.complete, other.traits) == (None, 4, 4, True, [])
    (cut,) = inspect_nft(parse_nft(TABLE.format(family="inet", name="x").removesuffix("}\n")))
    assert (cut.mode, cut.complete) == (None, False)


def test_a_listing_of_virtual_servers_is_in_the_mode_ipvs() -> None:
    head = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
    (found,) = inspect_ipvs(parse_ipvs(f"{head}TCP  10.96.0.1:443 rr\n"))
    assert (found.format, found.mode, found.complete, found.services) == ("ipvs", "ipvs", True, 1)
    (empty,) = inspect_ipvs(parse_ipvs(head))
    assert (empty.mode, empty.complete, empty.state) == (None, False, NodeState(4))
