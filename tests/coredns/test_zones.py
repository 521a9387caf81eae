"""Keys and the zones that they are served as; the verdicts are CoreDNS 1.14.7's."""

from __future__ import annotations

import json
import re

import pytest

from kpl.coredns.dispenser import RefusedError
from kpl.coredns.environment import EndlessReplacementError
from kpl.coredns.parser import CorefileParser, no_files
from kpl.coredns.versions import directives
from kpl.coredns.zones import conflict, served_zones, zones_of
from kpl.golang.values import GoError
from kpl.text.version import Version
from support import SHARED


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
    assert [str(zone) for zone in served_zones(keys)] == served


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
        served_zones([key])
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
    assert conflict([(served_zones(keys), addresses, view) for keys, addresses, view in blocks]) == why


@pytest.mark.skipif(not (SHARED / "conformance").is_dir(), reason="no recorded verdicts here")
@pytest.mark.parametrize("name", ["plugin_verdicts.jsonl", "mutants.jsonl", "syntax_cases.json"])
def test_keys_and_conflicts_are_coredns_own(name: str) -> None:
    text = (SHARED / "conformance" / name).read_text()
    whole = json.loads(text) if name.endswith(".json") else {"env": {}, "cases": []}
    rows = whole["cases"] or [json.loads(line) for line in text.split("\n") if line]
    known = directives(Version("1.14.7"))
    wrong, seen = [], 0
    for row in rows:
        recorded = re.sub(r"^\[\w+\] ", "", row["error"] or "")
        try:
            blocks = CorefileParser(
                row.get("corefile", row.get("input")), known, whole["env"], no_files, guarded=True
            ).parse()
        except (RefusedError, EndlessReplacementError):
            continue
        if any("bind" in block.tokens for block in blocks):
            continue
        try:
            got = conflict([(served_zones(block.keys), [], "view" in block.tokens) for block in blocks])
        except GoError as error:
            got = f"error inspecting server blocks: {error}"
        about_zones = re.search("error inspecting|cannot serve", recorded)
        if got is not None and recorded and not about_zones:
            continue  # a plugin's setup came first
        seen += 1
        if got != (recorded if about_zones else None):
            wrong.append((row, got))
    assert seen > 100
    assert wrong == []
