from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs.detect import Detected, detect
from kpl.inputs.evidence.conntrack import Flow, parse_conntrack

DNS = (
    "udp      17 29 src=10.244.1.5 dst=10.96.0.10 sport=40001 dport=53 "
    "src=10.244.2.7 dst=10.244.1.5 sport=53 dport=40001 [ASSURED] mark=0 use=1\n"
)


def only(text: str) -> Flow:
    dump = parse_conntrack(text)
    assert (len(dump.offsets), dump.unread) == (1, [])
    return dump.flow(0)


def test_an_entry() -> None:
    flow = Flow("udp", None, False, True, "10.244.1.5", "10.96.0.10", 40001, 53, "10.244.2.7", "10.244.1.5", 53, 40001)
    assert only(DNS) == flow
    assert only("ipv4     2 " + DNS.replace(" use=", " zone=0 use=")) == flow
    counted = DNS.replace(" src=10.244.2.7", " packets=1 bytes=61 src=10.244.2.7")
    assert only(counted.replace(" mark", " [start=Tue Nov 24 12:00:01 2026] mark")) == flow


def test_states_and_protocols_without_ports() -> None:
    tcp = only(f"tcp      6 117 TIME_WAIT {DNS[DNS.index('src=') :]}")
    assert (tcp.protocol, tcp.state, tcp.assured) == ("tcp", "TIME_WAIT", True)
    icmp = only(
        "icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1\n"
    )
    assert (icmp.unreplied, icmp.source_port, icmp.reply_source) == (True, None, "10.0.0.2")
    offloaded = only(f"ipv4     2 tcp      6 {DNS[DNS.index('src=') :].replace('[ASSURED]', '[OFFLOAD]')}")
    assert (offloaded.state, offloaded.assured) == (None, False)


def test_counters_are_summed_over_the_cpus() -> None:
    text = (
        "cpu=0   \tfound=1 invalid=0 insert=0 insert_failed=2 drop=2 early_drop=0 error=0 search_restart=0 clash_resolve=5 chaintoolong=0 \n"
        "cpu=1   \tfound=1 invalid=0 insert=0 insert_failed=7 drop=7 early_drop=0 error=0 search_restart=0 clash_resolve=1 chaintoolong=0 \n"
    )
    (counters,) = parse_conntrack(text).counters
    assert (counters.cpus, counters.values["insert_failed"], counters.values["clash_resolve"]) == (2, 9, 6)
    assert text[slice(*counters.places["insert_failed"])] == "insert_failed=7"


def test_the_kernels_counters_are_hexadecimal() -> None:
    text = (
        "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new\n"
        "0000001f  00000002 00000000 00000000 00000000 00000000 00000000 00000000 00000000 0000000a 00000001 00000000 00000000  00000000\n"
        "0000001f  00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000010 00000000 00000000 00000000  00000000\n"
    )
    (counters,) = parse_conntrack(text).counters
    assert (counters.cpus, counters.values["entries"], counters.values["insert_failed"]) == (2, 31, 26)
    assert (counters.values["clash_resolve"], counters.values["error"]) == (3, 0)
    assert text[slice(*counters.places["insert_failed"])] == "00000010"


def test_one_counter_a_line() -> None:
    text = "entries         \t\t812\nsearched        \t\t99\ninsert_failed   \t\t4\n"
    (counters,) = parse_conntrack(text).counters
    assert (counters.cpus, counters.values) == (0, {"entries": 812, "searched": 99, "insert_failed": 4})
    assert text[slice(*counters.places["insert_failed"])] == "insert_failed   \t\t4"


def test_trailer_and_settings() -> None:
    dump = parse_conntrack(
        DNS
        + "conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n"
        + "net.netfilter.nf_conntrack_max = 131072\nnet.netfilter.nf_conntrack_count = 812\n"
    )
    assert dump.shown is not None
    assert dump.shown[0] == 1
    assert {name: value for name, (value, _) in dump.settings.items()} == {"max": 131072, "count": 812}
    assert dump.unread == []


def test_a_broken_entry_hides_no_other() -> None:
    dump = parse_conntrack(DNS.replace("src=10.244.1.5", "src=", 1) + DNS)
    assert (len(dump.offsets), dump.unread) == (1, [0])


def test_two_readings_are_two_counters() -> None:
    one = "cpu=0 found=0 invalid=0 insert=0 insert_failed=1 drop=1\n"
    dump = parse_conntrack(f"{one}\n{one}")
    assert [each.values["drop"] for each in dump.counters] == [1, 1]


# a node with two CPUs, as the tools print it one after the other
NODE = """\
## conntrack -L
tcp      6 431998 ESTABLISHED src=10.244.1.9 dst=10.96.0.1 sport=51000 dport=443 src=192.0.2.10 dst=10.244.1.9 sport=6443 dport=51000 [ASSURED] mark=0 use=1
udp      17 12 src=10.244.1.9 dst=10.96.0.10 sport=33000 dport=53 [UNREPLIED] src=10.244.2.7 dst=10.244.1.9 sport=53 dport=33000 mark=0 use=1
tcp      6 5 SYN_SENT src=10.244.1.9 dst=10.96.0.10 sport=33001 dport=53 [UNREPLIED] src=10.96.0.10 dst=10.244.1.9 sport=53 dport=33001 mark=0 use=1
icmp     1 29 src=10.244.1.9 dst=10.244.2.7 type=8 code=0 id=53 src=10.244.2.7 dst=10.244.1.9 type=0 code=0 id=53 mark=0 use=1
udp      17 12 src=10.244.1.9 dst=10.244.2.8 sport=53 dport=8053 [UNREPLIED] src=10.244.2.8 dst=10.244.1.9 sport=8053 dport=53 mark=0 use=1
## stderr
conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.
## conntrack -S
  cpu=0   \tfound=3 invalid=0 insert=0 insert_failed=4 drop=4 early_drop=0 error=0 search_restart=7 clash_resolve=0 chaintoolong=0
  cpu=1   \tfound=1 invalid=2 insert=0 insert_failed=4 drop=0 early_drop=0 error=0 search_restart=1 clash_resolve=0 chaintoolong=0
## conntrack -C
5
## /proc/net/stat/nf_conntrack
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00000005  00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000001 00000000 00000000  00000000 00000000 00000000 00000000
00000007  00000001 00000001 00000000 00000002 00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000006  00000000 00000000 00000000 00000000
## sysctl
net.netfilter.nf_conntrack_max = 262144
net.netfilter.nf_conntrack_buckets = 65536
net.ipv4.netfilter.ip_conntrack_count = 5
"""


def test_a_file_may_hold_all_that_the_kernel_tells() -> None:
    dump = parse_conntrack(NODE)
    assert [NODE[at:].partition("\n")[0] for at in dump.unread] == ["5"]
    assert [dump.flow(row).protocol for row in range(len(dump.offsets))] == ["tcp", "udp", "tcp", "icmp", "udp"]
    assert dump.shown is not None
    assert (dump.shown[0], NODE[slice(*dump.shown[1])]) == (
        5,
        "conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.",
    )
    assert {name: (value, NODE[slice(*span)]) for name, (value, span) in dump.settings.items()} == {
        "max": (262144, "net.netfilter.nf_conntrack_max = 262144"),
        "buckets": (65536, "net.netfilter.nf_conntrack_buckets = 65536"),
        "count": (5, "net.ipv4.netfilter.ip_conntrack_count = 5"),
    }
    tools, kernel = dump.counters
    assert NODE[tools.start :].startswith("cpu=0 ")
    assert NODE[kernel.start :].startswith("entries  clashres")
    assert (tools.cpus, tools.values["insert_failed"], tools.values["found"], "cpu" in tools.values) == (2, 8, 4, False)
    # of two that are alike the first one is shown
    failed = tools.places["insert_failed"]
    assert (NODE[slice(*failed)], failed.start) == ("insert_failed=4", NODE.index("insert_failed=4"))
    assert NODE[slice(*tools.places["search_restart"])] == "search_restart=7"
    # each line tells the entries of the whole table, and what the CPU itself counted
    assert (kernel.cpus, kernel.values["entries"], kernel.values["clash_resolve"], kernel.values["error"]) == (
        2,
        7,
        3,
        6,
    )
    assert NODE[slice(*kernel.places["clash_resolve"])] == "00000002"


def test_the_flows_to_port_53() -> None:
    dump = parse_conntrack(NODE)
    assert [row for row, _ in dump.dns_flows("udp")] == [1]
    assert [(row, flow.protocol, flow.reply_source) for row, flow in dump.dns_flows("udp", "tcp")] == [
        (1, "udp", "10.244.2.7"),
        (2, "tcp", "10.96.0.10"),
    ]
    assert list(dump.dns_flows("sctp")) == []
    assert NODE[slice(*dump.span(dump.offsets[1]))].startswith("udp      17 12 src=10.244.1.9 dst=10.96.0.10")


@pytest.mark.parametrize(
    ("text", "counters"),
    [
        # a comment, a blank line or another kind of line between them: two readings
        ("cpu=0 found=1 drop=1\n# again\ncpu=0 found=1 drop=2\n", [(1, 1), (1, 2)]),
        ("cpu=0 found=1 drop=1\n...\ncpu=0 found=1 drop=2\n", [(1, 1), (1, 2)]),
        ("cpu=0 found=1 drop=1\ndrop 4\ndrop 3\n", [(1, 1), (0, 7)]),
        ("entries  searched found drop\n00000001 00000000 00000000 00000003\n" * 2, [(1, 3), (1, 3)]),
        ("entries  searched found drop\n\n00000001 00000000 00000000 00000003\n", [(0, None), (1, 3)]),
        # a number with more digits than the kernel has bits for is none
        ("cpu=0 found=1 drop=123456789012345678901\n", [(1, None)]),
        ("cpu=0 found=1 drop=12345678901234567890\n", [(1, 12345678901234567890)]),
        ("cpu=0 found=1 drop=x\n", [(1, None)]),
        # rows without columns, and lines that are nothing
        ("00000001 00000000 00000000 00000003\n", []),
        ("entries 1 2\ncpu=x found=1\nconntrack v1.4.7 (conntrack-tools): 1 flow entries\n", []),
        ("net.netfilter.nf_conntrack_maximum = 1\n", []),
    ],
)
def test_lines_that_belong_together(text: str, counters: list[tuple[int, int | None]]) -> None:
    dump = parse_conntrack(text)
    assert [(each.cpus, each.values.get("drop")) for each in dump.counters] == counters
    assert (dump.shown, dump.settings) == (None, {})


def test_an_entry_whose_answer_is_not_told() -> None:
    flow = only(DNS[: DNS.index(" src=10.244.2.7")] + " [UNREPLIED]\n")
    assert flow == Flow("udp", None, True, False, "10.244.1.5", "10.96.0.10", 40001, 53, None, None, None, None)
    # the first port of each direction counts, and only what can be one
    assert only(DNS.replace("dport=53 ", "dport=53 dport=54 ", 1)).destination_port == 53
    assert only(DNS.replace("sport=40001", "sport=400010", 1)).source_port is None


def test_a_line_that_may_be_cut_off_is_not_read() -> None:
    dump = parse_conntrack(DNS + DNS[:-1])
    assert (len(dump.offsets), dump.unread) == (1, [len(DNS)])


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
ports = st.integers(0, 65535)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    protocol = draw(st.sampled_from(["udp", "tcp", "sctp"]))
    return Flow(
        protocol,
        None if protocol == "udp" else draw(st.sampled_from(["ESTABLISHED", "TIME_WAIT", "SYN_SENT"])),
        *draw(st.sampled_from([(True, False), (False, True), (False, False)])),
        draw(addresses),
        draw(addresses),
        draw(ports),
        draw(ports),
        draw(addresses),
        draw(addresses),
        draw(ports),
        draw(ports),
    )


def printed(flow: Flow, timeout: int, extended: bool) -> str:
    number = {"tcp": 6, "udp": 17, "sctp": 132}[flow.protocol]
    words = ["ipv4     2"] if extended else []
    words += [f"{flow.protocol:<8} {number} {timeout}", *([flow.state] if flow.state else [])]
    words += [f"src={flow.source} dst={flow.destination} sport={flow.source_port} dport={flow.destination_port}"]
    words += ["[UNREPLIED]"] if flow.unreplied else []
    words += [f"src={flow.reply_source} dst={flow.reply_destination}"]
    words += [f"sport={flow.reply_source_port} dport={flow.reply_destination_port}"]
    return " ".join([*words, *(["[ASSURED]"] if flow.assured else []), "mark=0 use=1\n"])


@given(st.lists(st.tuples(flows(), st.integers(0, 432000), st.booleans())))
def test_what_is_printed_is_read(wanted: list[tuple[Flow, int, bool]]) -> None:
    dump = parse_conntrack("".join(printed(*each) for each in wanted))
    assert [dump.flow(row) for row in range(len(dump.offsets))] == [each[0] for each in wanted]
    assert not dump.unread


names = st.sampled_from(["found", "invalid", "insert", "insert_failed", "drop", "early_drop", "error", "clash_resolve"])


@given(st.lists(st.dictionaries(names, st.integers(0, 2**32 - 1), min_size=1), min_size=1))
def test_printed_counters_are_read(cpus: list[dict[str, int]]) -> None:
    lines = (" ".join(f"{name}={value}" for name, value in each.items()) for each in cpus)
    (counters,) = parse_conntrack("".join(f"cpu={cpu}   \t{line} \n" for cpu, line in enumerate(lines))).counters
    total: dict[str, int] = {}
    for each in cpus:
        for name, value in each.items():
            total[name] = total.get(name, 0) + value
    assert (counters.cpus, counters.values) == (len(cpus), total)


pieces = st.sampled_from(["udp", " 17 ", " src=", "dst=", "1.2.3.4", " [UNREPLIED]", "\n", "cpu=0", " found=", "12", "entries", " found ", " clashres", "00000001 ", " [start=", "]", "insert_failed", "net.netfilter.nf_conntrack_max = ", "conntrack v1 (conntrack-tools): 1 flow entries"])  # fmt: skip


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_no_text_is_refused(text: str) -> None:
    dump = parse_conntrack(text)
    for row in range(len(dump.offsets)):
        dump.flow(row)


@pytest.mark.parametrize(
    "line", ["x" * 10_000_000, "udp 17 29 src=" * 700_000, "cpu=0 " * 1_600_000, "[start=" * 1_400_000]
)
def test_a_line_without_end_is_unread(line: str) -> None:
    dump: Any = parse_conntrack(f"{line}\n{DNS}")
    assert (len(dump.offsets), dump.unread) == (1, [0])


def test_the_number_of_entries_alone_is_detected() -> None:
    text = "net.netfilter.nf_conntrack_count = 812\nnet.netfilter.nf_conntrack_max = 131072\n"
    assert detect("sysctl.txt", text, named=False) == Detected("conntrack")
    # sysctl.conf
    assert detect("sysctl.txt", "net.netfilter.nf_conntrack_max = 131072\n", named=True) is None
