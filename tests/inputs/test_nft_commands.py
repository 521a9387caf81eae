"""What kube-proxy hands to nft."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs.dumps.nft import parse_nft
from kpl.inputs.dumps.nftcommands import parse_nft_commands
from kpl.proxy.nft.names import service_name
from kpl.proxy.nft.states import node_states
from kpl.proxy.node.state import Endpoint
from support import SHARED, readings, run

SERVICE = service_name("service", "shop/web:http", "tcp")
COMMANDS = f"""\
add table ip kube-proxy {{ comment "rules for kube-proxy" ; }}
add chain ip kube-proxy services
delete chain ip kube-proxy services
add chain ip kube-proxy services
add chain ip kube-proxy nat-output {{ type nat hook output priority -100 ; }}
flush chain ip kube-proxy nat-output
add rule ip kube-proxy nat-output jump services
add set ip kube-proxy cluster-ips {{ type ipv4_addr ; comment "Active ClusterIPs" ; }}
add map ip kube-proxy service-ips {{ type ipv4_addr . inet_proto . inet_service : verdict ; }}
add element ip kube-proxy cluster-ips {{ 10.96.0.7 }}
add element ip kube-proxy service-ips {{ 10.96.0.7 . tcp . 80 comment "shop/web:http" : goto {SERVICE} }}
add chain ip kube-proxy {SERVICE}
add rule ip kube-proxy {SERVICE} ip daddr 1.2.3.4 drop
flush chain ip kube-proxy {SERVICE}
add rule ip kube-proxy {SERVICE} meta l4proto tcp dnat to 10.244.1.7:8080
hello
"""
DUMPS = sorted((SHARED / "corpus" / "proxier").glob("*/*.transaction.nft"))


def test_commands_make_up_a_table() -> None:
    ruleset = parse_nft_commands(COMMANDS)
    (table,) = ruleset.tables
    assert (table.family, table.name, table.comment, table.complete) == (
        "ip",
        "kube-proxy",
        "rules for kube-proxy",
        False,
    )
    assert table.chains["nat-output"].hook == "output"
    assert [str(rule) for rule in table.chains[SERVICE].rules] == ["meta l4proto tcp dnat to 10.244.1.7:8080"]
    (rule,) = table.chains["nat-output"].rules
    assert COMMANDS[slice(*rule.span)] == "jump services"
    assert COMMANDS[ruleset.unread[0] :] == "hello\n"
    (state,) = node_states(ruleset)
    (port,) = state.ports
    assert (port.cluster_ip, port.port) == ("10.96.0.7", 80)
    assert port.internal.endpoints == [Endpoint("10.244.1.7", 8080)]


def test_they_are_known_by_their_table() -> None:
    (reading,) = readings({"log.txt": COMMANDS})
    assert reading.documents[0].model.tables[0].name == "kube-proxy"
    assert run({"log.txt": COMMANDS}).findings == []


def test_what_commands_leave() -> None:
    text = """\
# a remark
add table inet t
create chain inet t base { type filter hook input priority 0 ; policy drop ; }
add rule inet t base accept
  insert rule inet t base drop
add chain inet t gone
destroy chain inet t gone
flush chain inet t nowhere
add set inet t s { type ipv4_addr ; flags timeout ; timeout 1h30m ; comment "all" ; }
add element inet t s { 10.0.0.1, 10.0.0.2 }
flush set inet t s
add element inet t s { 10.0.0.3 }
add element inet t s 10.0.0.4
add element inet t nowhere { 10.0.0.5 }
add map inet t m { typeof ip daddr : verdict ; }
delete map inet t m
add map inet t kept { type ipv4_addr . inet_service : ipv4_addr . inet_service ; }
add element inet t kept { 10.0.0.1 . 80 : 10.1.0.1 . 8080 }
delete set inet t kept
destroy map inet t nowhere
add counter inet t seen
delete counter inet t other
flush table inet t
delete rule inet t base handle 4
add table ip t
list ruleset
add rule inet
"""
    ruleset = parse_nft_commands(text.replace("\n", "\r\n"))
    inet, ip = ruleset.tables
    assert [(each.family, each.name, each.comment) for each in ruleset.tables] == [
        ("inet", "t", None),
        ("ip", "t", None),
    ]
    base = inet.chains["base"]
    assert (list(inet.chains), base.kind, base.hook, base.priority, base.policy) == (
        ["base"], "filter", "input", "0", "drop",
    )  # fmt: skip
    assert [str(rule) for rule in base.rules] == ["accept", "drop"]
    found = inet.sets["s"]
    assert (found.key_types, found.data_type, found.timeout, found.comment) == (("ipv4_addr",), "", 5400, "all")
    assert [element.key for element in found.elements] == [("10.0.0.3",)]
    assert (list(inet.sets), list(inet.maps), list(inet.counters)) == (["s"], ["kept"], ["seen"])
    kept = inet.maps["kept"]
    assert (kept.key_types, kept.data_type, kept.timeout) == (
        ("ipv4_addr", "inet_service"), "ipv4_addr . inet_service", None,
    )  # fmt: skip
    assert [element[:2] for element in kept.elements] == [(("10.0.0.1", "80"), ("10.1.0.1", "8080"))]
    assert (ip.chains, ip.sets, ip.maps) == ({}, {}, {})
    assert [ruleset.text[at:].split() for at in ruleset.unread] == [
        ["list", "ruleset", "add", "rule", "inet"],
        ["add", "rule", "inet"],
    ]
    assert ruleset.text[inet.start :].startswith("add table inet t")
    assert (ruleset.cut, ruleset.shapes_exploded) == (None, False)


def test_a_command_that_may_be_cut_off_is_not_read() -> None:
    text = "add table ip t\nadd rule ip t c drop\nadd rule ip t c acc"
    ruleset = parse_nft_commands(text)
    assert [str(rule) for rule in ruleset.tables[0].chains["c"].rules] == ["drop"]
    assert ruleset.cut is not None
    assert text[slice(*ruleset.cut)] == "add rule ip t c acc"


@given(st.text(st.sampled_from("add rule chain element table ip kube-proxy {};:\n x"), max_size=300))
def test_any_text_is_read(text: str) -> None:
    for table in parse_nft_commands(text).tables:
        spans = [rule.span for chain in table.chains.values() for rule in chain.rules]
        spans += [each.span for found in (*table.sets.values(), *table.maps.values()) for each in found.elements]
        assert all(0 <= span.start <= span.end <= len(text) for span in spans)


def test_commands_are_what_nft_lists_of_them() -> None:
    listing = f"""\
table ip kube-proxy {{
	comment "rules for kube-proxy"
	set cluster-ips {{
		type ipv4_addr
		comment "Active ClusterIPs"
		elements = {{ 10.96.0.7 }}
	}}

	map service-ips {{
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = {{ 10.96.0.7 . tcp . 80 comment "shop/web:http" : goto {SERVICE} }}
	}}

	chain services {{
	}}

	chain nat-output {{
		type nat hook output priority -100; policy accept;
		jump services
	}}

	chain {SERVICE} {{
		meta l4proto tcp dnat to 10.244.1.7:8080
	}}
}}
"""
    (listed,) = node_states(parse_nft(listing))
    (made,) = node_states(parse_nft_commands(COMMANDS))
    assert made.ports == listed.ports != []


@pytest.mark.skipif(not DUMPS, reason="what real kube-proxies wrote is not here")
def test_what_kube_proxy_wrote_is_what_nft_lists() -> None:
    for path in DUMPS:
        listed = Path(str(path).replace(".transaction", ""))
        want = node_states(parse_nft(listed.read_text(encoding="utf-8")))[0]
        got = node_states(parse_nft_commands(path.read_text()))[0]
        assert sorted(want.ports, key=str) == sorted(got.ports, key=str), path
