"""What a file is, by its name and by its content."""

from __future__ import annotations

import pytest

from kpl.inputs.detect import (
    COREFILE,
    DUMP,
    FRAGMENT,
    YAML,
    Detected,
    belongs_to_another,
    detect,
    kind_by_content,
    kind_by_name,
)
from kpl.inputs.document import STDIN_NAME
from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.inputs.evidence.listing import ListingReader

CONNTRACK, IPSET, IPVS, IPTABLES, LISTING = "conntrack", "ipset", "ipvsadm", "iptables-save", "iptables -L"
NFT, NFT_COMMANDS, NFT_JSON, RESOLV_CONF = "nft list ruleset", "nft -f", "nft -j list ruleset", "resolv.conf"
BLOCK = ".:53 {\n    errors\n    forward . 9.9.9.9\n}\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Corefile", COREFILE),
        ("corefile.tpl", COREFILE),
        ("Corefile.j2", COREFILE),
        ("Corefile.txt", COREFILE),
        ("COREFILE-prod", COREFILE),
        ("x.corefile", COREFILE),
        ("Corefile.corefile", COREFILE),
        ("Corefile.gz", COREFILE),
        ("Corefile.go", None),
        ("corefile.md", None),
        ("Corefile.PY", None),
        ("Corefile.yaml", YAML),
        ("x.corefile.JSON", YAML),
        ("Corefiles", None),
        ("mycorefile", None),
        ("a.server", COREFILE),
        ("a.override", FRAGMENT),
        ("a.override.bak", None),
        ("a.YML", YAML),
        ("a.yaml.gz", YAML),
        ("node.rules", DUMP),
        ("ip6tables-save", DUMP),
        ("RULES.V6", DUMP),
        ("nf_conntrack", DUMP),
        ("ipset", DUMP),
        ("a.conntrack", DUMP),
        ("resolv.conf", RESOLV_CONF),
        ("pod-resolv.conf", RESOLV_CONF),
        ("myresolv.conf", None),
        ("main.c", None),
    ],
)
def test_names(name: str, kind: str | None) -> None:
    assert kind_by_name(name) == kind


@pytest.mark.parametrize(
    ("name", "another"),
    [
        ("main.go", True),
        ("README.md", True),
        ("Caddyfile", True),
        ("prod.Caddyfile", True),
        ("my-dockerfile", True),
        ("coredns.5", True),
        ("notes.txt", False),
        ("node.conf", False),
        ("dns.tmpl", False),
        ("dns.j2", False),
        ("dns.erb", False),
        ("dns.gotmpl", False),
        ("whatever", False),
    ],
)
def test_names_of_other_programs(name: str, another: bool) -> None:
    assert belongs_to_another(name) is another


def only(kind: str, by_content: bool = False) -> Detected:
    return Detected(kind, by_content)


@pytest.mark.parametrize(
    ("name", "head", "found", "named"),
    [
        # by its name alone
        ("Corefile", "", only(COREFILE), only(COREFILE)),
        ("Corefile", "events {\n}\n", only(COREFILE), only(COREFILE)),
        ("corefile.5", '.TH "COREFILE" 5\n', None, None),
        ("Corefile", ".\\\" a manual page\n", None, None),
        ("Corefile", "'\\\" t\n", None, None),
        ("a.yaml", "", only(YAML), only(YAML)),
        # by both
        ("a.server", BLOCK, only(COREFILE), only(COREFILE)),
        ("a.server", "listen 80;\nlog on;\n", None, None),
        ("a.server", "log\nlisten 80;\n", None, None),
        ("a.server", "[Unit]\n", None, None),
        ("a.override", "log\n", only(FRAGMENT), only(FRAGMENT)),
        ("a.override", "[Unit]\n", None, None),
        ("a.json", ' {\n "nftables" : [', only(NFT_JSON), only(NFT_JSON)),
        ("a.nft", '{"nftables": [', only(NFT_JSON), only(NFT_JSON)),
        ("a.override", '{"nftables": [', None, None),
        ("resolv.conf", "search a.org\n", only(RESOLV_CONF), only(RESOLV_CONF)),
        ("resolv.conf", "hello\n", None, None),
        ("node.txt", "*nat\n", only(IPTABLES), only(IPTABLES)),
        ("node.txt", "hello\n", None, None),
        # by its content, where the user named it
        ("node", "*nat\n", None, only(IPTABLES, True)),
        ("node", '{"nftables": [', None, only(NFT_JSON, True)),
        ("10-node.conf", "*nat\n", None, only(IPTABLES, True)),
        ("node", "kind: Pod\n", None, only(YAML, True)),
        ("node", ' "apiVersion": v1\n', None, only(YAML, True)),
        ("node", "nameserver 10.0.0.1\n", None, only(RESOLV_CONF, True)),
        ("node", "search a.org\n", None, None),
        ("node", BLOCK, None, only(COREFILE, True)),
        ("node.j2", BLOCK, None, only(COREFILE, True)),
        ("node.unheardof", BLOCK, None, only(COREFILE, True)),
        # a text of a person may hold one: that is no file of CoreDNS
        ("node.txt", BLOCK, None, None),
        ("main.go", BLOCK, None, None),
        ("main.go", "*nat\n", None, None),
        ("node", "hello\n" + BLOCK, None, None),
        ("node", "import a.conf\n# why\n\n" + BLOCK, None, only(COREFILE, True)),
        # most lines of a Corefile's blocks are plugins
        ("node", ".:53 {\n    errors\n    what\n}\n", None, None),
        ("node", ".:53 {\n    errors\n    what\n    log {\n        x\n        y\n    }\n}\n", None, only(COREFILE, True)),
        ("node", ".:53 {\n    errors\n}\na.org {\n    x\n    y\n}\n", None, None),
        (STDIN_NAME, "hello\n" + BLOCK, None, only(COREFILE, True)),
        (STDIN_NAME, "events {\n    log on;\n}\n", None, None),
        (STDIN_NAME, "server {\n    listen 80\n}\nlog\n", None, only(COREFILE, True)),
        (STDIN_NAME, "log\nserver {\n    listen 80\n}\n", None, None),
    ],
)  # fmt: skip
def test_names_and_contents(name: str, head: str, found: Detected | None, named: Detected | None) -> None:
    assert detect(name, head, named=False) == found
    assert detect(name, head, named=True) == named


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("# Generated by iptables-save v1.8.7 on x", IPTABLES),
        ("# Generated by xtables-nft-multi v1.8.2", IPTABLES),
        ("# Generated by hand", None),
        ("  *mangle  ", IPTABLES),
        ("*nothing", None),
        ("[1:2] -A KUBE-SERVICES -j X", IPTABLES),
        ("-A INPUT -j X", None),
        ("add table ip kube-proxy", NFT_COMMANDS),
        ("add table ip6 kube-proxy { comment x ; }", NFT_COMMANDS),
        ("add table ip filter", None),
        ("table inet filter {", NFT),
        ("table filter {", None),
        ("chain service-ABCDEFGH-ns/name {", NFT),
        ("set cluster-ips {", NFT),
        ("set other {", None),
        ("IP Virtual Server version 1.2.1 (size=4096)", IPVS),
        ("Prot LocalAddress:Port Scheduler Flags", IPVS),
        ("-A -t 10.0.0.1:80 -s rr", IPVS),
        ("-A --fwmark-service 1 -s wlc -p 5", IPVS),
        ("TCP  10.0.0.1:80 rr", IPVS),
        ("TCP  10.0.0.1:80 rr persistent 10800", IPVS),
        ("TCP  10.0.0.1:80 is open", None),
        ("Name: A\nType: hash:ip", IPSET),
        ("Name: A\nType: person", None),
        ("create A bitmap:port range 0-9", IPSET),
        ("create table a", None),
        ("cpu=0 found=1 invalid=0", CONNTRACK),
        ("cpu=0 idle=1 x", None),
        ("entries  clashres found ", CONNTRACK),
        ("entries  7\nsearched 4", CONNTRACK),
        ("entries  7\nother 4", None),
        ("net.netfilter.nf_conntrack_count = 3", CONNTRACK),
        ("net.netfilter.nf_conntrack_max = 3", None),
        ("udp 17 29 src=10.0.0.1 dst=10.0.0.2 sport=1", CONNTRACK),
        ("ipv6 10 tcp 6 299 ESTABLISHED src=fd00::1 dst=fd00::2 sport=1", CONNTRACK),
        ("icmp 1 29 src=10.0.0.1 dst=10.0.0.2 type=8", CONNTRACK),
        ("Chain KUBE-SERVICES (2 references)", LISTING),
        ("Chain INPUT (policy ACCEPT)", None),
        (" 12 3K KUBE-SVC-ABC tcp -- any any", LISTING),
        ("KUBE-MARK-MASQ  all  --  10.0.0.0/8  anywhere", LISTING),
        ("KUBE-MARK-MASQ  is a chain", None),
    ],
)
def test_dumps(line: str, kind: str | None) -> None:
    assert kind_by_content(f"{line}\n") == kind_by_content(f"hello\n{line}\n") == kind
    assert kind_by_content(f"{line}\n".replace("\n", "\r\n")) == kind
    assert kind_by_content(f". {line}\n") is None


def test_a_listing_names_a_chain() -> None:
    for text in (
        "Chain INPUT\nChain KUBE-A (1 references)\nKUBE-B all -- x\n",
        "1 2 KUBE-A all -- x\nChain KUBE-B (1)\n",
    ):
        assert text[slice(*ListingReader().parse(text).chain)] == "KUBE-A"
    assert ListingReader().parse("hello\n").chain == (0, 0)
    assert parse_iptables_save("Chain KUBE-A (1 references)\n").tables == []
