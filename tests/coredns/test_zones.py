"""Keys and the zones that they are served as; the verdicts are the newest CoreDNS's."""

from __future__ import annotations

import pytest

from kpl.coredns.controller import Instance, ServerConfig, TlsPolicy
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.servers import refuse_servers
from kpl.coredns.tokens import Token
from kpl.coredns.versions import NEWEST_COREDNS
from kpl.coredns.zones import served_zones, zones_of
from kpl.golang.values import GoError
from kpl.text.version import Version


@pytest.mark.parametrize(
    ("keys", "served"),
    [
        (["."], ["dns://.:53"]),
        (["Example.ORG"], ["dns://example.org.:53"]),
        (["a.org", "b.org:1053"], ["dns://a.org.:53", "dns://b.org.:1053"]),
        (["tls://.", "https://.:8443"], ["tls://.:853", "https://.:8443"]),
        (["http://a"], ["dns://http://a.:53"]),
        (["a.org:+053"], ["dns://a.org.:53"]),
        (["a.org:dns"], ["dns://a.org:dns.:53"]),
        (["10.1.0.0/16"], ["dns://1.10.in-addr.arpa.:53"]),
        (["10.0.0.0/15:54"], ["dns://0.10.in-addr.arpa.:54", "dns://1.10.in-addr.arpa.:54"]),
        (["0.0.0.0/0"], ["dns://in-addr.arpa.:53"]),
        (["2001:db8::/31"], ["dns://8.b.d.0.1.0.0.2.ip6.arpa.:53", "dns://9.b.d.0.1.0.0.2.ip6.arpa.:53"]),
        (["10.0.0.0/33"], ["dns://10.0.0.0/33.:53"]),
    ],
)
def test_keys(keys: list[str], served: list[str]) -> None:
    assert [str(zone) for key in keys for zone in served_zones(key)] == served


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (":53", "zone is not a valid domain name: "),
        ("a.org:", 'expecting data after last colon: "a.org:"'),
        ("a..b", "zone is not a valid domain name: a..b"),
        ("::/0", "invalid CIDR ::/0"),
        ("a." * 128, "specified zone is too long: 256 > 255"),
    ],
)
def test_what_is_no_key(key: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        served_zones(key)
    assert str(caught.value) == why


def test_a_bad_argument_of_a_plugin_is_dropped() -> None:
    assert zones_of("a..b") == []
    assert zones_of("tls://A.org:53") == ["a.org."]


@pytest.mark.parametrize(
    ("blocks", "why"),
    [
        ([(["a"], [], False), (["b"], [], False)], None),
        ([(["a"], [], False), (["A:53"], [], False)], "cannot serve dns://a.:53 - it is already defined"),
        ([(["a"], [], False), (["a:54"], [], False)], None),
        ([(["a"], [], False), (["tls://a:53"], [], False)], None),
        ([(["a"], ["10.0.0.1"], False), (["a"], ["10.0.0.2"], False)], None),
        (
            [(["a"], ["10.0.0.1"], False), (["a"], [], False)],
            "cannot serve dns://a.:53 - zone overlap listener capacity with dns://a.:53 on 10.0.0.1",
        ),
        (
            [(["a"], [], False), (["a"], ["10.0.0.1"], False)],
            "cannot serve dns://a.:53 on 10.0.0.1 - zone overlap listener capacity with dns://a.:53",
        ),
        ([(["a"], [], True), (["a"], [], True), (["a"], [], False)], None),
        ([(["a"], [], False), (["a"], [], True)], None),
    ],
)
def test_blocks_that_cannot_be_served_together(
    blocks: list[tuple[list[str], list[str], bool]], why: str | None
) -> None:
    token = Token("a", 1, 0, 1)
    configs = []
    for keys, addresses, view in blocks:
        zones = [zone for key in keys for zone in served_zones(key)]
        configs.append(ServerConfig(zones, [token] * len(zones), addresses or [""], filtered=view))
    if why is None:
        refuse_servers(configs, Instance(NEWEST_COREDNS))
    else:
        with pytest.raises(RefusedError) as caught:
            refuse_servers(configs, Instance(NEWEST_COREDNS))
        assert caught.value.message == why


@pytest.mark.parametrize(
    ("key", "release", "why"),
    [
        ("é", "1.7.0", None),
        ("é", "1.8.4", "zone is not a valid domain name: é."),
        ("é.", "1.7.0", "zone is not a valid domain name: é."),
        ("a.\N{BUG}.", "1.10.1", "zone is not a valid domain name: a.\N{BUG}."),
        ("\N{CJK UNIFIED IDEOGRAPH-65E5}.", "1.10.1", None),
        ("é.", "1.11.0", None),
        ("é\\\\.", "1.14.7", "zone is not a valid domain name: é\\\\."),
        ("a\\\\.", "1.14.7", None),
    ],
)
def test_a_dot_behind_a_character_of_two_or_four_bytes(key: str, release: str, why: str | None) -> None:
    if why is None:
        assert served_zones(key, Version(release))
    else:
        with pytest.raises(GoError) as caught:
            served_zones(key, Version(release))
        assert str(caught.value) == why


@pytest.mark.parametrize(("release", "refused"), [("1.7.1", False), ("1.8.0", True), ("1.8.6", True), ("1.8.7", False)])
@pytest.mark.parametrize("tls", [False, True])
def test_https_asked_for_a_certificate(release: str, refused: bool, tls: bool) -> None:
    zones = served_zones("https://a")
    config = ServerConfig(zones, [Token("https://a", 1, 0, 9)], tls=TlsPolicy() if tls else None)
    if refused and not tls:
        with pytest.raises(RefusedError) as caught:
            refuse_servers([config], Instance(Version(release)))
        assert caught.value.message == "DoH requires TLS to be configured, see the tls plugin"
    else:
        refuse_servers([config], Instance(Version(release)))
