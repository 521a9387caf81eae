"""What is new in the setup functions of CoreDNS 1.15.0; answers recorded from it and from the release before."""

from __future__ import annotations

from typing import Any

import pytest

from coredns_messages import wrong_count
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.text.version import Version
from kpl.verdict import Need

NEW, OLD = "1.15.0", "1.14.7"


def judged(directive: str, release: str = NEW, *files: str) -> Judgement:
    circumstances = Circumstances(Version(release), {}, assumed_files=frozenset(files))
    return judge_corefile(f"example.org {{\n{directive}\n}}\n", circumstances)


def model(directive: str, *files: str) -> Any:
    judgement = judged(directive, NEW, *files)
    assert judgement.verdict.answer == "loads"
    return judgement.servers[0].plugins[directive.split()[0]]


CASES = [
    (NEW, "siit", None, None),
    (NEW, "siit x", 2, wrong_count("x")),
    (NEW, "siit {\n ipv6_prefix\n}", 3, wrong_count("ipv6_prefix")),
    (NEW, "siit {\n ipv6_prefix 64:dead::/96\n}", None, None),
    (
        NEW,
        "siit {\n ipv6_prefix 64:ff9b::/72\n}",
        3,
        'invalid prefix length "64:ff9b::/72": must be one of /32, /40, /48, /56, /64, /96',
    ),
    (
        NEW,
        "siit {\n ipv6_prefix 2001:db8:122:344:ff00::/96\n}",
        3,
        'invalid prefix "2001:db8:122:344:ff00::/96": reserved octet (byte 8) must be zero',
    ),
    (NEW, "siit {\n ipv6_prefix 10.0.0.0/8\n}", 3, 'invalid netmask 32 IPv6 address: "10.0.0.0/8"'),
    (NEW, "siit {\n ipv6_prefix x\n}", None, "invalid CIDR address: x"),
    (NEW, "siit {\n eam 192.0.2.1 2001:db8::1\n eam ::ffff:192.0.2.2 2001:db8::2\n}", None, None),
    (NEW, "siit {\n eam 192.0.2.1\n}", 3, wrong_count("192.0.2.1")),
    (NEW, "siit {\n eam x 2001:db8::1\n}", 3, 'invalid IP address: "<nil>"'),
    (NEW, "siit {\n eam 2001:db8::1 192.0.2.1\n}", 3, 'invalid IPv4 address: "2001:db8::1"'),
    (NEW, "siit {\n eam 192.0.2.1 ::ffff:192.0.2.1\n}", 3, 'invalid IPv6 address: "192.0.2.1"'),
    (NEW, "siit {\n prefix fd00::/64\n}", 3, "unknown property 'prefix'"),
    (NEW, "dns64 fd00::/72", 2, 'invalid prefix length "fd00::/72"'),
    (NEW, "dns64 {\n prefix fd00::/80\n}", 3, 'invalid prefix length "fd00::/80"'),
    (NEW, "dns64 fd00::/56", None, None),
    (NEW, "dynupdate", 2, "file is required"),
    (NEW, "dynupdate a b", None, "exactly one zone is allowed"),
    (NEW, "dynupdate a..b", None, 'invalid zone "a..b"'),
    (NEW, "dynupdate {\n allow k @ A\n}", 4, "file is required"),
    (NEW, 'dynupdate {\n file ""\n}', 4, "at least one allow rule is required"),
    (NEW, "dynupdate {\n file a\n file b\n}", 4, "file specified more than once"),
    (NEW, "dynupdate {\n file a b\n}", 3, wrong_count("b")),
    (NEW, 'dynupdate {\n database ""\n}', 3, wrong_count("")),
    (NEW, "dynupdate {\n max_records 0\n}", 3, "max_records requires a positive integer"),
    (NEW, "dynupdate {\n max_bytes x\n}", 3, "max_bytes requires a positive integer"),
    (NEW, "dynupdate {\n max_update_records 1 2\n}", 3, wrong_count("2")),
    (NEW, "dynupdate {\n deny k @ A\n}", 3, 'unknown property "deny"'),
    (NEW, "dynupdate {\n allow k @\n}", None, "allow requires KEY NAME and at least one RR type"),
    (NEW, "dynupdate {\n allow @ @ A\n}", None, 'invalid TSIG key "@"'),
    (NEW, 'dynupdate {\n allow "" * A\n}', None, 'invalid TSIG key ""'),
    (NEW, "dynupdate {\n allow k host A\n}", None, 'allow name "host" is outside zone "example.org."'),
    (
        NEW,
        "dynupdate {\n allow k a\\.example.org A\n}",
        None,
        'allow name "a\\\\.example.org" is outside zone "example.org."',
    ),
    (NEW, "dynupdate {\n allow k * * A\n}", None, "wildcard RR type must be the only type in an allow rule"),
    (NEW, "dynupdate {\n allow k * DS\n}", None, 'invalid RR type "DS" in allow rule'),
    (NEW, "dynupdate {\n allow k * TYPE0\n}", None, 'invalid RR type "TYPE0" in allow rule'),
    (NEW, "dynupdate {\n allow k * TYPE65535\n}", None, 'invalid RR type "TYPE65535" in allow rule'),
    (NEW, "dynupdate {\n allow k * TYPE48\n}", None, 'invalid RR type "TYPE48" in allow rule'),
    (NEW, "dynupdate {\n allow k * axfr\n}", None, 'invalid RR type "axfr" in allow rule'),
    (NEW, "dynupdate {\n file /\n allow k * *\n}", None, 'parsing zone file "/": read /: is a directory'),
    (
        NEW,
        "dynupdate {\n file /etc/hosts\n database /etc/../etc/hosts\n allow k * *\n}",
        None,
        "database and seed must be different files",
    ),
    (NEW, "dynupdate {\n file db\n database /\n allow k * *\n}", None, 'opening database "/": invalid database'),
    (
        NEW,
        "dynupdate {\n file db\n allow k * *\n}\ndynupdate",
        None,
        "this plugin can only be used once per Server Block",
    ),
    (NEW, 'template IN A {\n var n int(group("last"))\n expr n > 0 && n < 255\n}', None, None),
    (NEW, "template IN A {\n var n\n}", 3, wrong_count("n")),
    (NEW, "template IN A {\n expr\n}", 3, wrong_count("expr")),
    (NEW, "template IN A {\n var a-b 1\n}", 3, 'invalid variable name "a-b"'),
    (NEW, "template IN A {\n var name 1\n}", 3, 'variable name "name" is reserved'),
    (NEW, "template IN A {\n var group 1\n}", 3, 'variable name "group" is reserved'),
    (NEW, "template IN A {\n var len 1\n}", 3, 'variable name "len" is reserved'),
    (NEW, "template IN A {\n var let 1\n}", 3, 'variable name "let" is reserved'),
    (NEW, "template IN A {\n var nil 1\n}", 3, 'variable name "nil" is reserved'),
    (NEW, "template IN A {\n var a 1\n var a 2\n}", 4, 'variable name "a" is reserved'),
    (
        NEW,
        "template IN A {\n var a 1 +\n}",
        3,
        "could not compile expression: a, unexpected token EOF (1:3)\n | 1 +\n | ..^",
    ),
    (NEW, "template IN A {\n expr nope\n}", 3, "could not compile expression: unknown name nope (1:1)\n | nope\n | ^"),
    (
        NEW,
        "template IN A {\n var a size() + 1\n expr a + 'x'\n}",
        4,
        "could not compile expression: invalid operation: + (mismatched types int and string) (1:3)\n | a + 'x'\n | ..^",
    ),
    (NEW, "template IN A {\n var a nil\n expr a + 'x'\n expr len(a) == 0\n}", None, None),
    (
        NEW,
        "template IN A {\n var a nil\n expr a.b\n}",
        4,
        "could not compile expression: type interface {} has no field b (1:3)\n | a.b\n | ..^",
    ),
    (
        NEW,
        "template IN A {\n var a reduce(1..3, # + #acc)\n expr a + 'x'\n}",
        3,
        "could not compile expression: a, unexpected token EOF (1:12)\n | reduce(1..3,\n | ...........^",
    ),
    (
        NEW,
        "template IN A {\n var a 1 / 2\n expr a + 'x'\n}",
        4,
        "could not compile expression: invalid operation: + (mismatched types float64 and string) (1:3)\n | a + 'x'\n | ..^",
    ),
    (
        NEW,
        "template IN A {\n var a now()\n var b a.Year()\n expr b > 2000 && a.Nope()\n}",
        5,
        "could not compile expression: type time.Time has no method Nope (1:15)\n | b > 2000 && a.Nope()\n | ..............^",
    ),
    (
        NEW,
        "template IN A {\n var a 1\n}\ntemplate IN A {\n expr a == 1\n}",
        6,
        "could not compile expression: unknown name a (1:1)\n | a == 1\n | ^",
    ),
    (NEW, "forward . quic://9.9.9.9 tls://9.9.9.9", None, None),
    (
        NEW,
        "forward . quic://9.9.9.9%a.org {\n tls_servername b.org\n}",
        None,
        "both forward ('b.org') and proxy level ('a.org') TLS servernames are set for upstream proxy 'quic://9.9.9.9:853'",
    ),
    (
        NEW,
        "forward . tls://9.9.9.9%a.org quic://9.9.9.9 9.9.9.9 {\n tls_servername b.org\n}",
        None,
        "both forward ('b.org') and proxy level ('a.org') TLS servernames are set for upstream proxy 'tls://9.9.9.9:853'",
    ),
    (
        NEW,
        "forward . grpc://9.9.9.9",
        None,
        "'grpc' is not supported as a destination protocol in forward: grpc://9.9.9.9:443",
    ),
    (NEW, "https {\n max_streams 0\n max_connections 5\n}", None, None),
    (NEW, "https {\n max_streams -1\n}", 3, "max_streams must be a non-negative integer: -1"),
    (NEW, "https {\n max_streams 4294967295\n}", None, None),
    (NEW, "https {\n max_streams 4294967296\n}", 3, "max_streams must not exceed 4294967295: 4294967296"),
    (NEW, "https {\n max_streams 1\n max_streams 1\n}", 4, "max_streams already defined for this server block"),
    (NEW, "quic {\n max_connections 0\n}", None, None),
    (NEW, "quic {\n max_connections -1\n}", 3, "max_connections must be a non-negative integer: -1"),
    (
        NEW,
        "quic {\n max_connections x\n}",
        3,
        "invalid max_connections value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        NEW,
        "quic {\n max_connections 1\n max_connections 2\n}",
        4,
        "max_connections already defined for this server block",
    ),
    (NEW, "etcd {\n no_apex_fallback\n}", None, None),
    (NEW, "etcd {\n no_apex_fallback yes\n}", 3, wrong_count("yes")),
    (NEW, "proxyproto {\n tlv_metadata\n}", None, None),
    (NEW, "proxyproto {\n tlv_metadata on\n}", 3, wrong_count("on")),
    (NEW, "rewrite name regex (.*)\\.a {1}.{kubernetes/client-namespace}.b metadata", None, None),
    (NEW, "rewrite name regex (a)(b) {2}{0}.{x/y/z} metadata answer auto", None, None),
    (NEW, "rewrite name regex (a) {2} metadata", None, "capture group 2 does not exist in name matching pattern"),
    (NEW, "rewrite name regex (a) {-1} metadata", None, "capture group -1 does not exist in name matching pattern"),
    (NEW, "rewrite name regex (a) {x} metadata", None, 'invalid metadata label "x" in name replacement'),
    (NEW, "rewrite name regex (a) {x/} metadata", None, 'invalid metadata label "x/" in name replacement'),
    (NEW, "rewrite name regex (a) {x{/y} metadata", None, 'invalid metadata label "x{/y" in name replacement'),
    (NEW, "rewrite name regex (a) {1 metadata", None, "unclosed placeholder in metadata name replacement"),
    (NEW, "rewrite name regex (a) 1} metadata", None, "unmatched closing brace in metadata name replacement"),
    (NEW, "rewrite name regex (a {1} metadata", None, "invalid regex matching pattern: (a"),
    (NEW, "rewrite name suffix a b metadata", None, "metadata is only supported for regex name rules"),
    (NEW, "rewrite name regex a b metadata answer", None, "invalid arguments for regex rule"),
    (NEW, "rewrite name regex a b metadata metadata", None, "invalid arguments for regex rule"),
    (
        NEW,
        "nomad {\n address http://a:1:80\n}",
        None,
        'plugin/nomad: invalid address \'http://a:1:80\': parse "http://a:1:80": invalid port ":1:80" after host',
    ),
    (NEW, "nomad {\n address tcp://a:1:80\n}", None, None),
    (NEW, "cache 30 {\n success 100 {\n denial 50\n }\n}", None, "this plugin can only be used once per Server Block"),
    (NEW, "cache 30 {\n success 100 {\n bogus 50\n }\n}", 4, wrong_count("bogus")),
    (NEW, "health {\n lameduck 5s {\n }\n bogus\n}", None, None),
    (NEW, "whoami {\n}", 2, "Unexpected token '{', expecting argument"),
    (NEW, "errors {\n consolidate 5m a {\n }\n bogus\n}", None, "this plugin can only be used once per Server Block"),
    (OLD, "siit", 2, "Unknown directive 'siit'"),
    (OLD, "siit x", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n ipv6_prefix\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n ipv6_prefix 64:dead::/96\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n ipv6_prefix 64:ff9b::/72\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n ipv6_prefix 2001:db8:122:344:ff00::/96\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n ipv6_prefix 10.0.0.0/8\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n ipv6_prefix x\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n eam 192.0.2.1 2001:db8::1\n eam ::ffff:192.0.2.2 2001:db8::2\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n eam 192.0.2.1\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n eam x 2001:db8::1\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n eam 2001:db8::1 192.0.2.1\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n eam 192.0.2.1 ::ffff:192.0.2.1\n}", 2, "Unknown directive 'siit'"),
    (OLD, "siit {\n prefix fd00::/64\n}", 2, "Unknown directive 'siit'"),
    (OLD, "dns64 fd00::/72", None, None),
    (OLD, "dns64 {\n prefix fd00::/80\n}", None, None),
    (OLD, "dynupdate", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate a b", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate a..b", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k @ A\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, 'dynupdate {\n file ""\n}', 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n file a\n file b\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n file a b\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, 'dynupdate {\n database ""\n}', 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n max_records 0\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n max_bytes x\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n max_update_records 1 2\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n deny k @ A\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k @\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow @ @ A\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, 'dynupdate {\n allow "" * A\n}', 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k host A\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k a\\.example.org A\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k * * A\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k * DS\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k * TYPE0\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k * TYPE65535\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k * TYPE48\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n allow k * axfr\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n file /\n allow k * *\n}", 2, "Unknown directive 'dynupdate'"),
    (
        OLD,
        "dynupdate {\n file /etc/hosts\n database /etc/../etc/hosts\n allow k * *\n}",
        2,
        "Unknown directive 'dynupdate'",
    ),
    (OLD, "dynupdate {\n file db\n database /\n allow k * *\n}", 2, "Unknown directive 'dynupdate'"),
    (OLD, "dynupdate {\n file db\n allow k * *\n}\ndynupdate", 2, "Unknown directive 'dynupdate'"),
    (OLD, 'template IN A {\n var n int(group("last"))\n expr n > 0 && n < 255\n}', 3, wrong_count("var")),
    (OLD, "template IN A {\n var n\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a-b 1\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var name 1\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var group 1\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var len 1\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var let 1\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var nil 1\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a 1\n var a 2\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a 1 +\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n expr nope\n}", 3, wrong_count("expr")),
    (OLD, "template IN A {\n var a size() + 1\n expr a + 'x'\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a nil\n expr a + 'x'\n expr len(a) == 0\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a nil\n expr a.b\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a reduce(1..3, # + #acc)\n expr a + 'x'\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a 1 / 2\n expr a + 'x'\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a now()\n var b a.Year()\n expr b > 2000 && a.Nope()\n}", 3, wrong_count("var")),
    (OLD, "template IN A {\n var a 1\n}\ntemplate IN A {\n expr a == 1\n}", 3, wrong_count("var")),
    (
        OLD,
        "forward . quic://9.9.9.9 tls://9.9.9.9",
        None,
        "'quic' is not supported as a destination protocol in forward: quic://9.9.9.9:853",
    ),
    (
        OLD,
        "forward . quic://9.9.9.9%a.org {\n tls_servername b.org\n}",
        None,
        "'quic' is not supported as a destination protocol in forward: quic://9.9.9.9:853",
    ),
    (OLD, "https {\n max_streams 0\n max_connections 5\n}", 3, "unknown property 'max_streams'"),
    (OLD, "https {\n max_streams -1\n}", 3, "unknown property 'max_streams'"),
    (OLD, "https {\n max_streams 4294967295\n}", 3, "unknown property 'max_streams'"),
    (OLD, "https {\n max_streams 4294967296\n}", 3, "unknown property 'max_streams'"),
    (OLD, "https {\n max_streams 1\n max_streams 1\n}", 3, "unknown property 'max_streams'"),
    (OLD, "quic {\n max_connections 0\n}", 3, "unknown property 'max_connections'"),
    (OLD, "quic {\n max_connections -1\n}", 3, "unknown property 'max_connections'"),
    (OLD, "quic {\n max_connections x\n}", 3, "unknown property 'max_connections'"),
    (OLD, "quic {\n max_connections 1\n max_connections 2\n}", 3, "unknown property 'max_connections'"),
    (OLD, "etcd {\n no_apex_fallback\n}", 3, "unknown property 'no_apex_fallback'"),
    (OLD, "etcd {\n no_apex_fallback yes\n}", 3, "unknown property 'no_apex_fallback'"),
    (OLD, "proxyproto {\n tlv_metadata\n}", 3, "unknown option 'tlv_metadata'"),
    (OLD, "proxyproto {\n tlv_metadata on\n}", 3, "unknown option 'tlv_metadata'"),
    (
        OLD,
        "rewrite name regex (.*)\\.a {1}.{kubernetes/client-namespace}.b metadata",
        None,
        "invalid arguments for regex rule",
    ),
    (
        OLD,
        "rewrite name regex (a)(b) {2}{0}.{x/y/z} metadata answer auto",
        None,
        "exceeded the number of arguments for a non-answer rule argument for regex rule",
    ),
    (OLD, "rewrite name regex (a) {2} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a) {-1} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a) {x} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a) {x/} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a) {x{/y} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a) {1 metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a) 1} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name regex (a {1} metadata", None, "invalid arguments for regex rule"),
    (OLD, "rewrite name suffix a b metadata", None, "invalid arguments for suffix rule"),
    (
        OLD,
        "rewrite name regex a b metadata answer",
        None,
        "exceeded the number of arguments for a non-answer rule argument for regex rule",
    ),
    (
        OLD,
        "rewrite name regex a b metadata metadata",
        None,
        "exceeded the number of arguments for a non-answer rule argument for regex rule",
    ),
    (OLD, "nomad {\n address http://a:1:80\n}", None, None),
    (OLD, "cache 30 {\n success 100 {\n denial 50\n }\n}", 3, "Unexpected token '{', expecting argument"),
    (OLD, "cache 30 {\n success 100 {\n bogus 50\n }\n}", 3, "Unexpected token '{', expecting argument"),
    (OLD, "health {\n lameduck 5s {\n }\n bogus\n}", 3, "unknown property '{'"),
    (
        OLD,
        "errors {\n consolidate 5m a {\n }\n bogus\n}",
        None,
        "Corefile:3 - Syntax error: Unexpected token '{', expecting 'Unknown field {'",
    ),
]


@pytest.mark.parametrize(("release", "directive", "line", "message"), CASES)
def test_what_coredns_says(release: str, directive: str, line: int | None, message: str | None) -> None:
    verdict = judged(directive, release).verdict
    if message is None:
        assert verdict.answer == "loads"
        return
    name = directive.split()[0]
    bare = message.startswith(("Unknown directive", "unknown option"))
    prefix = "" if bare else f"plugin/{name}: "
    place = "" if line is None else f"Corefile:{line} - Error during parsing: "
    assert verdict.answer == "refuses"
    assert verdict.message == prefix + place + message


UPDATES = "dynupdate a.example.org {\n file db\n database db.bolt\n allow K A.example.org a TYPE65\n allow k @ *\n}"


def test_dynamic_updates_start_from_a_file_or_a_database() -> None:
    assert judged(UPDATES).verdict.needs == (Need("file", "db"),)
    for there in ("db", "db.bolt"):
        assert judged(UPDATES, NEW, there).verdict.answer == "loads"
    made = model(UPDATES, "db")
    assert (made.zone, made.file, made.database) == ("a.example.org.", "db", "db.bolt")
    assert made.allowed == [("k.", "a.example.org.", ("a", "TYPE65")), ("k.", "a.example.org.", ("*",))]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("a.org:53 a.org:1053", None),
        ("a.org b.org", "zone is required when the server block does not define exactly one zone"),
        ("10.0.0.0/15", "zone is required when the server block does not define exactly one zone"),
    ],
)
def test_the_zone_of_the_block_is_updated(keys: str, message: str | None) -> None:
    circumstances = Circumstances(Version(NEW), {}, assumed_files=frozenset({"db"}))
    verdict = judge_corefile(f"{keys} {{\n dynupdate {{\n file db\n allow k * *\n }}\n}}\n", circumstances).verdict
    assert verdict.message == (message and f"plugin/dynupdate: {message}")


def test_models() -> None:
    siit = model("siit {\n ipv6_prefix fd00::/32\n eam 192.0.2.1 2001:DB8::1\n}")
    assert (siit.ipv6_prefix, siit.eam) == ("fd00::/32", {"2001:db8::1": "192.0.2.1"})
    (template,) = model("template IN A {\n var a 1\n var b a + 1\n expr a < b\n expr true\n}")
    assert template.variables == {"a": "1", "b": "a + 1"}
    assert template.expressions == ["a < b", "true"]
    assert model("https {\n max_streams 7\n}").max_streams == 7
    assert model("quic {\n max_connections 7\n}").max_connections == 7
    assert model("proxyproto {\n tlv_metadata\n}").tlv_metadata
    assert model("etcd {\n no_apex_fallback\n}").no_apex_fallback
    assert model("rewrite name regex a {b/c} metadata").rules[0].metadata


@pytest.mark.parametrize("name", ["azure", "clouddns"])
def test_clouds_are_asked_as_often_as_told(name: str) -> None:
    """Read off the sources: both ask a cloud before they say anything."""
    for value, refresh in (("30", 30), ("2m", 120)):
        judgement = judged(f"{name} {{\n refresh {value}\n}}")
        made = judgement.servers[0].plugins[name]
        assert (made if name == "azure" else made[0]).refresh == refresh * 10**9
    for value, message in (
        ("x", 'unable to parse duration: time: invalid duration "x"'),
        ("0", 'refresh interval must be greater than 0: "0s"'),
    ):
        place = f"plugin/{name}: Corefile:3 - Error during parsing: "
        assert judged(f"{name} {{\n refresh {value}\n}}").verdict.message == place + message
        assert "unknown property" in (judged(f"{name} {{\n refresh {value}\n}}", OLD).verdict.message or "")


def test_the_address_of_cloud_dns() -> None:
    judgement = judged("clouddns {\n endpoint http://127.0.0.1:8080\n}")
    assert judgement.servers[0].plugins["clouddns"][0].endpoint == "http://127.0.0.1:8080"
    assert judged("clouddns {\n endpoint\n}").verdict.answer == "refuses"
    assert judged("clouddns {\n endpoint x\n}", OLD).verdict.answer == "refuses"


def test_azure_starts_without_its_zones() -> None:
    text = "azure group:a.org {\n client x\n secret y\n}"
    assert judged(text).verdict.answer == "loads"
    assert judged(text, OLD).verdict.needs == (Need("credential", "Azure"),)


@pytest.mark.parametrize("host", ["localhost", "quic://localhost"])
def test_a_name_of_an_upstream_gets_a_dot(host: str) -> None:
    """Go finds no name with a dot in /etc/hosts, which has none behind localhost."""
    assert judged(f"forward . {host}").verdict.needs == (Need("host name", "localhost"),)
    assert judged("forward . localhost", OLD).verdict.answer == "loads"
