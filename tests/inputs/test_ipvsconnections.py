"""The table of the connections that IPVS forwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs.evidence.ipvsconnections import IpvsConnection, parse_ipvs_connections

TITLES = "IPVS connection entries\npro expire state       source             virtual            destination\n"
PERSISTENT = (
    "IPVS connection entries\n"
    "pro expire state       source             virtual            destination        pe name          pe_data\n"
)
KERNEL = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
IPV6 = "2001:0db8:0000:0000:0000:0000:0000:0005"


@pytest.mark.parametrize(
    ("text", "connection"),
    [
        (
            f"{TITLES}TCP 14:59  ESTABLISHED 10.244.1.5:40000   10.96.0.10:53      10.244.0.2:5353\n",
            IpvsConnection(
                "TCP", "ESTABLISHED", 899, "10.244.1.5", 40000, "10.96.0.10", 53, "10.244.0.2", 5353, None
            ),
        ),
        (
            f"{TITLES}IP  179:05 NONE        10.244.1.5:0       0.0.0.10:0         10.244.0.2:0\n",
            IpvsConnection("IP", "NONE", 10_745, "10.244.1.5", 0, "0.0.0.10", 0, "10.244.0.2", 0, None),
        ),
        (
            f"{TITLES}UDP 04:59  UDP         [2001:db8::5]:4000 [fd00::a]:53       [fd00:1::2]:53\n",
            IpvsConnection("UDP", "UDP", 299, "2001:db8::5", 4000, "fd00::a", 53, "fd00:1::2", 53, None),
        ),
        (
            f"{TITLES}TCP 00:01  ERR!        web-0.shop:40000   dns.example:domain 10.244.0.2:domain\n",
            IpvsConnection(
                "TCP", "ERR!", 1, "web-0.shop", 40000, "dns.example", None, "10.244.0.2", None, None
            ),
        ),
        (
            f"{PERSISTENT}UDP 04:59  UDP         10.244.1.5:5060    10.96.0.7:5060     10.244.0.2:5060    sip                a@b\n",
            IpvsConnection("UDP", "UDP", 299, "10.244.1.5", 5060, "10.96.0.7", 5060, "10.244.0.2", 5060, "sip"),
        ),
        (
            f"{KERNEL}TCP 0AF40105 9C40 0A60000A 0035 0AF40002 14E9 ESTABLISHED     899\n",
            IpvsConnection(
                "TCP", "ESTABLISHED", 899, "10.244.1.5", 40000, "10.96.0.10", 53, "10.244.0.2", 5353, None
            ),
        ),
        (
            f"{KERNEL}UDP {IPV6} 0FA0 {IPV6} 0035 0AF40002 0035 UDP             299 sip a@b\n",
            IpvsConnection("UDP", "UDP", 299, "2001:db8::5", 4000, "2001:db8::5", 53, "10.244.0.2", 53, "sip"),
        ),
    ],
)  # fmt: skip
def test_an_entry(text: str, connection: IpvsConnection) -> None:
    found = parse_ipvs_connections(text)
    assert (found.unread, len(found.offsets)) == ([], 1)
    assert found.connection(0) == connection
    assert text[slice(*found.span(found.offsets[0]))] == text.splitlines()[-1]


def test_what_is_none_is_unread() -> None:
    lines = [
        "TCP 14:59  ESTABLISHED 10.244.1.5:40000   10.96.0.10:53\n",
        "TCP 14:59  established 10.244.1.5:40000   10.96.0.10:53      10.244.0.2:53\n",
        "TCP  10.96.0.10:53 rr\n",
        "TCP 0AF40105 9C40 0A60000A 0035 0AF40002 ESTABLISHED     899\n",
        f"TCP 14:59 {'A' * 70_000} a:1 b:2 c:3\n",
    ]
    found = parse_ipvs_connections("".join(lines))
    assert (found.offsets, len(found.unread)) == ([], len(lines))


def test_a_line_that_is_cut_is_unread() -> None:
    entry = "TCP 14:59  ESTABLISHED 10.244.1.5:40000   10.96.0.10:53      10.244.0.2:5353"
    found = parse_ipvs_connections(f"{entry}\r\n{entry[:-2]}")
    assert (found.offsets, found.unread) == ([0], [len(entry) + 2])


@given(st.text(alphabet="TCPUDIN \t\n\r:.[]09afAF!#-", max_size=200) | st.text())
def test_any_text_is_read(text: str) -> None:
    found = parse_ipvs_connections(TITLES + text)
    for row in range(len(found.offsets)):
        found.connection(row)
