"""What the server blocks on one listener have to agree on; answers recorded from CoreDNS 1.15.0."""

from __future__ import annotations

import pytest

from kpl.coredns.judge import Circumstances, judge_corefile
from kpl.text.version import Version
from kpl.verdict import Need, Verdict

FILES = frozenset(("a.pem", "a.key", "b.pem", "b.key", "ca.pem", "cb.pem"))


def verdict(text: str, release: str = "1.15.0") -> Verdict:
    return judge_corefile(text, Circumstances(Version(release), {}, assumed_files=FILES)).verdict


def blocks(scheme: str, *bodies: str) -> str:
    return "".join(f"{scheme}://{name}.org {{\n{body}\n}}\n" for name, body in zip("abc", bodies, strict=False))


def acme(*names: str) -> str:
    return f"tls {{\nacme {' '.join(names)}\n}}"


def conflict(address: str, why: str, zones: str = '"a.org." and "b.org."') -> str:
    return f"conflicting TLS configuration for shared listener {address} between zones {zones}: {why}"


ONE = "TLS is configured for only one server block"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (blocks("tls", acme("a.org"), ""), conflict("tls://:853", ONE)),
        (blocks("tls", "", acme("a.org")), conflict("tls://:853", ONE)),
        (blocks("grpc", acme("a.org"), ""), conflict("grpc://:443", ONE)),
        (blocks("https3", "", acme("a.org")), conflict("https3://:443", ONE)),
        (blocks("https3", "", ""), "DoH3 requires TLS, no TLS config found"),
        (blocks("tls", acme("a.org"), acme("b.org")), conflict("tls://:853", "dynamic TLS callbacks differ")),
        (blocks("tls", acme("a.org", "b.org"), acme("b.org", "a.org")), None),
        (blocks("tls", "", ""), None),
        # clear text has no configuration, and another port or transport another listener
        (blocks("dns", acme("a.org"), ""), None),
        ("tls://a.org quic://a.org {\n" + acme("a.org") + "\n}\nhttps://b.org tls://b.org:8853 {\n}\n", None),
        ("tls://a.org quic://a.org {\n" + acme("a.org") + "\n}\nquic://b.org {\n}\n", conflict("quic://:853", ONE)),
        (
            blocks("quic", f"bind 127.0.0.1\n{acme('a.org')}", "bind ::ffff:127.0.0.1"),
            conflict("quic://127.0.0.1:853", ONE),
        ),
        (blocks("quic", f"bind ::1 10.0.0.1\n{acme('a.org')}", "bind 0:0::1"), conflict("quic://[::1]:853", ONE)),
        (blocks("quic", f"bind ::1\n{acme('a.org')}", "bind 127.0.0.1"), None),
        (
            blocks("tls", acme("a.org"), "view v {\nexpr true\n}").replace("b.org", "a.org"),
            conflict("tls://:853", ONE, '"a.org." and "a.org."'),
        ),
        # nothing listens
        ("https3://a.org {\nbind lo {\nexcept lo\n}\n}\n", None),
        (
            blocks("https", "https {\nmax_streams 3\n}", "", "https {\nmax_streams 4\n}"),
            "conflicting max_streams values for shared HTTPS listener https://:443: 3 and 4",
        ),
        (blocks("https", "https {\nmax_streams 3\n}", "", "https {\nmax_streams 3\n}"), None),
        (blocks("https", "https {\nmax_streams 3\n}", "bind ::1\nhttps {\nmax_streams 4\n}"), None),
        (blocks("dns", "https {\nmax_streams 3\n}", "https {\nmax_streams 4\n}"), None),
    ],
)
def test_blocks_on_one_listener(text: str, message: str | None) -> None:
    found = verdict(text)
    assert (found.answer, found.message) == ("refuses" if message else "loads", message)
    assert "conflicting" not in (verdict(text, "1.14.7").message or "")


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("tls a.pem a.key", "tls a.pem a.key", None),
        ("tls a.pem a.key", acme("b.org"), "server certificates differ"),
        ("tls a.pem a.key", "tls a.pem a.key ca.pem", "client CA pools differ"),
        (
            "tls a.pem a.key ca.pem {\nclient_auth require\n}",
            "tls b.pem b.key cb.pem",
            "client authentication policies differ",
        ),
    ],
)
def test_certificates_of_files(one: str, other: str, why: str | None) -> None:
    found = verdict(blocks("tls", one, other))
    assert (found.answer, found.message) == ("refuses" if why else "loads", why and conflict("tls://:853", why))


def test_whether_two_files_hold_one_certificate_only_they_tell() -> None:
    found = verdict(blocks("tls", "tls a.pem a.key ca.pem", "tls b.pem b.key cb.pem"))
    assert found.needs == (
        Need("certificate", "cb.pem, the same as ca.pem"),
        Need("certificate", "b.pem, the same as a.pem"),
    )
    assert verdict(blocks("tls", "tls a.pem a.key", "tls b.pem b.key"), "1.14.7").answer == "loads"


@pytest.mark.parametrize(
    "text",
    [
        blocks("grpc", acme("a.org"), "import /etc/coredns/tls"),
        blocks("grpc", "import /etc/coredns/tls", acme("a.org")),
        blocks("https3", "import /etc/coredns/tls"),
    ],
)
def test_what_is_imported_may_hold_it(text: str) -> None:
    assert verdict(text).needs == (Need("file", "/etc/coredns/tls"),)
    assert verdict(text.replace("import", "#")).answer == "refuses"


def test_the_second_block_is_shown() -> None:
    text = blocks("tls", acme("a.org"), "")
    span = verdict(text).span
    assert span is not None
    assert text[slice(*span)] == "tls://b.org"
