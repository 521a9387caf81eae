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
