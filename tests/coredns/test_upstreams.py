from __future__ import annotations

import pytest

from kpl.coredns.upstreams import is_public_address


@pytest.mark.parametrize(
    "upstream",
    [
        "8.8.8.8",
        "8.8.8.8:5353",
        "dns://8.8.8.8",
        "tls://9.9.9.9",
        "tls://9.9.9.9%dns.quad9.net:853",
        "https://1.1.1.1",
        "2620:fe::fe",
        "[2620:fe::fe]:53",
        "tls://[2620:fe::fe]:853",
    ],
)
def test_public(upstream: str) -> None:
    assert is_public_address(upstream)


@pytest.mark.parametrize(
    "upstream",
    [
        "/etc/resolv.conf",
        "10.0.0.2",
        "192.168.1.1:53",
        "127.0.0.53",
        "169.254.169.253",
        "100.100.100.100",
        "[::1]:53",
        "fd00::53",
        "fe80::1%eth0",
        "dns.google",
        "8.8.8.8.example.org",
        "1.2.3",
        "8.8.8.800",
        "{{ .upstream }}",
        "",
    ],
)
def test_everything_else(upstream: str) -> None:
    assert not is_public_address(upstream)
