"""What kube-proxy programmed has no findings, and what is changed in it has one."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from growth import MOST, growth
from kpl.inputs.dumps.nft import parse_nft
from kpl.proxy.dumps.release_traits import bounds, nft_traits
from kpl.proxy.nft.facts import chains_reached_from_hook, is_whole, mark_tested
from kpl.proxy.nft.names import endpoint_name, read_name, service_name
from kpl.proxy.nft.states import node_states
from kpl_rules.dataplane._nft import LOOPBACK, NEW, OLD, cut
from support import SHARED, run, underlined

CORPUS = SHARED / "corpus"
HEALTHY = sorted(
    path
    for pattern in ("proxier/1.*/*.nft", "proxier/1.*/*.nft.json", "proxier/1.*/*.nft.gz", "dumps/*nft*.txt")
    for path in CORPUS.glob(pattern)
)


def codes(name: str, text: str | bytes) -> set[str]:
    return {finding.code for finding in run({name: text}, ("ALL",)).findings}


@pytest.mark.skipif(not HEALTHY, reason="needs ../shared")
@pytest.mark.parametrize("path", HEALTHY, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_healthy_node_has_no_finding(path: Path) -> None:
    data = path.read_bytes()
    excerpt = path.name.startswith("nft_") and not data.rstrip().endswith(b"\n}")
    found = {(finding.code, finding.severity.value) for finding in run({path.name: data}).findings}
    assert found == ({("KPL480", "info")} if excerpt else set())


@pytest.mark.parametrize("rejected", ["udp", "tcp"])
def test_what_1_38_writes_for_node_ports_on_loopback_has_no_finding(rejected: str) -> None:
    """As kube-proxy 1.38.0-beta.0 programmed it; without `tcp` among the rejected ones it answers there itself."""
    added = LOOPBACK.replace("udp", rejected)
    added = f"\tcounter localhost-nodeport-rejected-{rejected} {{\n\t\tpackets 0 bytes 0\n\t}}\n\n{added}"
    element = f"\t\telements = {{ {rejected} . 30080 : goto localhost-nodeport-reject-{rejected} }}\n\t}}\n"
    added = added.replace('kube-proxy"\n\t}\n', f'kube-proxy"\n{element}')
    text = NEW.replace("\tchain services {", f"{added}\tchain services {{")
    text = text.replace(
        "hook input priority filter; policy accept;\n",
        "hook input priority filter; policy accept;\n\t\tct state new jump nodeport-endpoints-check\n",
    )
    assert codes("node.nft", text) == codes("node.nft", NEW) == set()
    table = parse_nft(text).tables[0]
    assert len(table.maps["localhost-nodeport-reject-ports"].elements) == 1
    assert bounds(nft_traits(table))[0] == "1.37"
    assert node_states(parse_nft(text)) == node_states(parse_nft(NEW))
    unhooked = text.replace("\t\tct state new jump nodeport-endpoints-check\n", "")
    assert codes("node.nft", unhooked) == {"KPL493"}


@pytest.mark.parametrize(("text", "old"), [(NEW, False), (OLD, True)], ids=["new", "old"])
def test_what_is_changed_in_a_small_dump_is_found(text: str, old: bool) -> None:
    assert [is_whole(table) for table in parse_nft(text).tables] == [True]
    assert codes("node.nft", text) == set()
    assert codes("node.nft", text.replace("mod 2", "mod 3")) == {"KPL440"}
    assert codes("node.nft", text.replace(cut(text, "service-KHN6ECMT-shop/web/tcp/http"), "")) == {"KPL441"}
    elsewhere = text.replace("dnat to 10.244.1.7:8080", "dnat to 10.244.1.7:80")
    assert codes("node.nft", elsewhere) == ({"KPL444"} if old else set())
    assert codes("node.nft", text.replace("shop/web", "shop/wob")) == {"KPL446"}
    assert codes("node.nft", text.replace("jump masquerading", "drop")) == {"KPL445"}


def test_of_many_places_that_lead_nowhere_three_are_shown() -> None:
    lost = cut(NEW, "service-endpoints-check")
    jump = "\t\tct state new jump service-endpoints-check\n"
    text = NEW.replace(lost, "").replace(jump, jump * 2, 2)
    (finding,) = run({"node.nft": text}, ("KPL441",)).findings
    assert "5 places lead to it" in finding.message
    assert len(finding.related) == 3


@pytest.mark.skipif(not HEALTHY, reason="needs ../shared")
def test_real_tables_are_whole() -> None:
    for path in (CORPUS / "proxier").glob("1.*/*.nft"):
        if ".transaction." not in path.name:
            assert [is_whole(table) for table in parse_nft(path.read_text()).tables] == [True, True]


def _without_chain(text: str, chain: str, is_json: bool) -> str:
    if not is_json:
        return text.replace(cut(text, chain), "")
    objects = json.loads(text)["nftables"]
    of_chain = {"chain": "name", "rule": "chain"}
    kept = [
        each for each in objects if not any(each.get(kind, {}).get(name) == chain for kind, name in of_chain.items())
    ]
    return json.dumps({"nftables": kept})


@pytest.mark.skipif(not HEALTHY, reason="needs ../shared")
@pytest.mark.parametrize(
    "path",
    [path for path in HEALTHY if path.name in ("09-externalips-protocols.nft", "09-externalips-protocols.nft.json")],
    ids=str,
)
def test_what_is_changed_in_a_real_dump_is_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    old = int(path.parent.name[2:]) < 36
    is_json = path.suffix == ".json"
    chain = "service-X6DAZDDJ-multi/a/tcp/http"
    assert codes(path.name, re.sub(r'mod(":)? 2', r"mod\1 3", text, count=1)) == {"KPL440"}
    assert codes(path.name, _without_chain(text, chain, is_json)) == {"KPL441"}
    if old:
        there = '"port": 8080' if is_json else "dnat to 10.244.1.10:8080"
        elsewhere = '"port": 80' if is_json else "dnat to 10.244.1.10:80"
        assert codes(path.name, text.replace(there, elsewhere, 1)) == {"KPL444"}
    assert codes(path.name, text.replace("X6DAZDDJ-multi/a", "X6DAZDDJ-multi/z")) == {"KPL446"}
    jump = '{"jump": {"target": "masquerading"}}' if is_json else "jump masquerading"
    assert codes(path.name, text.replace(jump, '{"drop": null}' if is_json else "drop", 1)) == {"KPL445"}


SCRIPT = """\
#!/usr/sbin/nft -f
flush ruleset
define lan = { 10.0.0.0/8, 192.168.0.0/16 }

table inet filter {
  set seen { type ipv4_addr; flags dynamic; }
  set ports {
    type inet_service; elements = { 22, 80 }
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state vmap {
      established : accept,
      related : accept
    }
    ip saddr $lan tcp dport { 22, 80 } \\
      accept comment "lan"
    numgen random mod 4 vmap { 0 : goto nowhere }
    meta mark set meta mark | 0x4000 goto nowhere
  }
}
include "/etc/nftables.d/*.nft"
"""


@pytest.mark.parametrize("name", ["firewall.nft", "<stdin>"])
def test_a_script_of_somebody_else_has_no_finding(name: str) -> None:
    assert codes(name, SCRIPT) == set()
    # beside a table of kube-proxy too
    assert codes(name, NEW + SCRIPT) == {"KPL447"}


@pytest.mark.parametrize(
    ("rule", "bits"),
    [
        ("meta mark & 0x00004000 == 0x00000000 return", 0x4000),
        ("meta mark 0x00000000/1 return", 0x80000000),
        ("meta mark != 0x80000000/2 return", 0xC0000000),
        ("meta mark 0x00004000 return", None),
        ("ct mark 0x00000000/1 return", None),
        ("ip saddr 10.0.0.0/8 return", None),
    ],
)
def test_the_bits_of_the_mark_that_a_rule_looks_at(rule: str, bits: int | None) -> None:
    (table,) = parse_nft(f"table ip t {{\n\tchain c {{\n\t\t{rule}\n\t}}\n}}\n").tables
    assert mark_tested(table.chains["c"].rules[0]) == bits


def test_a_dump_of_several_nodes() -> None:
    text = NEW + OLD + OLD.replace("mod 2", "mod 4")
    (finding,) = run({"nodes.nft": text}, ("ALL",)).findings
    assert (finding.code, underlined(finding), finding.span.start > len(NEW + OLD)) == ("KPL440", "4", True)


def test_chains_in_circles() -> None:
    circle = "\tchain a {\n\t\tjump b\n\t}\n\n\tchain b {\n\t\tgoto a\n\t}\n}\n"
    text = NEW.removesuffix("}\n") + circle
    (table,) = parse_nft(text.replace("\t\tjump services\n", "\t\tjump a\n\t\tjump services\n")).tables
    assert chains_reached_from_hook(table, "nat", "prerouting") >= {"a", "b", "services"}
    assert codes("node.nft", text) == set()


def test_names() -> None:
    long = "a" * 63
    assert service_name("service", "default/kubernetes:https", "TCP") == "service-2QRHZV4L-default/kubernetes/tcp/https"
    assert service_name("external", "default/nginx", "UDP").endswith("-default/nginx/udp/")
    name = read_name(endpoint_name("endpoint", "a/b:c", "SCTP", "fd00::7", 80))
    assert name is not None
    assert (name.port_name, name.protocol, name.address, name.port, name.is_consistent) == (
        "a/b:c",
        "SCTP",
        "fd00::7",
        80,
        True,
    )
    cut_off = endpoint_name(
        "affinity", f"{long}/{long}:{long}", "TCP", "fd00:1111:2222:3333:4444:5555:6666:7777", 65535
    )
    assert len(cut_off) == len("affinity-") + 240
    assert cut_off.endswith("...")
    assert read_name(cut_off) is None
    unnamed = read_name("external-P6J77WGM-riset/hellopod-np-svc/tcp/")
    assert unnamed is not None
    assert (unnamed.port_name, unnamed.is_consistent) == ("riset/hellopod-np-svc", True)


@pytest.mark.parametrize("name", ["services", "service-x", "firewall-check", "service-2QRHZV4L-a/b/icmp/c", ""])
def test_names_of_others(name: str) -> None:
    assert read_name(name) is None


def _hostile(number: int) -> str:
    elements = ", ".join(
        f"10.{each >> 16}.{each >> 8 & 255}.{each & 255} . tcp . 80 : goto external-X" for each in range(number)
    )
    circles = "".join(f"\tchain c{each} {{\n\t\tjump c{each + 1}\n\t\tgoto c0\n\t}}\n" for each in range(number))
    return (
        NEW.removesuffix("}\n").replace("elements = { 10.96.0.1 . tcp", f"elements = {{ {elements}, 10.96.0.1 . tcp")
        + circles
        + "}\n"
    )


def test_a_hostile_table_is_linear() -> None:
    def work(text: str) -> None:
        run({"node.nft": gzip.compress(text.encode())}, ("ALL",))
        node_states(parse_nft(text))

    assert growth(work, _hostile, 1_000) < MOST


_ELEMENT = re.compile(r"(?<=[{,])\s+(?:ip[^,}]*|[\w.]+) \. [^,}]+ : [^,}]+(?=[,}])")


@pytest.mark.parametrize("text", [NEW, OLD])
def test_an_element_that_is_missing_is_found(text: str) -> None:
    maps, _, chains = text.partition("\tchain ")
    assert len(_ELEMENT.findall(maps)) == 4
    for element in _ELEMENT.finditer(maps):
        start, end = element.span()
        end += maps[end] == ","
        assert codes("node.nft", f"{maps[:start]} {maps[end:]}\tchain {chains}") == {"KPL481"}, element[0]


def test_a_lost_element_of_cluster_dns_comes_first() -> None:
    name = service_name("service", "kube-system/kube-dns:dns", "UDP")
    there = f"\tchain {name} {{\n\t\tmeta l4proto udp dnat to 10.244.0.2:53\n\t}}\n\n\tchain masquerading"
    text = NEW.replace("\tchain masquerading", there).replace("\t\telements = { tcp . 30080", "\t\t# { tcp . 30080")
    of_dns, of_node_port = (each for each in run({"node.nft": text}).findings if each.code == "KPL481")
    assert (underlined(of_dns), of_dns.severity.value) == (name, "error")
    assert "the cluster IP of `kube-system/kube-dns:dns`" in of_dns.message
    assert "so connections to the NodePort and external addresses of `shop/web:http` fail" in of_node_port.message
    both = text.replace("10.96.0.7 . tcp . 80 : goto service-KHN6ECMT-shop/web/tcp/http", "10.96.0.9 . tcp . 9 : drop")
    (first, *_) = (each for each in run({"node.nft": both}).findings if each.code == "KPL481")
    assert (underlined(first), "(and 1 more chain)" in first.message) == (name, True)


@pytest.mark.parametrize("text", [NEW, OLD])
def test_a_table_without_elements_was_printed_tersely(text: str) -> None:
    assert codes("node.nft", re.sub(r"\t\telements = {[^}]*}\n", "", text)) == set()


@pytest.mark.parametrize(("text", "missed"), [(NEW, ["ip daddr @cluster-ips ip saddr != 10.244.0.0/16"]), (OLD, [])])
def test_a_rule_that_is_missing_is_found(text: str, missed: list[str]) -> None:
    """But for the masquerading from 1.36 on: a configuration that cannot tell pods from others has none."""
    lines = text.split("\n")
    bodies = [cut(text, name).split("\n")[1:-2] for name in re.findall(r"\tchain (\S+) {", text)]
    rules = [rule for body in bodies for rule in body if not rule.strip().startswith("type ")]
    assert len(rules) > 15
    silent = []
    for rule in dict.fromkeys(rules):
        at = lines.index(rule)
        if not codes("node.nft", "\n".join([*lines[:at], *lines[at + 1 :]])):
            silent.append(rule.strip())
    assert [rule[: len(known)] for rule, known in zip(silent, missed, strict=True)] == missed
