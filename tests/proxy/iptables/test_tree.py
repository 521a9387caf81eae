"""The rules that the packets of a Service meet, as `kpl inspect --service` shows them."""

from __future__ import annotations

import pytest

from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.proxy.iptables import tree
from kpl.proxy.iptables.states import dumps_in
from kpl.proxy.iptables.tree import Branch, is_called, service_tree

NAT = """\
*nat
:KUBE-SERVICES - [0:0]
-A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-EXT-WEB
-A KUBE-EXT-WEB -m comment --comment "masquerade traffic for shop/web:http external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-WEB -j KUBE-SVC-WEB
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.1.0.1:80
-A KUBE-SERVICES -d 10.96.0.7/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SERVICES -d 10.96.0.8/32 -p tcp -m comment --comment "shop/website cluster IP" -m tcp --dport 80 -j KUBE-SVC-X
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ! -s 10.1.0.0/16 -d 10.96.0.7/32 -m comment --comment "shop/web:http cluster IP" -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -m comment --comment "shop/web:http -> 10.1.0.1:80" -m recent --rcheck --seconds 60 --reap --name KUBE-SEP-A -j KUBE-SEP-A
-A KUBE-SVC-WEB -m comment --comment "shop/web:http -> 10.1.0.1:80" -m statistic --mode random --probability 0.25 -j KUBE-SEP-A
-A KUBE-SVC-WEB -m comment --comment "shop/web:http -> 10.1.0.2:80" -j KUBE-SEP-B
-A KUBE-SVC-WEB -m comment --comment "only counted"
COMMIT
"""
FILTER = """\
*filter
:KUBE-SERVICES - [0:0]
-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "shop/web:http has no endpoints" -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http health check node port" -m tcp --dport 31000 -j ACCEPT
-A KUBE-PROXY-FIREWALL -d 203.0.113.1/32 -m comment --comment "shop/web:http traffic not accepted by KUBE-FW-X" -j DROP
-A KUBE-SERVICES -d 10.96.0.9/32 -m comment --comment "shop/web: has no endpoints" -j REJECT
-A KUBE-FORWARD -m comment --comment "shop/web:http" -j DROP
COMMIT
"""


def rules(text: str, service: str = "shop/web") -> list[tuple[str, Branch]]:
    return [each for dump in dumps_in(parse_iptables_save(text)) for each in service_tree(dump, service)]


def drawn(branch: Branch) -> list[object]:
    """Condition, target, share and what cuts it off; then what is below."""
    return [
        branch.condition,
        branch.target,
        None if branch.share is None else round(branch.share, 4),
        branch.cut,
        *map(drawn, branch.children),
    ]


def test_the_chains_of_a_service_are_walked_down_to_its_endpoints() -> None:
    first, second = rules(NAT)
    assert (first[0], second[0]) == ("nat KUBE-SERVICES", "nat KUBE-NODEPORTS")
    assert drawn(first[1]) == [
        "-d 10.96.0.7/32 -p tcp --dport 80",
        "KUBE-SVC-WEB",
        None,
        "",
        ["! -s 10.1.0.0/16 -d 10.96.0.7/32", "KUBE-MARK-MASQ", None, ""],
        [
            "--rcheck --seconds 60 --reap --name KUBE-SEP-A",
            "KUBE-SEP-A",
            None,
            "",
            ["-p tcp", "DNAT --to-destination 10.1.0.1:80", None, ""],
        ],
        ["", "KUBE-SEP-A", 0.25, "as above"],
        ["", "KUBE-SEP-B", 0.75, ""],
        ["", "(counts only)", None, ""],
    ]
    assert drawn(second[1]) == [
        "-d 127.0.0.0/8 -p tcp --dport 30080",
        "KUBE-EXT-WEB",
        None,
        "",
        ["", "KUBE-MARK-MASQ", None, ""],
        ["", "KUBE-SVC-WEB", None, "as above"],
    ]


def test_rules_of_both_tables_are_shown_in_the_order_in_which_packets_meet_them() -> None:
    assert [(chain, branch.target) for chain, branch in rules(NAT + FILTER)] == [
        ("nat KUBE-SERVICES", "KUBE-SVC-WEB"),
        ("nat KUBE-NODEPORTS", "KUBE-EXT-WEB"),
        ("filter KUBE-PROXY-FIREWALL", "DROP"),
        ("filter KUBE-SERVICES", "REJECT"),
        ("filter KUBE-EXTERNAL-SERVICES", "REJECT --reject-with icmp-port-unreachable"),
        ("filter KUBE-NODEPORTS", "ACCEPT"),
    ]
    assert [chain for chain, _ in rules(NAT + FILTER, "shop/web:http")] == [
        "nat KUBE-SERVICES",
        "nat KUBE-NODEPORTS",
        "filter KUBE-PROXY-FIREWALL",
        "filter KUBE-EXTERNAL-SERVICES",
        "filter KUBE-NODEPORTS",
    ]
    assert [branch.condition for _, branch in rules(NAT, "shop/website")] == ["-d 10.96.0.8/32 -p tcp --dport 80"]


@pytest.mark.parametrize(
    ("port", "service", "called"),
    [
        ("shop/web:http", "shop/web", True),
        ("shop/web:http", "shop/web:http", True),
        ("shop/web", "shop/web", True),
        ("shop/website", "shop/web", False),
        ("shop/web:https", "shop/web:http", False),
        ("shop/web", "shop/web:http", False),
    ],
)
def test_what_a_service_is_called(port: str, service: str, called: bool) -> None:
    assert is_called(port, service) is called


def chain_of(length: int) -> str:
    first = '-A KUBE-SERVICES -m comment --comment "shop/web" -j C1\n'
    return f"*nat\n{first}" + "".join(f"-A C{n} -j C{n + 1}\n" for n in range(1, length)) + "COMMIT\n"


@pytest.mark.parametrize(("length", "cut"), [(31, ""), (32, "too deep to show"), (40, "too deep to show")])
def test_a_chain_of_thirty_levels_is_shown(length: int, cut: str) -> None:
    ((_, branch),) = rules(chain_of(length))
    levels = 1
    while branch.children:
        (branch,) = branch.children
        levels += 1
    assert (levels, branch.cut) == (min(length, 31), cut)


def test_a_loop_and_too_many_rules_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    first = '-A KUBE-SERVICES -m comment --comment "shop/web" -j A\n'
    ((_, branch),) = rules(f"*nat\n{first}-A A -j B\n-A B -j A\n-A B -j KUBE-SERVICES\nCOMMIT\n")
    assert [each.cut for each in branch.children[0].children] == ["a loop: this chain is being walked already"] * 2
    many = "".join(f"-A A -j B{n}\n-A B{n} -j ACCEPT\n" for n in range(5))
    for most, shown in ((100, 5), (6, 3), (3, 1)):
        monkeypatch.setattr(tree, "MOST_BRANCHES", most)
        ((_, branch),) = rules(f"*nat\n{first}{many}COMMIT\n")
        cut = [each.cut for each in branch.children]
        assert cut == [""] * shown + ["too many rules to show"] * (5 - shown)
