"""Go's values; the expected texts are what Go 1.26 prints for them."""

from __future__ import annotations

import pytest

from kpl.golang.dnsname import fqdn, is_domain_name, is_subdomain
from kpl.golang.net import join_host_port, parse_cidr, parse_ip, split_host_port
from kpl.golang.strconv import parse_uint
from kpl.golang.values import GoError, atoi, parse_bool, parse_duration, quote, quote_rune


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("0", 0),
        ("+53", 53),
        ("-5", -5),
        ("0" * 30 + "1", 1),
        ("-9223372036854775808", -(2**63)),
        ("053", 53),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_whole_numbers(word: str, number: int) -> None:
    assert atoi(word) == number


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", 'strconv.Atoi: parsing "": invalid syntax'),
        ("1_000", 'strconv.Atoi: parsing "1_000": invalid syntax'),
        ("٣", 'strconv.Atoi: parsing "٣": invalid syntax'),
        ("+", 'strconv.Atoi: parsing "+": invalid syntax'),
        ("9223372036854775808", 'strconv.Atoi: parsing "9223372036854775808": value out of range'),
        ("-9223372036854775809", 'strconv.Atoi: parsing "-9223372036854775809": value out of range'),
        # the digit that is too much comes first
        ("99999999999999999999x", 'strconv.Atoi: parsing "99999999999999999999x": value out of range'),
        ("9" * 5000, f'strconv.Atoi: parsing "{"9" * 5000}": value out of range'),
    ],
)
def test_what_is_no_whole_number(word: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        atoi(word)
    assert str(caught.value) == why


def test_unsigned_numbers_have_no_sign_and_an_end() -> None:
    assert parse_uint("4294967295", 10, 32) == 2**32 - 1
    for word in ("+1", "-1", "4294967296", "²"):
        with pytest.raises(GoError):
            parse_uint(word, 10, 32)


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
        ("2μs", 2000),
        ("1.s", 10**9),
        ("00000000000000000000001s", 10**9),
        ("0.3333333333333333333h", 1_200_000_000_000),
        ("0." + "3" * 25 + "h", 1_200_000_000_000),
        ("0.9223372036854775808h", 3_320_413_933_267),
        ("1.00000000000000000001m", 60 * 10**9),
        ("0." + "0" * 400 + "1h", 0),
        ("-9223372036854775808ns", -(2**63)),
        ("2562047h47m16.854775807s", 2**63 - 1),
        ("9223372036854775808ns9223372036854775808ns", 0),  # 64 bits wrap around
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
        ("2562047h47m16.854775808s", 'time: invalid duration "2562047h47m16.854775808s"'),
        ("9223372036854775807ns1ns", 'time: invalid duration "9223372036854775807ns1ns"'),
        ("2562047.8h", 'time: invalid duration "2562047.8h"'),
        ("99999999999999999999s", 'time: invalid duration "99999999999999999999s"'),
        ("+", 'time: invalid duration "+"'),
        ("1s-", 'time: unknown unit "s-" in duration "1s-"'),
        ("1s1", 'time: missing unit in duration "1s1"'),
        ('1"\\s', r'time: unknown unit "\"\\s" in duration "1\"\\s"'),
        ("1é", r'time: unknown unit "\xc3\xa9" in duration "1\xc3\xa9"'),
        ("1\udcffs", r'time: unknown unit "\xffs" in duration "1\xffs"'),
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
    assert quote("\a\b\f\n\r\t\v\x7f") == r'"\a\b\f\n\r\t\v\x7f"'
    assert (
        quote("\ufffd\xa0\xad\U0001fae8\U0001fadf\U000e0001")
        == '"\ufffd\\u00a0\\u00ad\U0001fae8\\U0001fadf\\U000e0001"'
    )
    assert quote("\udcff\ud800") == r'"\xff\xed\xa0\x80"'
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


def test_characters_in_quotes() -> None:
    assert [quote_rune(each) for each in "a\n'\"\\\udcff"] == ["'a'", r"'\n'", r"'\''", "'\"'", r"'\\'", "'\ufffd'"]


def test_networks() -> None:
    assert parse_cidr("10.1.2.3/000000000008") == (bytes([10, 0, 0, 0]), 8)
    assert parse_cidr("::ffff:1.2.3.4/100") == (bytes(10) + b"\xff\xff" + bytes(4), 100)
    assert parse_cidr("10.1.2.3/8") == (bytes([10, 0, 0, 0]), 8)
    assert parse_cidr("2001:db8::1/32") == (bytes([0x20, 1, 0x0D, 0xB8] + [0] * 12), 32)
    for text in (
        "10.0.0.0/33",
        "10.0.0.0/99999999999",
        "fe80::1%a/64",
        "10.0.0.0/24/1",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "a/8",
    ):
        assert parse_cidr(text) is None


def test_host_and_port() -> None:
    assert split_host_port(":9153") == ("", "9153")
    assert split_host_port("[::1]:53") == ("::1", "53")
    for text, why in [
        ("9153", "address 9153: missing port in address"),
        ("::1", "address ::1: too many colons in address"),
        ("[::1]", "address [::1]: missing port in address"),
        ("[::1", "address [::1: missing ']' in address"),
        ("", "missing port in address"),
        ("[a]b:1", "address [a]b:1: missing port in address"),
        ("[a]:1:2", "address [a]:1:2: too many colons in address"),
        ("a]:1", "address a]:1: unexpected ']' in address"),
        ("[[a]:1", "address [[a]:1: unexpected '[' in address"),
    ]:
        with pytest.raises(GoError) as caught:
            split_host_port(text)
        assert str(caught.value) == why
    assert join_host_port("::1", "53") == "[::1]:53"
    assert join_host_port("a", "53") == "a:53"


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


@pytest.mark.parametrize(
    ("parent", "child", "below"),
    [
        (".", ".", True),
        (".", "a.", True),
        ("a.", ".", False),
        ("b.a.", "b.a.", True),
        ("b.a.", "c.b.a.", True),
        ("b.a.", "cb.a.", False),
        ("b.a.", "a.", False),
        # an escaped dot is no end of a label, an escaped backslash does not escape the dot behind it
        ("b.a.", "c\\.b.a.", False),
        ("b.a.", "c\\\\.b.a.", True),
    ],
)
def test_subdomains(parent: str, child: str, below: bool) -> None:
    assert is_subdomain(parent, child) is below
