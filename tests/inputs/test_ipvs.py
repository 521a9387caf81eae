from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.golang.net import parse_ip
from kpl.golang.netip import address_text
from kpl.inputs.dumps.ipvs import IpvsDump, RealServer, VirtualServer, parse_ipvs
from support import SHARED

LISTED = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
"""
KERNELS = LISTED.replace("Port           Forward", "Port Forward")
SHOP = (
    LISTED
    + """\
TCP  10.96.0.7:443 rr persistent 10800
  -> 10.244.1.5:8443              Masq    1      3          12
  -> 10.244.2.9:8443              Masq    0      1          0
UDP  [fd00::a]:53 wrr persistent 300 mask 255.255.0.0 ops
FWM  7 IPv6 mh (mh-fallback,mh-port)
  -> [fd00::1:5]:53               Tunnel  1      0          0
"""
)


def only(text: str) -> VirtualServer:
    (server,) = parse_ipvs(text).servers()
    return server


def test_a_listing() -> None:
    dump = parse_ipvs(SHOP)
    (table,) = dump.tables
    web, dns, mark = table.servers
    assert (web.protocol, web.address, web.port, web.scheduler, web.persistent) == (
        "TCP",
        "10.96.0.7",
        443,
        "rr",
        10800,
    )
    assert [real[:6] for real in web.real_servers] == [
        ("10.244.1.5", 8443, "Masq", 1, 3, 12),
        ("10.244.2.9", 8443, "Masq", 0, 1, 0),
    ]
    assert SHOP[slice(*dump.span(web.start))] == "TCP  10.96.0.7:443 rr persistent 10800"
    assert SHOP[slice(*dump.span(web.real_servers[1].start))].startswith("-> 10.244.2.9:8443")
    assert (dns.address, dns.port, dns.persistent, dns.mask, dns.flags) == ("fd00::a", 53, 300, "255.255.0.0", ("ops",))
    assert (mark.protocol, mark.address, mark.port, mark.flags) == ("FWM", "7", None, ("(mh-fallback,mh-port)",))
    assert mark.real_servers[0][:3] == ("fd00::1:5", 53, "Tunnel")
    assert dump.unread == []


def test_the_kernels_own_file_has_hexadecimal_addresses() -> None:
    dump = parse_ipvs(
        KERNELS
        + "TCP  0A60000A:0035 rr persistent 10800 FFFFFFFF\n  -> 0AF40105:0035      Masq    1      0          0\n"
        + "UDP  [fd00:0000:0000:0000:0000:0000:0000:000a]:0035 rr ops\n"
        + "  -> [fd00:0000:0000:0000:0000:0000:0001:0005]:1F90      Masq    1      0          0\n"
    )
    four, six = dump.servers()
    assert (four.address, four.port, four.persistent, four.mask) == ("10.96.0.10", 53, 10800, "FFFFFFFF")
    assert four.real_servers[0][:2] == ("10.244.1.5", 53)
    assert (six.address, six.port, six.flags) == ("fd00::a", 53, ("ops",))
    assert six.real_servers[0][:2] == ("fd00::1:5", 8080)
    assert dump.unread == []


def test_what_ipvsadm_saves() -> None:
    dump = parse_ipvs(
        "-A -t 10.96.0.7:443 -s rr -p 10800 -M 255.255.255.0\n"
        "-a -t 10.96.0.7:443 -r 10.244.1.5:8443 -m -w 1\n"
        "-A --udp-service [fd00::a]:53 --scheduler mh -b mh-port --persistent\n"
        "-A -f 7 -s wlc\n"
        "-a -f 7 -r 10.244.1.6:80 -i -w 0\n"
        "-a -t 10.96.0.99:80 -r 10.244.1.6:80 -m -w 1\n"
    )
    web, dns, mark = dump.servers()
    assert (web.scheduler, web.persistent, web.mask) == ("rr", 10800, "255.255.255.0")
    assert web.real_servers[0][:6] == ("10.244.1.5", 8443, "Masq", 1, None, None)
    assert (dns.protocol, dns.address, dns.persistent, dns.flags) == ("UDP", "fd00::a", 300, ("-b mh-port",))
    assert mark.real_servers[0][:4] == ("10.244.1.6", 80, "Tunnel", 0)
    assert [dump.text[at:].split()[2] for at in dump.unread] == ["10.96.0.99:80"]


def test_statistics_have_no_weights() -> None:
    dump = parse_ipvs(
        "IP Virtual Server version 1.2.1 (size=4096)\n"
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
        "  -> RemoteAddress:Port\n"
        "TCP  10.96.0.7:443                     12K       34       56    7890M       90\n"
        "  -> 10.244.1.5:8443                     12       34       56       78       90\n"
    )
    (table,) = dump.tables
    assert not table.shows_weights
    assert table.servers[0].scheduler is None
    assert table.servers[0].real_servers[0][:6] == ("10.244.1.5", 8443, None, None, None, None)
    assert dump.unread == []


def test_names_stay_as_they_are_written() -> None:
    server = only(
        LISTED + "TCP  front.shop.svc:https rr\n  -> node-1.example:6443          Masq    1      0          0\n"
    )
    assert (server.address, server.port, server.title) == ("front.shop.svc", None, "TCP front.shop.svc:https")
    assert server.real_servers[0][:2] == ("node-1.example", 6443)


def test_names_that_are_cut() -> None:
    dump = parse_ipvs(
        LISTED
        + "TCP  ip-10-45-0-1.eu-south-1.comp rr\n  -> master01:6443                Masq    1      5          19\n"
        + "UDP  ip-10-45-0-10.eu-south-1.com rr\n  -> ip-10-44-241-66.eu-south-1.c Masq    1      0          0\n"
    )
    api, dns = dump.servers()
    assert (api.address, api.port, api.real_servers[0][:2]) == (
        "ip-10-45-0-1.eu-south-1.comp",
        None,
        ("master01", 6443),
    )
    assert dns.real_servers[0][:4] == ("ip-10-44-241-66.eu-south-1.c", None, "Masq", 1)
    assert dump.unread == []


def test_a_broken_line_hides_no_other() -> None:
    real = "  -> 10.244.1.5:80              Masq    1      0          0\n"
    dump = parse_ipvs(
        f"{LISTED}TCP  10.96.0.7:80 rr\n{real}TCP  5 rr\n{real}TCP  foo: rr\nTCP  10.96.0.9:80 rr\n{real}"
    )
    assert [(server.address, len(server.real_servers)) for server in dump.servers()] == [
        ("10.96.0.7", 1),
        ("10.96.0.9", 1),
    ]
    assert len(dump.unread) == 3


def test_several_listings_follow_each_other() -> None:
    dump = parse_ipvs(SHOP + "\n" + LISTED + "TCP  10.96.0.1:443 rr\n" + "-A -t 10.96.0.1:443 -s rr\n")
    assert [len(table.servers) for table in dump.tables] == [3, 1, 1]


def test_a_line_of_something_else_is_unread() -> None:
    dump = parse_ipvs("$ ipvsadm -ln\n" + SHOP.replace("\n", "\r\n") + "...\n  -> nothing\n")
    assert [dump.text[slice(*dump.span(at))] for at in dump.unread] == ["$ ipvsadm -ln", "...", "-> nothing"]
    assert len(list(dump.servers())) == 3


REAL = "  -> 10.244.1.5:80              Masq    1      0          0\n"
TITLE = "Prot LocalAddress:Port Scheduler Flags\n"


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        # the title belongs to the header above it; without a header, or after servers, it begins a listing
        (LISTED + "TCP  10.0.0.1:80 rr\n", [(0, 1)]),
        (f"{TITLE}TCP  10.0.0.1:80 rr\n{TITLE}TCP  10.0.0.2:80 rr\n", [(0, 1), (len(TITLE) + 20, 1)]),
        (LISTED + LISTED, [(0, 0), (len(LISTED), 0)]),
        ("TCP  10.0.0.1:80 rr\nTCP  10.0.0.2:80 rr\n", [(0, 2)]),
        (f"\n-A -t 10.0.0.1:80 -s rr\n-A -t 10.0.0.2:80 -s rr\n{TITLE}TCP  10.0.0.3:80 rr\n", [(1, 2), (49, 1)]),
        ("", []),
    ],
)
def test_where_a_listing_begins(text: str, tables: list[tuple[int, int]]) -> None:
    assert [(table.start, len(table.servers)) for table in parse_ipvs(text).tables] == tables


def test_real_servers_belong_to_the_server_above_them() -> None:
    text = f"{REAL}TCP  10.0.0.1:80 rr\n{REAL}{TITLE}{REAL}TCP  10.0.0.2 rr\n{REAL}-a -t 10.0.0.1:80 -r 10.0.0.5:80\nTCP  10.0.0.3:80 rr"
    dump = parse_ipvs(text)
    (server,) = dump.servers()
    assert [text[slice(*dump.span(real.start))] for real in server.real_servers] == [REAL.strip()]
    assert [text[slice(*dump.span(at))] for at in dump.unread] == [
        REAL.strip(),
        REAL.strip(),
        "TCP  10.0.0.2 rr",
        REAL.strip(),
        "-a -t 10.0.0.1:80 -r 10.0.0.5:80",
        "TCP  10.0.0.3:80 rr",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-> 10.0.0.1:65535 Masq 1 2 3", ("10.0.0.1", 65535, "Masq", 1, 2, 3)),
        ("-> 10.0.0.1:65536 Local 0 2 3", ("10.0.0.1", None, "Local", 0, 2, 3)),
        ("-> 10.0.0.1:domain Route 1 2", ("10.0.0.1", None, "Route", 1, 2, None)),
        ("-> [fd00:0::1]:80 Tunnel 1", ("fd00::1", 80, "Tunnel", 1, None, None)),
        ("-> [node]:80 Masq", ("node", 80, "Masq", None, None, None)),
        ("-> fd00::1:80 Masq 1 0 0", ("fd00::1", 80, "Masq", 1, 0, 0)),
    ],
)
def test_a_real_server(line: str, expected: tuple[object, ...]) -> None:
    (real,) = only(f"TCP  10.0.0.9:80 rr\n  {line}\n").real_servers
    assert real[:6] == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("TCP 10.0.0.1:80 rr", (None, None, ())),
        ("TCP 10.0.0.1:80 rr persistent 600 pe sip ops", (600, None, ("pe sip", "ops"))),
        ("TCP 10.0.0.1:80 rr persistent 600 FFFFFF00", (600, "FFFFFF00", ())),
        ("TCP 10.0.0.1:80 rr mask 255.255.255.0", (None, "255.255.255.0", ())),
        ("-A -t 10.0.0.1:80 -s rr -p", (300, None, ())),
        ("-A -t 10.0.0.1:80 -s rr -p 60 -o --pe sip", (60, None, ("-o", "--pe sip"))),
        ("-A -t 10.0.0.1:80 -s rr --persistent 70 --netmask 255.255.0.0", (70, "255.255.0.0", ())),
    ],
)
def test_what_a_virtual_server_does_with_its_clients(words: str, expected: tuple[object, ...]) -> None:
    server = only(f"{words}\n")
    assert (server.protocol, server.address, server.port, server.scheduler) == ("TCP", "10.0.0.1", 80, "rr")
    assert (server.persistent, server.mask, server.flags) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # ipvsadm(8): gatewaying and a weight of 1 are what it takes where nothing is said
        ("", ("Route", 1)),
        ("-g -w 0", ("Route", 0)),
        ("--gatewaying --weight 7", ("Route", 7)),
        ("-m", ("Masq", 1)),
        ("--masquerading", ("Masq", 1)),
        ("-i", ("Tunnel", 1)),
        ("--ipip -w 2", ("Tunnel", 2)),
    ],
)
@pytest.mark.parametrize(
    ("service", "protocol"),
    [
        ("-t 10.0.0.1:80", "TCP"),
        ("--tcp-service 10.0.0.1:80", "TCP"),
        ("-u 10.0.0.1:80", "UDP"),
        ("--udp-service 10.0.0.1:80", "UDP"),
        ("--sctp-service 10.0.0.1:80", "SCTP"),
        ("-f 7", "FWM"),
        ("--fwmark-service 7", "FWM"),
    ],
)
def test_what_is_saved_of_a_real_server(service: str, protocol: str, words: str, expected: tuple[str, int]) -> None:
    server = only(f"-A {service} -s rr\n-a {service} --real-server 10.0.0.5:8080 {words}\n")
    (real,) = server.real_servers
    assert (server.protocol, real.address, real.port) == (protocol, "10.0.0.5", 8080)
    assert (real.forwarding, real.weight) == expected


def test_saved_lines_that_name_no_server_are_unread() -> None:
    text = "-A -s rr\n-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -m\n-a -u 10.0.0.1:80 -r 10.0.0.5:80 -m\n-A -t\n"
    dump = parse_ipvs(text)
    assert [text[slice(*dump.span(at))] for at in dump.unread] == [
        "-A -s rr",
        "-a -t 10.0.0.1:80 -m",
        "-a -u 10.0.0.1:80 -r 10.0.0.5:80 -m",
        "-A -t",
    ]
    assert [len(server.real_servers) for server in dump.servers()] == [0]


def test_only_the_kernels_file_is_hexadecimal() -> None:
    hexadecimal = "TCP  0A00004D:0050 rr\n  -> 0A00004E:1F90      Masq 1 0 0\n"
    decimal = "TCP  cafe-01:8080 rr\n  -> 10.0.0.5:8080      Masq 1 0 0\n"
    dump = parse_ipvs(KERNELS + hexadecimal + LISTED + decimal + LISTED + hexadecimal)
    assert [(each.address, each.port, each.real_servers[0][:2]) for each in dump.servers()] == [
        ("10.0.0.77", 80, ("10.0.0.78", 8080)),
        ("cafe-01", 8080, ("10.0.0.5", 8080)),
        ("10.0.0.77", 80, ("10.0.0.78", 8080)),
    ]


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(lambda each: address_text(each.packed))
ports = st.integers(0, 65535)
counts = st.integers(0, 10**9)


@st.composite
def servers(draw: st.DrawFn) -> VirtualServer:
    address, port = draw(addresses), draw(ports)
    protocol = draw(st.sampled_from(["TCP", "UDP", "SCTP"]))
    persistent = draw(st.none() | st.integers(1, 10**6))
    return VirtualServer(
        protocol,
        address,
        port,
        written(address, port),
        0,
        draw(st.sampled_from(["rr", "wrr", "lc", "sed", "mh"])),
        persistent,
        draw(st.none() | st.just("255.255.255.0")) if persistent is not None else None,
        draw(st.sampled_from([(), ("ops",)])),
        [
            RealServer(draw(addresses), draw(ports), draw(st.sampled_from(["Masq", "Route", "Tunnel"])), draw(counts), draw(counts), draw(counts), 0)
            for _ in range(draw(st.integers(0, 3)))
        ],
    )  # fmt: skip


def written(address: str, port: int | None) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def listed(server: VirtualServer) -> str:
    words = [f"{server.protocol}  {server.written} {server.scheduler}"]
    words += [f"persistent {server.persistent}"] if server.persistent is not None else []
    words += [f"mask {server.mask}"] if server.mask is not None else []
    lines = [" ".join([*words, *server.flags])]
    for real in server.real_servers:
        place = written(real.address, real.port)
        lines.append(f"  -> {place:<28} {real.forwarding:<7} {real.weight:<6} {real.active:<10} {real.inactive:<10}")
    return "\n".join([*lines, ""])


def saved(server: VirtualServer) -> str:
    kind = {"TCP": "-t", "UDP": "-u", "SCTP": "--sctp-service"}[server.protocol]
    words = [f"-A {kind} {server.written} -s {server.scheduler}"]
    words += [f"-p {server.persistent}"] if server.persistent is not None else []
    words += [f"-M {server.mask}"] if server.mask is not None else []
    lines = [" ".join(words)]
    for real in server.real_servers:
        forwarding = {"Masq": "-m", "Route": "-g", "Tunnel": "-i"}[str(real.forwarding)]
        lines.append(f"-a {kind} {server.written} -r {written(real.address, real.port)} {forwarding} -w {real.weight}")
    return "\n".join([*lines, ""])


def hexadecimal(server: VirtualServer) -> str:
    def place(address: str, port: int | None) -> str:
        parsed = parse_ip(address)
        assert parsed is not None
        # the kernel writes all groups in hexadecimal, of an IPv4 address in IPv6's form, too
        text = parsed.hex().upper() if len(parsed) == 4 else f"[{parsed.hex(':', 2)}]"
        return f"{text}:{port:04X}"

    lines = [f"{server.protocol}  {place(server.address, server.port)} {server.scheduler} "]
    for real in server.real_servers:
        lines.append(
            f"  -> {place(real.address, real.port)}      {real.forwarding} {real.weight} {real.active} {real.inactive}"
        )
    return "\n".join([*lines, ""])


def without_places(server: VirtualServer, *, places: bool = True) -> tuple[object, ...]:
    reals = [real[: 6 if places else 4] for real in server.real_servers]
    return server.protocol, server.address, server.port, server.scheduler, server.persistent, server.mask, reals


@given(st.lists(servers(), max_size=4, unique_by=lambda each: (each.protocol, each.written)))
def test_what_is_printed_is_read(shop: list[VirtualServer]) -> None:
    found = parse_ipvs(LISTED + "".join(map(listed, shop)))
    assert [(without_places(each), each.flags) for each in found.servers()] == [
        (without_places(each), each.flags) for each in shop
    ]
    again = parse_ipvs("".join(map(saved, shop)))
    assert [without_places(each, places=False) for each in again.servers()] == [
        without_places(each, places=False) for each in shop
    ]
    kernels = parse_ipvs(KERNELS + "".join(map(hexadecimal, shop)))
    assert [(each.address, each.port, [real[:6] for real in each.real_servers]) for each in kernels.servers()] == [
        (each.address, each.port, [real[:6] for real in each.real_servers]) for each in shop
    ]
    assert not found.unread + again.unread + kernels.unread


def test_an_ipv4_address_in_the_form_of_ipv6_reads_alike_from_ipvsadm_and_from_the_kernel() -> None:
    listed = parse_ipvs(LISTED + "TCP  [::ffff:10.96.0.10]:53 rr\n")
    kernels = parse_ipvs(KERNELS + "TCP  [0000:0000:0000:0000:0000:FFFF:0A60:000A]:0035 rr \n")
    places = [(each.address, each.port) for dump in (listed, kernels) for each in dump.servers()]
    assert places == [("::ffff:10.96.0.10", 53)] * 2


pieces = st.sampled_from(["TCP ", "  -> ", "-A -t ", "-a -t ", "1.2.3.4:5", " rr", " persistent", " -r ", "\n", "\r\n", "[", "]:", " 1", "FWM", "0AF40105:0035", "é"])  # fmt: skip


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_no_text_is_refused(text: str) -> None:
    dump: IpvsDump = parse_ipvs(text)
    for server in dump.servers():
        assert server.written in text[slice(*dump.span(server.start))]


def test_each_line_of_a_listing_that_names_a_virtual_server_is_one() -> None:
    text = (
        f"{LISTED}TCP  10.96.0.1:443 rr\n  -> 192.0.2.10:6443              Masq    1      4          0         \n"
        "TCP  10.96.0.10:53 rr persistent 10800\nUDP  10.96.0.10:53 rr\n"
        "  -> 10.244.1.2:53                Masq    1      0          7         \n"
        "TCP  [fd00:96::a]:53 wlc\n  -> [fd00:244::2]:53             Tunnel  2      1          0         \n"
        "FWM  7 rr\n  -> 10.244.1.5:0                 Route   1      0          0         \n"
    )
    dump = parse_ipvs(text)
    assert [(each.protocol, each.address, each.port, len(each.real_servers)) for each in dump.servers()] == [
        ("TCP", "10.96.0.1", 443, 1),
        ("TCP", "10.96.0.10", 53, 0),
        ("UDP", "10.96.0.10", 53, 1),
        ("TCP", "fd00:96::a", 53, 1),
        ("FWM", "7", None, 1),
    ]
    assert dump.unread == []


@pytest.mark.skipif(not (SHARED / "corpus/dumps").is_dir(), reason="the corpus is not there")
@pytest.mark.parametrize("path", sorted((SHARED / "corpus/dumps").glob("*ipvs_*.txt")), ids=lambda path: path.name)
def test_real_listings(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text()
    if "*nat" in text:
        return
    dump = parse_ipvs(text)
    assert sum(1 for _ in dump.servers()) == sum(
        line.startswith(("TCP ", "UDP ", "FWM ")) for line in text.splitlines()
    )
