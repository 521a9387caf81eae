"""Go's values; the expected texts are what Go 1.26 prints for them."""

from __future__ import annotations

import pytest

from kpl.golang.dnsname import fqdn, is_domain_name
from kpl.golang.net import parse_cidr, parse_ip, split_host_port
from kpl.golang.values import GoError, atoi, parse_bool, parse_duration, parse_uint, quote


@pytest.mark.parametrize(
    ("word", "number"), [("0", 0), ("+53", 53), ("-5", -5), ("053", 53), ("9223372036854775807", 2**63 - 1)]
)
def test_whole_numbers(word: str, number: int) -> None:
    assert atoi(word) == number


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", 'strconv.Atoi: parsing "": invalid syntax'),
        ("1_000", 'strconv.Atoi: parsing "1_000": invalid syntax'),
        ("٣", 'strconv.Atoi: parsing "٣": invalid syntax'),
        ("9223372036854775808", 'strconv.Atoi: parsing "9223372036854775808": value out of range'),
        ("9" * 5000, f'strconv.Atoi: parsing "{"9" * 5000}": value out of range'),
    ],
)
def test_what_is_no_whole_number(word: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        atoi(word)
    assert str(caught.value) == why


def test_unsigned_numbers_have_no_sign_and_an_end() -> None:
    assert parse_uint("4294967295", 32) == 2**32 - 1
    for word in ("+1", "-1", "4294967296", "²"):
        with pytest.raises(GoError):
            parse_uint(word, 32)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("5s", 5 * 10**9),
        ("1h30m", 5400 * 10**9),
        ("1.5s", 1_500_000_000),
        (".5ms", 500_000),
        ("-2µs", -2000),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("30", 'time: missing unit in duration "30"'),
        ("", 'time: invalid duration ""'),
        ("s", 'time: invalid duration "s"'),
        (".s", 'time: invalid duration ".s"'),
        ("3 s", 'time: unknown unit " s" in duration "3 s"'),
        ("1d", 'time: unknown unit "d" in duration "1d"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("3000000h", 'time: invalid duration "3000000h"'),
    ],
)
def test_what_is_no_duration(text: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_duration(text)
    assert str(caught.value) == why


def test_truth_values() -> None:
    assert parse_bool("T") is True
    assert parse_bool("False") is False
    with pytest.raises(GoError, match='parsing "yes": invalid syntax'):
        parse_bool("yes")


def test_quoting() -> None:
    assert quote('a"b\\\n\x00é\u200b') == '"a\\"b\\\\\\n\\x00é\\u200b"'


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("10.0.0.1", True),
        ("10.0.0.01", False),
        ("256.0.0.1", False),
        ("1.2.3", False),
        ("::", True),
        ("::1", True),
        ("1::", True),
        ("1:2:3:4:5:6:7:8", True),
        ("1:2:3:4:5:6:7::", True),
        ("1:2:3:4:5:6:7::8", False),
        ("::ffff:10.0.0.1", True),
        ("1::2::3", False),
        ("fe80::1%eth0", False),
        ("12345::", False),
        (":::", False),
        ("example.com", False),
    ],
)
def test_addresses(text: str, valid: bool) -> None:
    assert (parse_ip(text) is not None) is valid


def test_networks() -> None:
    assert parse_cidr("10.1.2.3/8") == (bytes([10, 0, 0, 0]), 8)
    assert parse_cidr("2001:db8::1/32") == (bytes([0x20, 1, 0x0D, 0xB8] + [0] * 12), 32)
    for text in ("10.0.0.0/33", "10.0.0.0", "10.0.0.0/", "10.0.0.0/+8", "a/8"):
        assert parse_cidr(text) is None


def test_host_and_port() -> None:
    assert split_host_port(":9153") == ("", "9153")
    assert split_host_port("[::1]:53") == ("::1", "53")
    for text, why in [
        ("9153", "address 9153: missing port in address"),
        ("::1", "address ::1: too many colons in address"),
        ("[::1]", "address [::1]: missing port in address"),
        ("[::1", "address [::1: missing ']' in address"),
    ]:
        with pytest.raises(GoError) as caught:
            split_host_port(text)
        assert str(caught.value) == why


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        (".", True),
        ("a.b", True),
        ("a..b", False),
        (".a", False),
        ("", False),
        ("x" * 63, True),
        ("x" * 64, False),
        ("{", True),
        ("a\\", False),
    ],
)
def test_domain_names(name: str, valid: bool) -> None:
    assert is_domain_name(name) is valid


def test_an_escaped_dot_ends_no_name() -> None:
    assert fqdn("a") == "a."
    assert fqdn("a.") == "a."
    assert fqdn("a\\.") == "a\\.."
    assert fqdn("a\\\\.") == "a\\\\."
