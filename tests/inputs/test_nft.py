from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import MOST, growth
from kpl.inputs.dumps import nftshape
from kpl.inputs.dumps.nft import parse_nft, seconds
from kpl.inputs.dumps.nftables import Element, NftRuleset, NftTable
from kpl.inputs.dumps.nftjson import parse_nft_json
from kpl.inputs.dumps.nftrule import (
    Assign,
    Bits,
    Braces,
    Concat,
    Counter,
    Mapped,
    Match,
    Nat,
    NftRule,
    NftVerdict,
    Numgen,
    Other,
    PacketField,
    Pair,
    Pairs,
    SetName,
    Several,
    Update,
    VerdictMap,
)
from kpl_rules.dataplane._nft import NEW, OLD
from support import SHARED

DUMP = """\
table ip kube-proxy { # handle 3
	comment "rules for kube-proxy"
	set cluster-ips { # handle 7
		type ipv4_addr
		comment "Active ClusterIPs"
		elements = { 10.96.0.1, 10.96.0.10,
			10.96.3.7 }
	}

	set affinity-X {
		type ipv4_addr
		size 65535
		flags dynamic,timeout
		timeout 2h30m
		elements = { 192.168.77.1 expires 2h29m59s684ms }
	}

	map no-endpoint-services {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.96.3.7 . tcp . 80 comment "shop/a, b}:http" : goto reject-chain,
			10.96.3.8 . udp . 53 : drop }
	}

	counter seen {
		comment "all"
		packets 12 bytes 720
	}

	chain nat-prerouting { # handle 14
		type nat hook prerouting priority dstnat - 10; policy accept;
		jump services # handle 28
	}

	chain services {
		ip daddr @cluster-ips ip saddr != 10.244.0.0/16 meta mark set meta mark | 0x00004000 comment "from outside"
		ip daddr . meta l4proto . th dport vmap @service-ips
	}

	chain reject-chain {
		comment "helper"
		reject
	}
}
"""


def only_table(text: str) -> NftTable:
    (table,) = parse_nft(text).tables
    return table


def rule_of(line: str) -> NftRule:
    """The rule that is one line of a chain."""
    table = only_table(f"table ip t {{\n\tchain c {{\n\t\t{line}\n\t}}\n}}\n")
    assert table.complete
    (rule,) = table.chains["c"].rules
    return rule


def test_the_blocks() -> None:
    ruleset = parse_nft(DUMP)
    (table,) = ruleset.tables
    assert (table.family, table.name, table.comment, table.handle) == ("ip", "kube-proxy", "rules for kube-proxy", 3)
    assert (table.complete, table.unread, ruleset.unread) == (True, [], [])
    assert list(table.sets) == ["cluster-ips", "affinity-X"]
    assert list(table.chains) == ["nat-prerouting", "services", "reject-chain"]
    base = table.chains["nat-prerouting"]
    assert (base.kind, base.hook, base.priority, base.policy) == ("nat", "prerouting", "dstnat - 10", "accept")
    assert (base.handle, base.rules[0].handle) == (14, 28)
    assert table.chains["reject-chain"].comment == "helper"
    assert [str(rule) for rule in table.chains["reject-chain"].rules] == ["reject"]
    affinity = table.sets["affinity-X"]
    assert (affinity.timeout, affinity.size, affinity.flags) == (9000, 65535, ("dynamic", "timeout"))
    assert table.sets["cluster-ips"].comment == "Active ClusterIPs"
    assert (table.counters["seen"].packets, table.counters["seen"].bytes) == (12, 720)


@pytest.mark.parametrize(
    "lines",
    [
        "type filter hook forward priority filter; policy drop;",
        "type filter hook forward priority filter;\n\t\tpolicy drop;",
        "policy drop;\n\t\ttype filter hook forward priority filter;",
    ],
)
def test_a_policy_is_kept_on_whatever_line_it_is(lines: str) -> None:
    (table,) = parse_nft(f"table ip filter {{\n\tchain FORWARD {{\n\t\t{lines}\n\t}}\n}}\n").tables
    chain = table.chains["FORWARD"]
    assert (chain.kind, chain.hook, chain.policy) == ("filter", "forward", "drop")


def test_elements() -> None:
    table = only_table(DUMP)
    assert [element.key for element in table.sets["cluster-ips"].elements] == [
        ("10.96.0.1",),
        ("10.96.0.10",),
        ("10.96.3.7",),
    ]
    found = table.maps["no-endpoint-services"]
    assert (found.key_types, found.data_type) == (("ipv4_addr", "inet_proto", "inet_service"), "verdict")
    first, second = found.elements
    assert first[:3] == (("10.96.3.7", "tcp", "80"), NftVerdict("goto", "reject-chain"), "shop/a, b}:http")
    assert second[:3] == (("10.96.3.8", "udp", "53"), NftVerdict("drop"), None)
    assert DUMP[slice(*second.span)] == "10.96.3.8 . udp . 53 : drop"
    assert [element.key for element in table.sets["affinity-X"].elements] == [("192.168.77.1",)]


def test_rules_and_their_places() -> None:
    ruleset = parse_nft(DUMP)
    mark, dispatch = ruleset.tables[0].chains["services"].rules
    assert mark.statements == (
        Match(PacketField(("ip", "daddr")), "", SetName("cluster-ips")),
        Match(PacketField(("ip", "saddr")), "!=", "10.244.0.0/16"),
        Assign(PacketField(("meta", "mark")), Bits(PacketField(("meta", "mark")), "|", "0x00004000")),
    )
    assert mark.comment == "from outside"
    assert list(dispatch.lookups) == [("vmap", "service-ips")]
    assert DUMP[slice(*ruleset.span_of("0x00004000", mark.span))] == "0x00004000"
    chain = ruleset.tables[0].chains["services"]
    assert DUMP[slice(*ruleset.declaration(chain))] == "services"
    assert DUMP[slice(*ruleset.tables[0].chains["nat-prerouting"].rules[0].span)] == "jump services"


@pytest.mark.parametrize(
    ("line", "statements"),
    [
        ("numgen random mod 2 vmap { 0 : goto a-A/b, 1 : goto b }",
         (VerdictMap(Numgen("random", "2"), Pairs((Pair("0", NftVerdict("goto", "a-A/b")), Pair("1", NftVerdict("goto", "b"))))),)),
        ("meta l4proto tcp dnat to 10.0.0.1:80",
         (Match(PacketField(("meta", "l4proto")), "", "tcp"), Nat("dnat", None, "10.0.0.1:80"))),
        ("dnat to [fd00::1]:80", (Nat("dnat", None, "[fd00::1]:80"),)),
        ("dnat ip to numgen random mod 1 map { 0 : 10.0.0.1 . 80 }",
         (Nat("dnat", "ip", Mapped(Numgen("random", "1"), Pairs((Pair("0", Concat(("10.0.0.1", "80"))),)))),)),
        ("meta mark & 0x00004000 == 0x00000000 return",
         (Match(Bits(PacketField(("meta", "mark")), "&", "0x00004000"), "==", "0x00000000"), NftVerdict("return"))),
        ("update @a-X { ip saddr }", (Update("update", SetName("a-X"), PacketField(("ip", "saddr"))),)),
        ("ip saddr != { 10.0.0.0/8, 192.0.2.1 } drop",
         (Match(PacketField(("ip", "saddr")), "!=", Braces(("10.0.0.0/8", "192.0.2.1"))), NftVerdict("drop"))),
        ("fib saddr . iif type local accept",
         (Match(PacketField(("fib", "saddr", "iif", "type")), "", "local"), NftVerdict("accept"))),
        ("ct original ip daddr 10.0.0.1 goto b",
         (Match(PacketField(("ct", "original", "ip", "daddr")), "", "10.0.0.1"), NftVerdict("goto", "b"))),
        ("masquerade to :1024-2048 random,persistent", (Nat("masquerade", None, ":1024-2048", ("random", "persistent")),)),
        ("tcp dport 80 redirect to :8080", (Match(PacketField(("tcp", "dport")), "", "80"), Nat("redirect", None, ":8080"))),
        ("meta mark set ip saddr map @marks",
         (Assign(PacketField(("meta", "mark")), Mapped(PacketField(("ip", "saddr")), SetName("marks"))),)),
        ("ct state established,related counter packets 3 bytes 4 accept",
         (Match(PacketField(("ct", "state")), "", Several(("established", "related"))),
          Counter(("packets", "3", "bytes", "4")), NftVerdict("accept"))),
        ("counter name \"x\" reject with icmp type host-unreachable",
         (Counter(("name", '"x"')), NftVerdict("reject", None, ("icmp", "type", "host-unreachable")))),
        ("limit rate 5/second burst 5 packets log prefix \"a b\" drop",
         (Other(("limit", "rate", "5/second", "burst", "5", "packets", "log", "prefix", '"a b"')), NftVerdict("drop"))),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_rule_says(line: str, statements: Any) -> None:
    rule = rule_of(line)
    assert repr(rule.statements) == repr(statements)
    assert str(rule) == line
    assert repr(rule_of(f"{line} # handle 7").statements) == repr(statements)


def test_a_rule_that_the_grammar_does_not_know() -> None:
    line = '@th,16,16 53 goto b comment "jump a"'
    rule = rule_of(line)
    assert rule.statements == (Other((line,)),)
    assert str(rule) == line
    assert list(rule.verdicts) == [NftVerdict("goto", "b")]


def test_excerpts() -> None:
    # no table, no closing braces, fences, remarks in between
    text = (
        "Here it is:\n```\nchain a {\n  goto b\n\nchain b {\n  drop\n}\nmap m {\n type ipv4_addr : verdict\n"
        " elements = { 10.0.0.1 : drop,\n 10.0.0.2 : accept\nset s {\n elements = { 1.1.1.1 }\n```\nthat is all\n"
    )
    ruleset = parse_nft(text)
    (table,) = ruleset.tables
    assert (table.name, table.complete) == ("", False)
    assert [str(rule) for chain in table.chains.values() for rule in chain.rules] == ["goto b", "drop"]
    assert [element.key for element in table.maps["m"].elements] == [("10.0.0.1",), ("10.0.0.2",)]
    assert [element.key for element in table.sets["s"].elements] == [("1.1.1.1",)]
    assert [text[offset:].partition("\n")[0] for offset in ruleset.unread] == ["Here it is:", "that is all"]


def test_an_open_chain_makes_a_table_incomplete() -> None:
    assert not only_table("table ip t {\n chain a {\n  drop\n chain b {\n }\n}\n").complete
    assert not only_table("table ip t {\n chain a {\n  drop\n }\n").complete
    assert not only_table("table ip t {\n ....\n chain a {\n }\n}\n").complete
    assert only_table("table ip t {\n chain a {\n }\n}\n").complete


def test_warnings_and_several_tables() -> None:
    text = (
        "# Warning: table ip nat is managed by iptables-nft, do not touch!\n" + DUMP + DUMP.replace(" ip ", " ip6 ", 1)
    )
    ruleset = parse_nft(text.replace("\n", "\r\n"))
    assert ruleset.unread == []
    assert [(table.family, table.complete) for table in ruleset.tables] == [("ip", True), ("ip6", True)]
    assert len(list(ruleset.named("ip6", "kube-proxy"))) == 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [("3h", 10800), ("10m", 600), ("1s", 1), ("2h59m59s684ms", 10799), ("1d", 86400), ("soon", None), ("", None)],
)
def test_durations(written: str, expected: int | None) -> None:
    assert seconds(written) == expected


JSON = json.dumps(
    {
        "nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "ip", "name": "kube-proxy", "handle": 3}},
            {"set": {"family": "ip", "table": "kube-proxy", "name": "s", "type": "ipv4_addr", "timeout": 600,
                     "elem": [{"elem": {"val": "192.0.2.1", "expires": 5}}, {"prefix": {"addr": "10.0.0.0", "len": 8}}]}},
            {"map": {"family": "ip", "table": "kube-proxy", "name": "m", "map": "verdict",
                     "type": ["ipv4_addr", "inet_proto", "inet_service"],
                     "elem": [[{"elem": {"val": {"concat": ["10.96.0.7", "tcp", 80]}, "comment": "a/b:c"}},
                               {"goto": {"target": "x"}}]]}},
            {"chain": {"family": "ip", "table": "kube-proxy", "name": "c", "type": "nat", "hook": "output", "prio": -100}},
            {"rule": {"family": "ip", "table": "kube-proxy", "chain": "c", "handle": 9, "comment": "why", "expr": [
                {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@s"}},
                {"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"|": [{"meta": {"key": "mark"}}, 16384]}}},
                {"limit": {"rate": 4}}, {"reject": {"type": "icmp", "expr": "port-unreachable"}}]}},
        ]
    }
)  # fmt: skip


def test_json() -> None:
    ruleset = parse_nft_json(JSON)
    (table,) = ruleset.tables
    assert (table.family, table.name, table.handle, table.complete) == ("ip", "kube-proxy", 3, True)
    assert [element.key for element in table.sets["s"].elements] == [("192.0.2.1",), ("10.0.0.0/8",)]
    assert table.sets["s"].timeout == 600
    (element,) = table.maps["m"].elements
    assert element[:3] == (("10.96.0.7", "tcp", "80"), NftVerdict("goto", "x"), "a/b:c")
    assert json.loads(JSON[slice(*element.span)])[1] == {"goto": {"target": "x"}}
    (rule,) = table.chains["c"].rules
    assert str(rule) == 'ip saddr != @s meta mark set meta mark | 0x00004000 limit reject comment "why"'
    assert json.loads(JSON[slice(*rule.span)])["rule"]["handle"] == 9


def test_json_of_other_tables() -> None:
    rules = [
        ({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}},
         "ct state established,related"),
        ({"match": {"op": "==", "left": {"ct": {"key": "ip daddr", "dir": "original"}}, "right": "10.0.0.1"}},
         "ct original ip daddr 10.0.0.1"),
        ({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": {"set": ["a", "b"]}}}, "iifname { a, b }"),
        ({"masquerade": {"port": {"range": [1024, 2048]}, "flags": ["random", "persistent"]}},
         "masquerade to :1024-2048 random,persistent"),
        ({"reject": {"type": "tcp reset"}}, "reject with tcp reset"),
        ({"dnat": {"addr": "fd00::1", "port": 80}}, "dnat to [fd00::1]:80"),
        # as nft 1.0.6 prints the masks 0x80000000 and 0xc0000000
        ({"match": {"op": "!=", "left": {"meta": {"key": "mark"}}, "right": {"prefix": {"addr": 0, "len": 1}}}},
         "meta mark != 0x00000000/1"),
        ({"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": {"prefix": {"addr": 2147483648, "len": 2}}}},
         "meta mark 0x80000000/2"),
        ({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
                    "right": {"prefix": {"addr": "10.0.0.0", "len": 8}}}}, "ip saddr 10.0.0.0/8"),
    ]  # fmt: skip
    for written, text in rules:
        body = {"family": "inet", "table": "t", "chain": "c", "expr": [written]}
        (rule,) = parse_nft_json(json.dumps({"nftables": [{"rule": body}]})).tables[0].chains["c"].rules
        assert str(rule) == text
        if "iifname" not in text:
            assert repr(rule_of(text).statements) == repr(rule.statements)


def test_json_is_linear() -> None:
    def text(times: int) -> str:
        one = json.loads(JSON)["nftables"]
        return json.dumps({"nftables": [*one[:2], *(one[2:] * times)]})

    assert growth(lambda written: read_all(parse_nft_json(written)), text, 200) < MOST


def test_json_that_is_cut_off() -> None:
    ruleset = parse_nft_json(JSON[: JSON.index('"limit"')])
    assert len(ruleset.unread) == 1
    assert [table.complete for table in ruleset.tables] == [False]
    assert parse_nft_json("{}").unread == [0]
    deep = '{"nftables": [{"rule": {"chain": "c", "expr": [' + '{"elem": ' * 500 + "1" + "}" * 500 + "]}}]}"
    assert str(parse_nft_json(deep).tables[0].chains["c"].rules[0]) == "elem"


FIELD = {"payload": {"protocol": "ip", "field": "saddr"}}
MARK = {"meta": {"key": "mark"}}


# libnftables-json(5), and what nft writes for it
@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"accept": None}, "accept"),
        ({"drop": None}, "drop"),
        ({"return": None}, "return"),
        ({"continue": None}, "continue"),
        ({"jump": {"target": "a/b"}}, "jump a/b"),
        ({"goto": {"target": "a"}}, "goto a"),
        ({"reject": None}, "reject"),
        ({"reject": {"type": "icmpx", "expr": "port-unreachable"}}, "reject"),
        ({"reject": {"type": "icmpv6", "expr": "port-unreachable"}}, "reject"),
        ({"reject": {"type": "icmp", "expr": "host-unreachable"}}, "reject with icmp host-unreachable"),
        ({"vmap": {"key": FIELD, "data": "@m"}}, "ip saddr vmap @m"),
        ({"vmap": {"key": {"numgen": {"mode": "random", "mod": 2, "offset": 0}},
                   "data": {"set": [[0, {"goto": {"target": "a"}}], [1, {"drop": None}]]}}},
         "numgen random mod 2 vmap { 0 : goto a, 1 : drop }"),
        ({"vmap": {"key": {"numgen": {"mode": "inc", "mod": 3, "offset": 10}}, "data": "@m"}},
         "numgen inc mod 3 offset 10 vmap @m"),
        ({"vmap": {"key": {"concat": [FIELD, {"meta": {"key": "l4proto"}}, {"payload": {"protocol": "th", "field": "dport"}}]},
                   "data": "@m"}}, "ip saddr . meta l4proto . th dport vmap @m"),
        ({"mangle": {"key": MARK, "value": 16384}}, "meta mark set 0x00004000"),
        ({"mangle": {"key": MARK, "value": {"^": [{"&": [MARK, 255]}, 16384]}}},
         "meta mark set meta mark & 0x000000ff ^ 0x00004000"),
        ({"mangle": {"key": MARK, "value": {"map": {"key": FIELD, "data": "@marks"}}}}, "meta mark set ip saddr map @marks"),
        ({"match": {"op": "==", "left": {"&": [MARK, 16384]}, "right": 16384}}, "meta mark & 0x00004000 == 0x00004000"),
        ({"match": {"op": "!=", "left": {"|": [MARK, 16384]}, "right": 0}}, "meta mark | 0x00004000 != 0x00000000"),
        ({"match": {"op": "==", "left": {"concat": [FIELD, FIELD]}, "right": {"concat": ["10.0.0.1", "10.0.0.2"]}}},
         "ip saddr . ip saddr 10.0.0.1 . 10.0.0.2"),
        ({"match": {"op": "<=", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 1024}}, "tcp dport <= 1024"),
        ({"match": {"op": "==", "left": {"fib": {"result": "type", "flags": ["saddr", "iif"]}}, "right": "local"}},
         "fib saddr . iif type local"),
        ({"match": {"op": "==", "left": {"fib": {"result": "type", "flags": "daddr"}}, "right": "local"}}, "fib daddr type local"),
        ({"match": {"op": "==", "left": {"meta": {"key": "oif"}}, "right": "lo"}}, "oif lo"),
        ({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}}, "ct state new"),
        ({"match": {"op": "==", "left": FIELD, "right": {"set": [{"prefix": {"addr": "10.0.0.0", "len": 8}},
                                                                 {"range": ["10.1.0.1", "10.1.0.9"]}, {"elem": {"val": "10.2.0.1"}}]}}},
         "ip saddr { 10.0.0.0/8, 10.1.0.1-10.1.0.9, 10.2.0.1 }"),
        ({"masquerade": None}, "masquerade"),
        ({"masquerade": {"flags": "fully-random"}}, "masquerade fully-random"),
        ({"redirect": {"port": 8080}}, "redirect to :8080"),
        ({"snat": {"addr": "10.0.0.1"}}, "snat to 10.0.0.1"),
        ({"dnat": {"addr": "10.0.0.1", "port": 80, "family": "ip"}}, "dnat ip to 10.0.0.1:80"),
        ({"dnat": {"family": "ip", "addr": {"map": {"key": {"numgen": {"mode": "random", "mod": 1, "offset": 0}},
                                                    "data": {"set": [[0, {"concat": ["10.0.0.1", 80]}]]}}}}},
         "dnat ip to numgen random mod 1 map { 0 : 10.0.0.1 . 80 }"),
        ({"set": {"op": "update", "elem": FIELD, "set": "@s"}}, "update @s { ip saddr }"),
        ({"set": {"op": "add", "elem": {"elem": {"val": FIELD, "timeout": 60}}, "set": "@s"}}, "add @s { ip saddr }"),
        ({"counter": {"packets": 3, "bytes": 180}}, "counter packets 3 bytes 180"),
        ({"counter": None}, "counter"),
        ({"counter": "seen"}, 'counter name "seen"'),
        # what has no part of its own stays by its name
        ({"limit": {"rate": 4}}, "limit"),
        ({"goto": {}}, "goto"),
        ({"jump": "a"}, "jump"),
        ({"match": {"op": "==", "left": {"osf": {}}, "right": "x"}}, "match"),
        ({"match": {"op": "==", "left": {"meta": {}}, "right": "x"}}, "match"),
        ({"match": {"op": "==", "left": FIELD, "right": [1, "a", 2]}}, "match"),
        ({"match": {"op": "==", "left": FIELD, "right": True}}, "match"),
        ({"mangle": {"key": MARK, "value": {"|": [MARK]}}}, "mangle"),
        ({"dnat": {"addr": {"map": {"key": FIELD, "data": "@m"}}, "port": 80}}, "dnat"),
        ({"accept": None, "drop": None}, "accept"),
        ("notrack", "notrack"),
        (["a"], "['a']"),
    ],
    ids=str,
)  # fmt: skip
def test_a_statement_of_json_is_what_nft_prints(written: Any, text: str) -> None:
    body = {"family": "ip", "table": "t", "chain": "c", "expr": [written]}
    (rule,) = parse_nft_json(json.dumps({"nftables": [{"rule": body}]})).tables[0].chains["c"].rules
    assert str(rule) == text
    if " " in text:
        assert repr(rule_of(text).statements[0]) == repr(rule.statements[0]) or "with" in text


def test_a_mark_in_json_is_one_of_ten_digits_at_most() -> None:
    for value, text in ((4294967295, "0xffffffff"), ("12345678901", "12345678901"), ("x", "x")):
        match = {"match": {"op": "==", "left": MARK, "right": value}}
        body = {"family": "ip", "table": "t", "chain": "c", "expr": [match]}
        (rule,) = parse_nft_json(json.dumps({"nftables": [{"rule": body}]})).tables[0].chains["c"].rules
        assert str(rule) == f"meta mark {text}"


def json_of(*objects: Any) -> NftRuleset:
    return parse_nft_json(json.dumps({"nftables": list(objects)}))


def test_objects_of_json() -> None:
    here = {"family": "inet", "table": "t"}
    ruleset = json_of(
        {"metainfo": {"version": "1.0.6"}},
        {"table": {"family": "inet", "name": "t", "handle": 1, "comment": "mine"}},
        {"chain": {**here, "name": "base", "handle": 2, "type": "filter", "hook": "input", "prio": 0, "policy": "drop", "comment": "c"}},
        {"chain": {**here, "name": "plain"}},
        {"counter": {**here, "name": "seen", "handle": 4, "packets": 5, "bytes": 6, "comment": "n"}},
        {"set": {**here, "name": "a", "handle": 5, "type": ["ipv4_addr", "inet_service"], "flags": ["dynamic", "timeout"], "size": 9,
                 "timeout": 60, "comment": "s", "elem": [{"concat": ["10.0.0.1", 80]}, {"concat": ["10.0.0.2", {"range": [1, 2]}]}]}},
        {"set": {**here, "name": "b"}},
        {"map": {**here, "name": "m", "type": "mark", "map": ["ipv4_addr", "inet_service"], "flags": "interval",
                 "elem": [[7, {"concat": ["10.0.0.1", 80]}], ["x", "y"], [{"elem": {"val": 8, "comment": "eight"}}, {"drop": None}]]}},
        {"rule": {**here, "chain": "base", "handle": 6, "expr": [{"accept": None}]}},
        {"rule": {**here, "chain": "base", "handle": True}},
        {"quota": {**here, "name": "q"}},
    )  # fmt: skip
    (table,) = ruleset.tables
    assert (table.family, table.name, table.handle, table.comment, table.complete) == ("inet", "t", 1, "mine", True)
    base, plain = table.chains.values()
    assert (base.kind, base.hook, base.priority, base.policy, base.comment, base.handle) == (
        "filter", "input", "0", "drop", "c", 2,
    )  # fmt: skip
    assert (plain.kind, plain.hook, plain.priority, plain.policy) == (None, None, None, None)
    assert [(str(rule), rule.handle) for rule in base.rules] == [("accept", 6), ("", None)]
    seen = table.counters["seen"]
    assert (seen.packets, seen.bytes, seen.comment, seen.handle) == (5, 6, "n", 4)
    assert list(table.sets) == ["a", "b"]
    a, b, m = table.sets["a"], table.sets["b"], table.maps["m"]
    assert (a.key_types, a.data_type, a.flags, a.size, a.timeout, a.comment, a.handle) == (
        ("ipv4_addr", "inet_service"), "", ("dynamic", "timeout"), 9, 60, "s", 5,
    )  # fmt: skip
    assert [each.key for each in a.elements] == [("10.0.0.1", "80"), ("10.0.0.2", "1-2")]
    assert (b.key_types, b.flags, b.timeout, b.elements) == ((), (), None, [])
    assert (m.key_types, m.data_type, m.flags) == (("mark",), "ipv4_addr . inet_service", ())
    assert [each[:3] for each in m.elements] == [
        (("7",), ("10.0.0.1", "80"), None),
        (("x",), ("y",), None),
        (("8",), NftVerdict("drop"), "eight"),
    ]
    assert ruleset.text[ruleset.declaration(base).start :].startswith("base")


def test_objects_of_json_that_no_table_comes_before() -> None:
    ruleset = json_of(
        {"chain": {"family": "ip", "table": "t", "name": "c"}},
        {"rule": {"family": "ip", "table": "t", "chain": "d", "expr": 3}},
        {"map": {"name": "m"}},
        {"set": {"name": "s", "elem": [{"osf": 1}, 4]}},
        "x",
        {"table": 3},
        {},
    )
    assert [(each.family, each.name, list(each.chains), each.complete) for each in ruleset.tables] == [
        ("ip", "t", ["c", "d"], True),
        ("", "", [], False),
    ]
    assert [str(rule) for rule in ruleset.tables[0].chains["d"].rules] == [""]
    assert [each.key for each in ruleset.tables[1].sets["s"].elements] == [('{"osf": 1}',), ("4",)]
    assert [ruleset.text[at:].partition("}")[0] for at in ruleset.unread] == ['"x", {"table": 3', '{"table": 3', "{"]


TABLE = '{"table": {"family": "ip", "name": "t"}}'


@pytest.mark.parametrize(
    ("text", "complete", "unread", "cut"),
    [
        (f'{{"nftables": [{TABLE}]}}', [True], 0, None),
        (f'{{"nftables": [{TABLE}]}}\n\n', [True], 0, None),
        (f'{{"nftables": [{TABLE}]', [True], 0, "]"),
        (f'{{"nftables": [{TABLE}', [False], 0, "}"),
        (f'{{"nftables": [{TABLE},', [False], 0, ","),
        (f'{{"nftables": [{TABLE}, ', [False], 0, " "),
        (f'{{"nftables": [{TABLE}, {{"chain": ', [False], 1, '{"chain": '),
        (f'{{"nftables": [{TABLE}, nonsense, {TABLE}]}}', [False], 1, None),
        ('{"nftables": [', [], 0, "["),
        ('{"nftables": ', [], 1, '{"nftables": '),
        ('{"nftables": 3}', [], 1, None),
        ('{"nftables": []}', [], 0, None),
    ],
)
def test_where_json_is_cut(text: str, complete: list[bool], unread: int, cut: str | None) -> None:
    ruleset = parse_nft_json(text)
    assert [table.complete for table in ruleset.tables] == complete
    assert [table.cut for table in ruleset.tables] == [cut is not None and not each for each in complete]
    assert len(ruleset.unread) == unread
    assert (None if ruleset.cut is None else text[slice(*ruleset.cut)]) == cut


@pytest.mark.parametrize("depth", [1, 8, 9, 20])
def test_expressions_of_json_have_an_end(depth: int) -> None:
    value: Any = "10.0.0.1"
    for _ in range(depth):
        value = {"elem": {"val": value}}
    body = {"chain": "c", "expr": [{"match": {"op": "==", "left": FIELD, "right": value}}]}
    (rule,) = json_of({"rule": body}).tables[0].chains["c"].rules
    assert str(rule) == ("ip saddr 10.0.0.1" if depth <= 8 else "match")


@pytest.mark.parametrize(
    ("rule", "verdicts", "lookups", "nat"),
    [
        ("ip daddr vmap { 10.0.0.1 : goto a, 10.0.0.2 : drop }", ["goto a", "drop"], [], None),
        ("ip daddr vmap @m", [], [("vmap", "m")], None),
        ("ip daddr @s update @u { ip saddr } jump b", ["jump b"], [("set", "s"), ("update", "u")], None),
        ("dnat ip to ip daddr map @targets", [], [("map", "targets")], "dnat ip to ip daddr map @targets"),
        ("dnat to 10.0.0.1:80", [], [], "dnat to 10.0.0.1:80"),
        ('xt match "goto x" jump y', ["jump y"], [], None),
        ("meta mark set ip saddr map @marks", [], [], None),
    ],
)
def test_where_a_rule_leads(rule: str, verdicts: list[str], lookups: list[tuple[str, str]], nat: str | None) -> None:
    found = rule_of(rule)
    assert [str(NftRule((each,))) for each in found.verdicts] == verdicts
    assert list(found.lookups) == lookups
    assert (None if found.nat is None else str(NftRule((found.nat,)))) == nat
    assert found.choice is None


@pytest.mark.parametrize(
    ("rule", "modulus"),
    [
        ("numgen random mod 2 vmap { 0 : goto a, 1 : goto b }", "2"),
        ("meta l4proto tcp dnat ip to numgen random mod 3 map { 0 : 10.0.0.1 . 80 }", "3"),
        ("numgen random mod 2 vmap @m", None),
        ("ip daddr vmap { 10.0.0.1 : drop }", None),
        ("dnat to 10.0.0.1:80", None),
    ],
)
def test_a_rule_that_chooses(rule: str, modulus: str | None) -> None:
    choice = rule_of(rule).choice
    assert (choice[0].modulus if choice else None) == modulus


def test_the_conditions_of_a_rule() -> None:
    rule = rule_of("ip daddr 10.0.0.1 ip daddr != 10.0.0.2 tcp dport 80 drop")
    assert len(rule.conditions) == 3
    first = rule.matches("ip", "daddr")
    assert first is not None
    assert first.right == "10.0.0.1"
    assert rule.matches("ip", "saddr") is None


def test_words_are_found_as_whole_words() -> None:
    text = "table ip t {\n\tchain a {\n\t\tjump a-b jump xa jump a/c jump a\n\t}\n}\n"
    ruleset = parse_nft(text)
    line = ruleset.tables[0].chains["a"].rules[0].span
    assert ruleset.span_of("a", line).start == text.rindex("a\n")
    assert ruleset.span_of("nowhere", line) == line
    assert ruleset.span_of("", line) == line


def test_objects_of_other_kinds_are_passed_over() -> None:
    text = """\
table inet t { # handle 12345678901234567890
	quota q { # handle 2
		over 25 mbytes used 3 bytes
		comment "of the quota"
	}

	ct helper ftp {
		type "ftp" protocol tcp
		l3proto ip
	}

	comment "of the table"
	counter c {
		packets 1 bytes 2
	}

	chain x {
		# a remark
		drop
	}
}
table t {
}
"""
    ruleset = parse_nft(text)
    inet, ip = ruleset.tables
    assert (inet.family, inet.comment, inet.handle, inet.unread, inet.complete) == (
        "inet", "of the table", 123456789012345678, [], True,
    )  # fmt: skip
    assert (list(inet.chains), list(inet.counters), [str(rule) for rule in inet.chains["x"].rules]) == (
        ["x"],
        ["c"],
        ["drop"],
    )
    assert (inet.counters["c"].packets, inet.counters["c"].bytes, inet.counters["c"].comment) == (1, 2, None)
    assert (ip.family, ip.name, ip.complete, ip.closed) == ("ip", "t", True, True)


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        (["elements = { 10.0.0.1 }", "}"], ["10.0.0.1"]),
        (["elements = { 10.0.0.1 } }"], ["10.0.0.1"]),
        (["elements = { 10.0.0.1,", "10.0.0.2 }", "};"], ["10.0.0.1", "10.0.0.2"]),
        (["elements = { 10.0.0.1,", "10.0.0.2 } ; }"], ["10.0.0.1", "10.0.0.2"]),
        (["elements = { 10.0.0.1 }", "elements = { 10.0.0.3 }", "}"], ["10.0.0.1", "10.0.0.3"]),
        (["elements = { , }", "}"], []),
    ],
)
def test_a_set_ends_where_its_brace_is(lines: list[str], keys: list[str]) -> None:
    table = only_table("\n".join(["table ip t {", " set s {", *lines, " chain c {", "  drop", " }", "}", ""]))
    assert [element.key for element in table.sets["s"].elements] == [(key,) for key in keys]
    assert (list(table.chains), table.complete, table.unread) == (["c"], True, [])


@pytest.mark.parametrize(
    ("line", "types", "data", "flags", "timeout", "size"),
    [
        ("type ipv4_addr . inet_service", ("ipv4_addr", "inet_service"), "", (), None, None),
        ("typeof ip daddr . tcp dport : verdict;", ("ip daddr", "tcp dport"), "verdict", (), None, None),
        ("flags interval, timeout;", (), "", ("interval", "timeout"), None, None),
        ("timeout 1w2d;", (), "", (), 777_600, None),
        ("size 128", (), "", (), None, 128),
        ("auto-merge", (), "", (), None, None),
    ],
)
def test_what_a_set_is(
    line: str, types: tuple[str, ...], data: str, flags: tuple[str, ...], timeout: int | None, size: int | None
) -> None:
    found = only_table(f"table ip t {{\n map m {{\n  {line}\n }}\n}}\n").maps["m"]
    assert (found.key_types, found.data_type, found.flags, found.timeout, found.size) == (
        types,
        data,
        flags,
        timeout,
        size,
    )


@pytest.mark.parametrize("open_", ["chain a {", "set a {", "map a {", "counter a {", "quota a {"])
def test_what_is_left_open_ends_where_the_next_one_begins(open_: str) -> None:
    table = only_table(
        f"table ip t {{\n {open_}\n chain b {{\n  drop\n {open_}\n set s {{\n  elements = {{ 1.1.1.1 }}\n {open_}\n counter c {{\n  packets 1 bytes 2\n }}\n}}\n"
    )
    assert [str(rule) for rule in table.chains["b"].rules] == ["drop"]
    assert [element.key for element in table.sets["s"].elements] == [("1.1.1.1",)]
    assert (table.counters["c"].packets, table.complete, table.unread) == (1, False, [])
    assert not table.chains["a"].rows if "chain" in open_ else "a" not in table.chains


def test_an_element_that_the_grammar_does_not_have() -> None:
    table = only_table("table ip t {\n map m {\n  elements = { $lan . tcp : goto x, 10.0.0.1 : drop }\n }\n}\n")
    first, second = table.maps["m"].elements
    assert first[:3] == (("$lan", "tcp"), None, None)
    assert second[:3] == (("10.0.0.1",), NftVerdict("drop"), None)


@pytest.mark.parametrize(
    ("text", "cut", "table_cut", "complete"),
    [
        ("table ip t {\n chain c {\n  drop\n }\n}", None, False, True),
        ("table ip t {\n chain c {\n  drop\n }\n", None, False, False),
        ("table ip t {\n chain c {\n  drop\n  acc", "  acc", True, False),
        ("table ip t {\n chain c {\n  drop\n", None, True, False),
        ("table ip t {\n set c {\n elements = { 1.1.1.1,\n", None, True, False),
        ("table ip t {\n quota c {\n", None, True, False),
        ("table ip t {\n", None, False, False),
    ],
)
def test_where_a_listing_is_cut(text: str, cut: str | None, table_cut: bool, complete: bool) -> None:
    ruleset = parse_nft(text)
    assert (None if ruleset.cut is None else text[slice(*ruleset.cut)]) == cut
    assert [(each.cut, each.complete) for each in ruleset.tables] == [(table_cut, complete)]


def test_a_set_that_a_person_wrote_over_several_lines() -> None:
    text = """\
table inet t {
	chain c {
		tcp dport {
			22,
			80
		} accept
		udp dport vmap {
			53 : accept, 67 : jump { }
		}
		drop
	}

	chain d {
		accept
	}
}
"""
    table = only_table(text)
    assert table.complete
    assert [str(rule).split()[0] for rule in table.chains["c"].rules] == ["tcp", "udp", "drop"]
    assert [str(rule) for rule in table.chains["d"].rules] == ["accept"]


def test_a_line_that_starts_like_a_property_is_a_rule() -> None:
    table = only_table("table ip t {\n chain c {\n  tcp dport 80 drop # handle 4\n  policyx\n  ct state new;\n }\n}\n")
    assert [(str(rule), rule.handle) for rule in table.chains["c"].rules] == [
        ("tcp dport 80 drop", 4),
        ("policyx", None),
        ("ct state new", None),
    ]


# what follows prints rules and elements out of their parts and reads them again

_VALUES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str).filter(lambda address: ":" in address),
    st.ip_addresses(v=4).map(lambda address: f"{address}/24"),
    st.integers(0, 65535).map(str),
)
_NAMES = st.from_regex(
    r"(service|endpoint|local)-[A-Z2-7]{8}-[a-z0-9]{1,8}/[a-z0-9]{1,8}/tcp/[a-z0-9]{0,5}", fullmatch=True
)
_WORDS = st.sampled_from(["tcp", "udp", "sctp", "new", "local", "established", "icmp", "filter"])
_FIELDS = st.sampled_from(
    [
        "ip daddr",
        "ip saddr",
        "ip6 daddr",
        "meta l4proto",
        "th dport",
        "tcp dport",
        "ct state",
        "meta mark",
        "fib daddr type",
    ]
).map(lambda text: PacketField(tuple(text.split())))
_LEFT = st.one_of(_FIELDS, st.lists(_FIELDS, min_size=2, max_size=4).map(lambda parts: Concat(tuple(parts))))
_SETS = _NAMES.map(SetName)
_VERDICTS = st.one_of(
    st.tuples(st.sampled_from(["jump", "goto"]), _NAMES).map(lambda words: NftVerdict(*words)),
    st.sampled_from(["drop", "accept", "return", "reject"]).map(NftVerdict),
)
_KEYS = st.lists(st.one_of(_VALUES, _WORDS), min_size=1, max_size=4).map(
    lambda parts: parts[0] if len(parts) == 1 else Concat(tuple(parts))
)
_NUMGENS = st.tuples(st.sampled_from(["random", "inc"]), st.integers(1, 300).map(str), st.sampled_from("02")).map(
    lambda parts: Numgen(*parts)
)


def _pairs(data: Any) -> Any:
    return st.lists(st.builds(Pair, _KEYS, data), min_size=1, max_size=5).map(lambda pairs: Pairs(tuple(pairs)))


_MATCHES = st.builds(
    Match,
    _LEFT,
    st.sampled_from(["", "!=", "=="]),
    st.one_of(_VALUES, _WORDS, _SETS, st.lists(_VALUES, min_size=1, max_size=4).map(lambda some: Braces(tuple(some)))),
)
_MARKED = st.builds(Bits, st.just(PacketField(("meta", "mark"))), st.sampled_from("|&^"), st.just("0x00004000"))
_STATEMENTS = st.one_of(
    _MATCHES,
    st.builds(VerdictMap, st.one_of(_LEFT, _NUMGENS), st.one_of(_SETS, _pairs(_VERDICTS))),
    st.builds(Assign, st.just(PacketField(("meta", "mark"))), _MARKED),
    st.builds(Update, st.just("update"), _SETS, _FIELDS),
    st.just(Counter()),
    st.just(Nat("masquerade", flags=("fully-random",))),
    st.tuples(_NUMGENS, _pairs(_KEYS)).map(lambda parts: Nat("dnat", "ip", Mapped(*parts))),
    st.ip_addresses(v=6).map(lambda address: Nat("dnat", None, f"[{address}]:80")),
)
_COMMENTS = st.none() | st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"]), max_size=20)


@given(st.lists(_STATEMENTS, min_size=1, max_size=5), st.none() | _VERDICTS, _COMMENTS)
def test_a_rule_printed_is_read_as_it_was(
    statements: list[Any], verdict: NftVerdict | None, comment: str | None
) -> None:
    rule = NftRule((*statements, *((verdict,) if verdict else ())), comment)
    read = rule_of(str(rule))
    assert repr(read.statements) == repr(rule.statements)
    assert read.comment == comment


@given(_KEYS, st.none() | _VERDICTS | st.tuples(_VALUES, _VALUES), _COMMENTS)
def test_an_element_printed_is_read_as_it_was(key: Any, data: Any, comment: str | None) -> None:
    words: tuple[Any, ...] = key.parts if isinstance(key, Concat) else (key,)
    said = "" if comment is None else f' comment "{comment}"'
    given_ = (
        "" if data is None else f" : {' . '.join(data) if type(data) is tuple else ' '.join(filter(None, data[:2]))}"
    )
    text = f"table ip t {{\n\tmap m {{\n\t\telements = {{ {' . '.join(map(str, words))}{said}{given_} }}\n\t}}\n}}\n"
    (element,) = only_table(text).maps["m"].elements
    assert element[:3] == Element(words, data, comment)[:3]


def read_all(ruleset: NftRuleset) -> None:
    """Ask for everything that a ruleset has."""
    for table in ruleset.tables:
        for found in (*table.sets.values(), *table.maps.values()):
            assert all(0 <= element.span.start <= element.span.end <= len(ruleset.text) for element in found.elements)
        for chain in table.chains.values():
            for rule in chain.rules:
                assert len(str(rule)) >= 0
                list(rule.verdicts), list(rule.lookups), rule.choice, rule.nat
            ruleset.declaration(chain)


_LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(DUMP.split("\n")),
        st.sampled_from(
            ['elements = { "', "}", "chain a {", "set s {", "elements = {", 'x "}" {', "goto", "jump ", "@ { [ : ,"]
        ),
    ),
    max_size=25,
)


@given(_LINES)
def test_any_lines_are_read(lines: list[str]) -> None:
    read_all(parse_nft("\n".join(lines)))


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["rule", "set", "map", "chain", "table", "expr", "elem", "match", "left", "right", "concat", "prefix",
                         "vmap", "key", "data", "goto", "target", "dnat", "addr", "port", "flags", "name", "fib", "numgen"]),
        inner, max_size=4),
    max_leaves=25,
))  # fmt: skip
def test_any_json_is_read(value: Any) -> None:
    read_all(parse_nft_json(json.dumps({"nftables": value if isinstance(value, list) else [value]})))


CORPUS = sorted(
    path
    for pattern in ("proxier/1.*/*.nft", "dumps/*nft*.txt")
    for path in (SHARED / "corpus").glob(pattern)
    if ".transaction." not in path.name
)


@pytest.mark.parametrize("text", [NEW, OLD, DUMP], ids=["new", "old", "small"])
def test_rules_printed_are_what_they_were(text: str) -> None:
    _prints_what_was_read(text)


@pytest.mark.skipif(not CORPUS, reason="needs ../shared")
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_real_rules_printed_are_what_they_were(path: Path) -> None:
    _prints_what_was_read(path.read_text(encoding="utf-8"))


def _prints_what_was_read(text: str) -> None:
    ruleset = parse_nft(text)
    for table in ruleset.tables:
        for chain in table.chains.values():
            for rule, (_, shape) in zip(chain.rules, chain.rows, strict=True):
                assert shape is not None
                # nft writes two blanks where it leaves out a comment of iptables
                assert str(rule) == re.sub(" +", " ", ruleset.text[slice(*rule.span)])


def _many_services(number: int) -> str:
    lines = ["table ip kube-proxy {"]
    for each in range(number):
        name = f"AAAAAAAA-shop/app-{each}/tcp/http"
        lines += [
            f"\tchain endpoint-{name}__10.{each >> 16}.{each >> 8 & 255}.{each & 255}/8080 {{",
            f"\t\tip saddr 10.0.0.{each & 255} jump mark-for-masquerade",
            f"\t\tmeta l4proto tcp dnat to 10.{each >> 16}.{each >> 8 & 255}.{each & 255}:8080",
            "\t}",
            "",
        ]
    return "\n".join([*lines, "}", ""])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda n: _many_services(n // 60), id="services"),
        pytest.param(
            lambda n: (
                "table ip t {\n chain c {\n"
                + "".join(f"  xt a{i}b c{i * 7}d drop\n" for i in range(n // 20))
                + " }\n}\n"
            ),
            id="every line a shape",
        ),
        pytest.param(lambda n: "chain c {\n" + "ip saddr 1.2.3.4 " * (n // 17) + "\n}\n", id="one line"),
        pytest.param(lambda n: "chain c {\n" + '"' * n + "\n}\n", id="quotes"),
        pytest.param(
            lambda n: "chain c {\ntype nat hook prerouting priority " + " \t" * (n // 2) + "\n}\n", id="blanks"
        ),
        pytest.param(
            lambda n: (
                "set s {\nelements = { "
                + ", ".join(f"10.0.{i >> 8 & 255}.{i & 255}" for i in range(n // 12))
                + " }\n}\n"
            ),
            id="elements",
        ),
        pytest.param(lambda n: "set s {\nelements = { " + '" , ' * (n // 4) + " }\n}\n", id="quoted elements"),
        pytest.param(lambda n: "set s {\nelements = { " + "a" * n, id="one element"),
        pytest.param(lambda n: "".join(f"chain a{i} {{\n jump a{i + 1}\n}}\n" for i in range(n // 22)), id="chains"),
    ],
)
def test_reading_is_linear(text: Any) -> None:
    assert growth(lambda written: read_all(parse_nft(written)), text, 100_000) < MOST


def test_many_shapes_are_read_roughly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nftshape, "MANY_SHAPES", 3)
    ruleset = parse_nft("chain c {\n" + "".join(f" xt a{each}b jump x\n" for each in range(9)) + "}\n")
    assert ruleset.shapes_exploded
    assert {tuple(rule.verdicts) for rule in ruleset.tables[0].chains["c"].rules} == {(NftVerdict("jump", "x"),)}


@settings(max_examples=20)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    read_all(parse_nft(data.decode("latin-1")))
    read_all(parse_nft_json(data.decode("latin-1")))
