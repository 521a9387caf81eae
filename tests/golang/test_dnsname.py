"""Names of the DNS at their boundaries, as github.com/miekg/dns v1.1.73 has them."""

from __future__ import annotations

import pytest

from kpl.golang.dnsname import fqdn, is_domain_name, is_fqdn, is_subdomain, normalize

LABEL = "a" * 63
LONG = f"{LABEL}.{LABEL}.{LABEL}."


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("", False),
        (".", True),
        ("a", False),
        ("a.", True),
        ("a.b", False),
        ("a\\.", False),
        ("a\\\\.", True),
        ("a\\\\\\.", False),
        ("a\\\\\\\\.", True),
        ("\\.", False),
        ("\\\\.", True),
        # the library counts from the first byte of what stands before the backslashes
        ("é.", True),
        ("é\\.", True),
        ("é\\\\.", False),
        ("€\\.", False),
        ("€\\\\.", True),
        ("😀\\.", True),
        ("😀\\\\.", False),
    ],
)
def test_the_dot_at_the_end(name: str, ends: bool) -> None:
    assert is_fqdn(name) is ends
    assert fqdn(name) == (name if ends else name + ".")


# before v1.1.55 the width of the last character counted without a backslash, too
@pytest.mark.parametrize(("name", "ends"), [("a.", True), ("é.", False), ("€.", True), ("😀.", False), (".", True)])
def test_the_dot_at_the_end_in_older_releases(name: str, ends: bool) -> None:
    assert is_fqdn(name, wide_end=False) is ends
    assert fqdn(name, wide_end=False) == (name if ends else name + ".")


def test_normalized() -> None:
    assert normalize("Example.ORG") == "example.org."
    assert normalize(".") == "."


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        (".", True),
        ("..", False),
        (".a", False),
        ("a..b", False),
        (LABEL, True),
        (LABEL + "a", False),
        (LABEL + ".", True),
        (LABEL + "a.", False),
        ("\\065" + "a" * 62 + ".", True),
        (LABEL + "\\065.", False),
        ("\\123" * 63 + ".", True),
        ("\\123" * 64 + ".", False),
        ("\\a" * 63 + ".", True),
        ("\\a" * 64 + ".", False),
        ("\\1.", True),
        ("\\12.", True),
        ("é" * 31 + ".", True),
        ("é" * 32 + ".", False),
        ("a\\", False),
        ("a\\\\", True),
        ("\\..", True),
        ("a\\..b", True),
        ("a\\\\..b", False),
        # the library's limit is 256 bytes with the last dot
        (LONG + "a" * 63, True),
        (LONG + "a" * 61 + ".b", True),
        (LONG + "a" * 61 + ".b.", True),
        (LONG + "a" * 62 + ".b", False),
        (LONG + "a" * 62 + ".b.", False),
        ("a." * 127, True),
        ("a." * 128, True),
        ("a." * 128 + "b", False),
    ],
)
def test_what_is_a_domain_name(name: str, is_one: bool) -> None:
    assert is_domain_name(name) is is_one


def test_what_other_releases_take() -> None:
    assert is_domain_name(".a", leading_dot=True)
    assert not is_domain_name("..a", leading_dot=True)
    assert is_domain_name("a\\", open_escape=True)


@pytest.mark.parametrize(
    ("parent", "child", "below"),
    [
        (".", "a.", True),
        (".", ".", True),
        ("a.", ".", False),
        ("a.", "a.", True),
        ("a.", "b.a.", True),
        ("a.", "ba.", False),
        ("b.a.", "a.", False),
        ("a.", "a\\.a.", False),
        ("b.", "a\\.b.", False),
        ("a\\.b.", "a\\.b.", True),
        ("a.b.", "x.a.b.", True),
        ("a.b.", "x.y.b.", False),
        ("a\\\\.b.", "x.a\\\\.b.", True),
    ],
)
def test_below(parent: str, child: str, below: bool) -> None:
    assert is_subdomain(parent, child) is below
