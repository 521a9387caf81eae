from __future__ import annotations

import pytest

from growth import MOST, growth
from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.inputs.dumps.ruleset import Ruleset, Table
from kpl.proxy.iptables.leaves import (
    branches,
    chains_leading_to,
    chains_reached_from,
    host_of,
    is_large,
    is_unconditional,
    named_leaves,
    odd_leaves,
    per_service,
    portals,
)
from kpl.testing import node_dump


def nat() -> Table:
    return next(parse_iptables_save(node_dump()).named("nat"))


def table(rules: str) -> Table:
    return parse_iptables_save(f"*nat\n{rules}").tables[0]


def test_endpoints() -> None:
    found = named_leaves(nat())
    assert len(found) == 9
    leaf = found["KUBE-SEP-27VOFYQ7SVOL37XI"]
    assert (leaf.to, leaf.source, leaf.name, leaf.protocol) == (
        "10.244.1.5:8080",
        "10.244.1.5",
        "shop/cart:http",
        "tcp",
    )


@pytest.mark.parametrize(
    ("target", "to"),
    [
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("[fd00::1]:80", "[fd00::1]:80"),
        ("0.0.0.0:0", None),
        (":0 --persistent --to-destination 10.0.0.1:80", None),
        ("", None),
        (" --random --to-destination  --random --to-destination 0.0.0.0:0", None),
    ],
)
def test_targets(target: str, to: str | None) -> None:
    (leaf,) = odd_leaves(table(f"-A KUBE-SEP-X -p tcp -m tcp -j DNAT --to-destination {target}\n")).values()
    assert (leaf.to, leaf.dnat, leaf.masquerade) == (to, 0, None)


def test_the_mark_may_be_set_in_the_chain_as_kubernetes_1_1_did() -> None:
    (leaf,) = odd_leaves(table("-A KUBE-SEP-X -s fd00::1/128 -j MARK --set-xmark 0x4000/0x4000\n")).values()
    assert (leaf.masquerade, leaf.source, leaf.dnat) == (0, "fd00::1", None)


_MASQUERADE = '-A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.0.0.1/32 -m comment --comment "a/b:c" -j KUBE-MARK-MASQ\n'
_DNAT = '-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "a/b:c" -m tcp -j DNAT --to-destination 10.0.0.1:80\n'
_NEXT = (_MASQUERADE + _DNAT).replace("A" * 16, "B" * 16).replace("0.1", "0.2")
_SIX = (_MASQUERADE + _DNAT).replace("/32", "/128").replace("10.0.0.1:", "[fd00::1]:").replace("10.0.0.1", "fd00::1")


@pytest.mark.parametrize(
    ("rules", "odd"),
    [
        (_MASQUERADE + _DNAT + _NEXT, ""),
        (_SIX + _NEXT, ""),
        ((_MASQUERADE + _DNAT + _NEXT).replace(' -m comment --comment "a/b:c"', ""), ""),
        (_MASQUERADE + _NEXT, "A"),
        (_DNAT + _NEXT, "A"),
        (_DNAT + _MASQUERADE + _NEXT, "A"),
        (_MASQUERADE.replace("0.1", "0.3") + _DNAT + _NEXT, "A"),
        (_MASQUERADE + _DNAT.replace("0.1:", "0.11:") + _NEXT, "A"),
        (_MASQUERADE + _DNAT.replace(":80", ":0") + _NEXT, "A"),
        (_MASQUERADE + _DNAT.replace(":80", "") + _NEXT, "A"),
        (_MASQUERADE + _DNAT.replace(":80", ":80 --to-destination 10.0.0.2:80") + _NEXT, "A"),
        (_MASQUERADE + _DNAT + _NEXT + _DNAT, "A"),
        (_MASQUERADE + _DNAT + _NEXT + _MASQUERADE + _DNAT, "A"),
        (_MASQUERADE + _DNAT.replace("-p tcp", "-p udp") + _NEXT, "A"),
        ("[1:2] " + _MASQUERADE + "[1:2] " + _DNAT + _NEXT, "A"),
        (f"# {_MASQUERADE}{_DNAT}{_NEXT}", "A"),
    ],
)
def test_leaves_that_are_not_as_kube_proxy_writes_them(rules: str, odd: str) -> None:
    assert [chain[-1] for chain in odd_leaves(table(rules))] == list(odd)


def test_the_same_chain_in_another_dump_does_not_count() -> None:
    first, second = parse_iptables_save(f"*nat\n{_DNAT}COMMIT\n*nat\n{_MASQUERADE}{_DNAT}COMMIT\n").tables
    assert len(odd_leaves(first)) == 1
    assert not odd_leaves(second)


def test_affinity_is_no_branch() -> None:
    found = branches(nat())
    assert len(found["KUBE-SVC-YAKDRQAFFUODADJ7"]) == 2
    assert sorted(len(rows) for rows in found.values()) == [1, 1, 1, 2, 2, 3]


def test_portals() -> None:
    found = portals(nat())
    assert {(each.address, each.port) for each in found if each.target.startswith("KUBE-FW")} == {
        ("203.0.113.20/32", "443")
    }
    assert {each.port for each in found if each.address is None} == {"30080", "30110", "30443"}
    assert len(found) == 13


def test_ways() -> None:
    rules = table(":A - [0:0]\n:B - [0:0]\n:C - [0:0]\n-A IN -j A\n-A A -j B\n-A B -j A\n-A C -j B\n-A A -j ACCEPT\n")
    assert chains_reached_from(rules, "IN") == {"IN", "A", "B"}
    assert chains_leading_to(rules, "B") == {"A", "B", "C", "IN"}
    assert chains_leading_to(rules, "C") == {"C"}


@pytest.mark.parametrize(
    ("rule", "always"),
    [
        ("-j DROP", True),
        ('-m comment --comment "x" -j DROP', True),
        ("-j MASQUERADE --random-fully", True),
        ("-j REJECT --reject-with icmp-port-unreachable", True),
        ("-p tcp -j DROP", False),
        ("-m physdev ! --physdev-is-in -j DROP", False),
        ("-m mark --mark 0x1/0x1 -j DROP", False),
    ],
)
def test_rules_for_every_packet(rule: str, always: bool) -> None:
    assert is_unconditional(table(f"-A X {rule}\n"), 0) is always


def test_names() -> None:
    assert per_service("KUBE-SVC-NPX46M4PTMTKRN6Y") == "SVC"
    assert per_service("KUBE-SERVICES") is per_service("KUBE-SVC-npx") is None
    assert (host_of("10.0.0.1:80"), host_of("[fd00::1]:80")) == ("10.0.0.1", "fd00::1")
    assert is_large(table("".join(f":KUBE-SEP-{number} - [0:0]\n" for number in range(1001))))
    assert not is_large(nat())


def test_many_tables_of_one_text_are_looked_at_once_each() -> None:
    def make(count: int) -> Ruleset:
        return parse_iptables_save(f"*nat\n{_MASQUERADE}{_DNAT}{_NEXT}{_BROKEN}COMMIT\n" * count)

    def work(ruleset: Ruleset) -> None:
        assert all(len(odd_leaves(each)) == 1 for each in ruleset.tables)

    assert growth(work, make, 500) < MOST


_BROKEN = "-A KUBE-SEP-CCCCCCCCCCCCCCCC -p tcp -m tcp -j DNAT --to-destination 0.0.0.0:0\n"
