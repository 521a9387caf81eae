"""netip.ParseAddr and Addr.String; the expected texts are what Go 1.26 says."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.golang.netip import address_text, parse_addr, unmapped
from kpl.golang.values import GoError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3.4", ("01020304", "")),
        ("::", ("00000000000000000000000000000000", "")),
        ("::1", ("00000000000000000000000000000001", "")),
        ("1::", ("00010000000000000000000000000000", "")),
        ("1:2:3:4:5:6:7:8", ("00010002000300040005000600070008", "")),
        ("1:2::8", ("00010002000000000000000000000008", "")),
        ("fe80::1%eth0", ("fe800000000000000000000000000001", "eth0")),
        ("::%a", ("00000000000000000000000000000000", "a")),
        ("::ffff:1.2.3.4", ("00000000000000000000ffff01020304", "")),
        ("1:2:3:4:5:6:1.2.3.4", ("00010002000300040005000601020304", "")),
        ("2001:DB8::f%é", ("20010db800000000000000000000000f", "é")),
    ],
)
def test_addresses(text: str, expected: tuple[str, str]) -> None:
    address = parse_addr(text)
    assert (address.bytes.hex(), address.zone) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "unable to parse IP"),
        ("a", "unable to parse IP"),
        ("%a", "missing IPv6 address"),
        ("1.2.3", "IPv4 address too short"),
        ("1.2.3.4.5", "IPv4 address too long"),
        ("1.2.3.", 'IPv4 field must have at least one digit (at ".")'),
        ("..", 'IPv4 field must have at least one digit (at "..")'),
        ("1..2.3", 'IPv4 field must have at least one digit (at ".2.3")'),
        ("01.2.3.4", "IPv4 field has octet with leading zero"),
        ("256.2.3.4", "IPv4 field has value >255"),
        ("1.2.3.a", 'unexpected character (at "a")'),
        ("1.2.3.é", 'unexpected character (at "é")'),
        ("1.2.٣.4", 'unexpected character (at "٣.4")'),
        ("fe80::1%", "zone must be a non-empty string"),
        ("12345::", 'each group must have 4 or less digits (at "12345::")'),
        ("::g", 'each colon-separated field must have at least one digit (at "g")'),
        ("1:", 'colon must be followed by more characters (at ":")'),
        ("1::2::3", 'multiple :: in address (at ":3")'),
        ("1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'),
        ("1:2:3:4:5:6:7:8::", "the :: must expand to at least one field of zeros"),
        ("1:2:3:4:5:6:7::8", "the :: must expand to at least one field of zeros"),
        ("1:2:3:4:5:6:7", "address string too short"),
        ("1:2:3.4.5.6", 'embedded IPv4 address must replace the final 2 fields of the address (at "3.4.5.6")'),
        (
            "::1:2:3:4:5:6:7:1.2.3.4",
            'too many hex fields to fit an embedded IPv4 at the end of the address (at "1.2.3.4")',
        ),
        ("::1.2.3", "IPv4 address too short"),
        ("1:g", 'each colon-separated field must have at least one digit (at "g")'),
        ("1:2g", 'unexpected character, want colon (at "g")'),
    ],
)
def test_what_is_no_address(text: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_addr(text)
    assert str(caught.value) == f'ParseAddr("{text}"): {why}'


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("01020304", "1.2.3.4"),
        ("0" * 32, "::"),
        ("0" * 31 + "1", "::1"),
        ("0001" + "0" * 28, "1::"),
        ("20010db80000000000000000000000aF", "2001:db8::af"),
        ("00010002000300040005000600070008", "1:2:3:4:5:6:7:8"),
        ("00010000000300040005000600070008", "1:0:3:4:5:6:7:8"),
        ("00010000000000040005000000000008", "1::4:5:0:0:8"),
        ("00010000000000040000000000000008", "1:0:0:4::8"),
        ("00000000000000000000ffff01020304", "::ffff:1.2.3.4"),
        ("00000000000000000000ffff00000000", "::ffff:0.0.0.0"),
        ("00000000000000000000000001020304", "::102:304"),
        ("0064ff9b000000000000000001020304", "64:ff9b::102:304"),
    ],
)
def test_an_address_is_written_as_go_writes_it(address: str, text: str) -> None:
    """Whatever Python runs this: its ipaddress writes ``::ffff:1.2.3.4`` so since 3.13, and ``::ffff:102:304`` before."""
    assert address_text(bytes.fromhex(address)) == text
    assert parse_addr(text).bytes == bytes.fromhex(address)


@given(st.ip_addresses(v=6))
def test_other_addresses_are_written_as_python_does(address: ipaddress.IPv6Address) -> None:
    if address.ipv4_mapped is None:
        assert address_text(address.packed) == str(address)
        assert unmapped(address.packed) == address.packed
    else:
        assert unmapped(address.packed) == address.ipv4_mapped.packed
