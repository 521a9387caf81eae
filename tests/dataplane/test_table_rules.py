"""The rules on ipvsadm's, ipset's and conntrack's dumps, where the examples of the rules do not reach."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.facts import Facts
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from support import SHARED, readings, run, underlined

LISTED = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
"""
PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"


def found(files: dict[str, str], **known: str) -> list[tuple[str, str]]:
    return [(each.code, underlined(each)) for each in run(files, known=known).findings]


def dns(number: int, *, to: str = "10.96.0.10", pod: str = "10.244.1.2", flag: str = "", first: int = 40000) -> str:
    return "".join(
        f"udp      17 9 src=10.244.1.5 dst={to} sport={port} dport=53 {flag}src={pod} dst=10.244.1.5 sport=53 dport={port} mark=0 use=1\n"
        for port in range(first, first + number)
    )


def test_several_empty_virtual_servers_are_one_finding() -> None:
    text = LISTED + "TCP  10.96.0.7:80 rr\nTCP  10.96.0.8:80 rr\nUDP  10.96.0.9:53 rr\n"
    (finding,) = run({"node.ipvs": text}).findings
    assert finding.message.startswith("`TCP 10.96.0.7:80` and 2 more have no real server")
    assert [text[slice(*each.span)] for each in finding.related] == ["TCP  10.96.0.8:80 rr", "UDP  10.96.0.9:53 rr"]


def test_comments_silence_a_rule() -> None:
    for lines in (
        "TCP  10.96.0.7:80 rr # kpl: ignore[KPL450] scaled to zero\n",
        "# kpl: ignore[KPL450]\nTCP  10.96.0.7:80 rr\n",
    ):
        result = run({"node.ipvs": LISTED + lines})
        assert (result.findings, result.silenced) == ([], 1)
    line = "cpu=0 found=0 invalid=0 insert=0 insert_failed=5000 drop=5000 {}\n"
    assert run({"node.conntrack": line.format("# kpl: ignore[conntrack-insert-failed]")}).silenced == 1
    text = "nameserver 10.96.0.10\noptions ndots=2 # kpl: ignore[resolver-option-unknown]\n"
    assert (found({"resolv.conf": text}), run({"resolv.conf": text}).silenced) == ([], 1)


def test_each_listing_of_a_file_is_looked_at() -> None:
    text = LISTED + "TCP  10.96.0.7:80 rr\n"
    assert found({"node.ipvs": text * 2}) == [("KPL450", "TCP  10.96.0.7:80 rr")] * 2


def test_statistics_show_no_weights_to_judge() -> None:
    text = (
        "IP Virtual Server version 1.2.1 (size=4096)\n"
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n"
        "TCP  10.96.0.7:443                     12       34       56       78       90\n"
        "  -> 10.244.1.5:8443                    0        0        0        0        0\n"
    )
    assert found({"node.ipvs": text}) == []


def test_counters_of_old_tools_are_judged() -> None:
    text = "entries\t\t\t812\nsearched\t\t99000000\nnew\t\t\t{new}\ninsert_failed\t\t4000\ndrop\t\t\t4000\n"
    assert found({"node.conntrack": text.format(new=900_000)}) == [("KPL460", "insert_failed\t\t4000")]
    # one in a hundred thousand
    assert found({"node.conntrack": text.format(new=400_000_000)}) == []


def test_entries_refused_for_their_chain_are_no_clash() -> None:
    line = "cpu=0   \tfound=0 invalid=0 insert=0 insert_failed=5000 drop=0 early_drop=0 error=0 search_restart=0 clash_resolve=0 chaintoolong={} \n"
    assert found({"node.conntrack": line.format(4900)}) == []
    assert found({"node.conntrack": line.format(0)}) == [("KPL460", "insert_failed=5000")]


@pytest.mark.parametrize(
    ("setting", "cpus", "version", "expected"),
    [
        ("", 4, {}, True),
        ("", 8, {}, False),
        ("conntrack: {maxPerCore: 0}\n", 4, {}, False),
        ("conntrack: {maxPerCore: 1000, min: 130000}\n", 4, {}, True),
        ("conntrack: {maxPerCore: 1000, min: 400000}\n", 4, {}, False),
        # 64 times 32,768 is more than kube-proxy sets from 1.36 on
        ("", 64, {"kubernetes": "1.36"}, False),
    ],
)
def test_the_limit_that_kube_proxy_sets(setting: str, cpus: int, version: dict[str, str], expected: bool) -> None:
    text = "entries  clashres found new invalid\n" + "0001f400  00000000 00000000 00000000 00000000\n" * cpus
    codes = [code for code, _ in found({"nf_conntrack": text, "config.yaml": PROXY + setting}, **version)]
    assert ("KPL462" in codes) is expected


def test_kube_proxy_stops_at_a_million_entries() -> None:
    text = "entries  clashres found new invalid\n" + "000f0000  00000000 00000000 00000000 00000000\n" * 64
    files = {"nf_conntrack": text, "config.yaml": PROXY}
    assert found(files, kubernetes="1.36") == [("KPL462", "000f0000")]
    assert found(files, kubernetes="1.35") == []


def test_the_servers_of_unanswered_queries_are_told() -> None:
    text = dns(30, pod="10.244.3.8", flag="[UNREPLIED] ") + dns(9, first=50000)
    (finding,) = run({"node.conntrack": text}).findings
    assert "`10.96.0.10` (translated to `10.244.3.8`) has not answered 30 of 39 DNS queries over UDP" in finding.message


def test_an_answered_protocol_does_not_hide_the_other() -> None:
    tcp = "".join(line.replace("udp      17 9", "tcp      6 99 ESTABLISHED") + "\n" for line in dns(200).splitlines())
    assert [code for code, _ in found({"node.conntrack": tcp + dns(30, flag="[UNREPLIED] ")})] == ["KPL463"]


def test_a_moment_without_rules_is_no_finding() -> None:
    assert found({"node.conntrack": dns(50) + dns(4, pod="10.96.0.10", flag="[UNREPLIED] ", first=50000)}) == []


def test_options_change_the_thresholds() -> None:
    text = dns(50) + dns(4, pod="10.96.0.10", flag="[UNREPLIED] ", first=50000)
    settings = Settings(facts=Facts(), options={"dns-entry-not-translated": {"entries": 4}})
    assert [each.code for each in lint(readings({"node.conntrack": text}), settings).findings] == ["KPL464"]


def test_a_large_table_is_read_in_one_go() -> None:
    text = dns(20_000, first=20_000) * 5
    assert found({"node.conntrack": text}) == []


# made like the dumps of real nodes
QUIET_NODE = """\
## conntrack -L
tcp      6 431998 ESTABLISHED src=10.244.1.9 dst=10.96.0.1 sport=51000 dport=443 src=192.0.2.10 dst=10.244.1.9 sport=6443 dport=51000 [ASSURED] mark=0 use=1
udp      17 12 src=10.244.1.9 dst=10.96.0.10 sport=33000 dport=53 src=10.244.2.7 dst=10.244.1.9 sport=53 dport=33000 [ASSURED] mark=0 use=1
udp      17 3 src=10.244.1.9 dst=10.96.0.10 sport=33002 dport=53 [UNREPLIED] src=10.244.2.7 dst=10.244.1.9 sport=53 dport=33002 mark=0 use=1
## stderr
conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.
## conntrack -S
cpu=0   \tfound=0 invalid=685 ignore=11379 insert=0 insert_failed=0 drop=0 early_drop=0 error=677 search_restart=3
cpu=1   \tfound=0 invalid=39 ignore=10805 insert=0 insert_failed=0 drop=0 early_drop=0 error=39 search_restart=5
## /proc/net/stat/nf_conntrack
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00000003  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000
00000003  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000
## sysctl
net.netfilter.nf_conntrack_max = 131072
net.netfilter.nf_conntrack_count = 3
"""
SETS = """\
Name: KUBE-CLUSTER-IP
Type: hash:ip,port
Revision: 5
Header: family inet hashsize 1024 maxelem 65536
Size in memory: 640
References: 2
Number of entries: 2
Members:
10.96.0.10,udp:53
10.96.0.1,tcp:443

Name: KUBE-LOOP-BACK
Type: hash:ip,port,ip
Revision: 5
Header: family inet hashsize 1024 maxelem 65536
Size in memory: 896
References: 1
Number of entries: 1
Members:
10.244.2.7,udp:53,10.244.2.7

Name: KUBE-EXTERNAL-IP
Type: hash:ip,port
Revision: 5
Header: family inet hashsize 1024 maxelem 65536
Size in memory: 200
References: 0
Number of entries: 0
Members:
"""
SERVERS = (
    LISTED
    + """\
TCP  10.96.0.1:443 rr persistent 10800
  -> 192.0.2.10:6443              Masq    1      4          0
UDP  10.96.0.10:53 rr
  -> 10.244.1.2:53                Masq    1      0          7
  -> 10.244.2.7:53                Masq    1      0          3
"""
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("node.conntrack", QUIET_NODE, []),
        ("node.conntrack", QUIET_NODE.replace("nf_conntrack_max = 131072", "nf_conntrack_max = 3"), ["KPL462"]),
        ("node.ipset", SETS, []),
        ("node.ipvs", SERVERS, []),
        ("node.ipvs", SERVERS + "TCP  10.96.0.77:80 rr\n", ["KPL450"]),
    ],
)
def test_dumps_like_those_of_real_nodes(name: str, text: str, expected: list[str]) -> None:
    assert [code for code, _ in found({name: text})] == expected


@pytest.mark.skipif(not (SHARED / "corpus/dumps").is_dir(), reason="the corpus is not there")
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("ipvs_calico_2022-09-23.txt", []),
        ("ipvs_handbook_persistent.txt", []),
        ("ipvs_k8s_readme.txt", []),
        ("ipvs_kube_router.txt", []),
        ("ipvs_sdn_handbook.txt", []),
        ("ipvs_sealos_lvscare_weight0.txt", []),
        ("proc_net_ip_vs_node_exporter.txt", []),
        ("issues__ipvs_kk77077.txt", []),
        ("issues__ipvs_kk75262_no_realservers.txt", ["KPL450"]),
        ("generated__conntrack_all_forms.txt", []),
        ("issues__conntrack_S_k8sdns_480_2021.txt", []),
        ("issues__conntrack_S_rke2_3924_2023.txt", []),
        ("issues__conntrack_L_kk91216_timewait.txt", []),
        ("ipset_calico_2022-09-23.txt", []),
    ],
)
def test_real_dumps(name: str, codes: list[str]) -> None:
    text = (SHARED / "corpus/dumps" / name).read_text()
    assert [code for code, _ in found({name: text})] == codes


pieces = st.sampled_from(
    [
        "TCP  10.96.0.7:80 rr\n",
        "  -> 10.244.1.5:80 Masq 0 1 0\n",
        "  -> x\n",
        "FWM  7 rr\n",
        "IP Virtual Server version 1.2.1 (size=4096)\n",
    ]
    + [
        "Name: KUBE-CLUSTER-IP\nType: hash:ip,port\n",
        "Members:\n",
        "10.96.0.7,tcp:80\n",
        "create KUBE-CLUSTER-IP hash:ip,port\n",
    ]
    + [
        "cpu=0 found=0 insert_failed=9999 drop=99999 early_drop=9999\n",
        "cpu=1 found=\n",
        "entries  clashres found new invalid\n",
    ]
    + [
        "0001f400  00000000 00000000 00000000 00000000\n",
        "insert_failed 5000\n",
        "net.netfilter.nf_conntrack_max = 0\n",
    ]
    + [
        dns(25, flag="[UNREPLIED] "),
        dns(6, pod="10.96.0.10", flag="[UNREPLIED] "),
        dns(1),
        "udp 17 9 src=1 dst= dport=53 \n",
    ]
    + [
        "nameserver 10.0.0.1\n",
        "nameserver\n",
        " options x\n",
        "options ndots 5\n",
        "search\n",
        "\r",
        "# kpl: ignore[ALL]\n",
    ]
)


@given(st.lists(pieces))
def test_no_mixture_stops_a_rule(lines: list[str]) -> None:
    text = "".join(lines)
    run({"a/n.ipvs": text, "a/n.ipset": text, "n.conntrack": text, "resolv.conf": text, "c.yaml": PROXY}, ("ALL",))
