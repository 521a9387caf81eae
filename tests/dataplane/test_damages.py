"""What many lines of a healthy dump lost in the same way is one finding that counts them, and shows a few."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from kpl.testing import node_dump
from kpl_rules.dataplane._nft import NEW, OLD
from support import run

Damage = Callable[[str], str]


def without(pattern: str) -> Damage:
    """The dump without the lines that match."""
    return lambda text: "".join(line for line in text.splitlines(True) if not re.search(pattern, line))


def replaced(pattern: str, by: str) -> Damage:
    return lambda text: re.sub(pattern, by, text)


def added(*rules: str) -> Damage:
    """Rules of another program in the first table."""
    return lambda text: text.replace("-A INPUT ", "".join(f"-A {rule}\n" for rule in rules) + "-A INPUT ", 1)


def refused(*addresses: str) -> Damage:
    """The same addresses, rejected as if they had no endpoints."""
    rule = (
        '-A KUBE-SERVICES -d {}/32 -p tcp -m comment --comment "shop/x has no endpoints" -m tcp --dport 80 -j REJECT\n'
    )
    return lambda text: text.replace("COMMIT\n", "".join(map(rule.format, addresses)) + "COMMIT\n", 1)


def found(name: str, text: str, code: str) -> list[tuple[str, str, int]]:
    findings = [each for each in run({name: text}, ("ALL",)).findings if each.code == code]
    return [(each.severity.value, each.message, len(each.related)) for each in findings]


@pytest.mark.parametrize(
    ("damage", "code", "severity", "message", "related"),
    [
        (
            without("^-A KUBE-SVC-"),
            "KPL403",
            "error",
            "`KUBE-SVC-3R55B5W2BQDIGALS` (and 4 more chains) is empty, so",
            3,
        ),
        (
            without("^-A KUBE-SVC-"),
            "KPL404",
            "warning",
            "no rule leads to `KUBE-SEP-27VOFYQ7SVOL37XI` (and 7 more chains), so it is a leftover or the rule to it is",
            3,
        ),
        (
            replaced(r"--to-destination \S+", ":0 --persistent --to-destination :0 --persistent"),
            "KPL405",
            "error",
            "`KUBE-SEP-27VOFYQ7SVOL37XI` (and 8 more endpoints) translates to no address, so",
            3,
        ),
        (
            without("^-A KUBE-SEP-.* DNAT "),
            "KPL405",
            "error",
            "`KUBE-SEP-27VOFYQ7SVOL37XI` (and 8 more chains) has no `DNAT` rule, so",
            3,
        ),
        (
            without("^-A KUBE-SEP-.* -m recent --set"),
            "KPL427",
            "warning",
            "`KUBE-SEP-ZSAS4O3G6LESEXQW` (and 1 more endpoint) has no `--set` rule, so",
            1,
        ),
        (
            replaced("0.50000000000|0.33333333349", "0.25000000000"),
            "KPL406",
            "warning",
            "`KUBE-SVC-I5LIAMPLWKMBJ54B` (and 2 more chains) has uneven probabilities, because",
            2,
        ),
        (
            without('^-A KUBE-SVC-.*"shop/(pay|game|cart).* -> \\S+" -j KUBE-SEP-'),
            "KPL406",
            "error",
            "the last endpoint of `KUBE-SVC-I5LIAMPLWKMBJ54B` (and 2 more chains) has a probability, so",
            2,
        ),
        (
            replaced(r"--to-destination (\S+):\d+", r"--to-destination \1:99"),
            "KPL407",
            "error",
            "`KUBE-SEP-27VOFYQ7SVOL37XI` (and 8 more chains) translates to a different address or port than",
            3,
        ),
        (
            replaced(r'-> (\S+):\d+"', r'-> \1:99"'),
            "KPL407",
            "error",
            "`KUBE-SEP-OSHJ42XHJPGUEQI3` translates to a different address than the comment of this rule (and 9 more rules),",
            3,
        ),
        (
            without("^-A KUBE-SEP-.* KUBE-MARK-MASQ"),
            "KPL409",
            "warning",
            "`KUBE-SEP-27VOFYQ7SVOL37XI` (and 8 more endpoints) does not masquerade traffic of the endpoint to itself, so",
            3,
        ),
        (
            replaced(r"(-A KUBE-SEP-\S+) -s \S+", r"\1 -s 10.1.1.1/32"),
            "KPL409",
            "warning",
            "`KUBE-SEP-27VOFYQ7SVOL37XI` (and 8 more endpoints) masquerades a different address than it translates to, so",
            3,
        ),
        (
            refused("10.96.10.1", "10.96.10.3", "10.96.10.77"),
            "KPL410",
            "error",
            "`*nat` translates this address (and 1 more address) to endpoints, but this rule rejects it as having none, so",
            1,
        ),
        (
            without("^-A KUBE-SVC-.* ! -s .*shop/(pay|far)"),
            "KPL417",
            "warning",
            "`KUBE-SVC-MUJ7T5P6IXY3AYQM` (and 1 more Service) does not masquerade clients outside of the pod network like",
            1,
        ),
        (
            replaced(r"(-A KUBE-SVC-\S+ ! -s) \S+(.*shop/(far|pay))", r"\1 10.9.0.0/16\2"),
            "KPL417",
            "warning",
            "`KUBE-SVC-3R55B5W2BQDIGALS` (and 1 more Service) exempts a different source network from masquerading than",
            1,
        ),
        (
            without(r"^-A KUBE-SERVICES -d 10\.96\.10\."),
            "KPL417",
            "warning",
            "`KUBE-SVC-3R55B5W2BQDIGALS` (and 3 more Services) masquerades traffic to this cluster IP and port, but",
            3,
        ),
        (
            without("^-A KUBE-NODEPORTS -p tcp .*KUBE-EXT"),
            "KPL424",
            "error",
            "this NodePort (and 2 more NodePorts) has no rule for the node's other addresses, so",
            2,
        ),
        (
            replaced("(?m)^(-A KUBE-SEP-.*\n)", r"\1\1"),
            "KPL431",
            "warning",
            "`KUBE-SEP-27VOFYQ7SVOL37XI` already has this rule (and 17 more rules), so",
            3,
        ),
        (
            without("masquerade LOCAL traffic"),
            "KPL434",
            "warning",
            "`KUBE-EXT-3R55B5W2BQDIGALS` (and 1 more chain) does not masquerade this node, so",
            1,
        ),
        (
            without("pod traffic for shop/pay"),
            "KPL434",
            "warning",
            "`KUBE-EXT-MUJ7T5P6IXY3AYQM` has no rule for pods, so",
            0,
        ),
        (
            added("FORWARD -j MARK --set-xmark 0x1/0xffffffff", "FORWARD -j MARK --set-xmark 0x2/0xffffffff"),
            "KPL425",
            "warning",
            "this rule of `FORWARD` clears kube-proxy's mark `0x4000` (and 1 more rule), so",
            1,
        ),
        (
            added("FORWARD -m mark --mark 0x4000 -j DROP", "FORWARD -m mark --mark 0x4000/0x4000 -j DROP"),
            "KPL425",
            "warning",
            "this rule of `FORWARD` drops packets with kube-proxy's mark `0x4000` (and 1 more rule), so",
            1,
        ),
        (
            replaced(
                ":KUBE-SVL-MUJ7",
                ":KUBE-XLB-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-XLB-BBBBBBBBBBBBBBBB - [0:0]\n:KUBE-SVL-MUJ7",
            ),
            "KPL422",
            "warning",
            "`KUBE-XLB-AAAAAAAAAAAAAAAA` (and 1 more chain) comes from kube-proxy 1.23 or earlier, but",
            1,
        ),
        (
            without("masquerade traffic for shop/cart"),
            "KPL424",
            "error",
            "`KUBE-EXT-I5LIAMPLWKMBJ54B` does not mark traffic from outside for masquerading, so",
            0,
        ),
        (
            without("shop/far:http has no local"),
            "KPL424",
            "error",
            "`KUBE-EXT-3R55B5W2BQDIGALS` ends without an endpoint and nothing drops the traffic, so",
            0,
        ),
        (
            without("shop/far:http loadbalancer"),
            "KPL424",
            "error",
            "this address is dropped because it has no local endpoint, and `*nat` has no rule for it, so",
            0,
        ),
        (
            without("10.244.1.8.*--rcheck"),
            "KPL427",
            "warning",
            "`KUBE-SEP-ZSAS4O3G6LESEXQW` has no `--rcheck` rule in the Service's chain, so",
            0,
        ),
        (
            replaced(r"(--rcheck.*--name KUBE-SEP-)\S+", r"\1AAAAAAAAAAAAAAAA"),
            "KPL427",
            "warning",
            "this rule leads to `KUBE-SEP-ZSAS4O3G6LESEXQW` (and 1 more endpoint) but checks another list, so",
            1,
        ),
        (
            lambda text: text.replace("--seconds 10800", "--seconds 60", 1),
            "KPL427",
            "warning",
            "`KUBE-SEP-FWTBSCUQANFXTLL2` has a different `--rcheck` timeout than the Service's other endpoints, so",
            0,
        ),
    ],
)
def test_damages_of_iptables_are_counted(damage: Damage, code: str, severity: str, message: str, related: int) -> None:
    text = damage(node_dump())
    assert text != node_dump()
    (told,) = found("node.iptables", text, code)
    assert (told[0], told[1][: len(message)], told[2]) == (severity, message, related)


@pytest.mark.parametrize(
    ("release", "damage", "code", "messages", "related"),
    [
        (
            NEW,
            replaced(r"(service|endpoint|external)-[A-Z0-9]{8}", r"\1-AAAAAAAA"),
            "KPL446",
            ["`service-AAAAAAAA-default/kubernetes/tcp/https` (and 2 more names) has a hash that does not match"],
            2,
        ),
        (
            NEW,
            replaced("shop/web", "shop/wob"),
            "KPL446",
            ["`service-KHN6ECMT-shop/wob/tcp/http` (and 1 more name) has a hash that does not match its name, so"],
            1,
        ),
        (
            OLD,
            replaced("shop/web", "shop/wob"),
            "KPL446",
            ["`endpoint-CF7SRNYN-shop/wob/tcp/http__10.244.1.7/8080` (and 3 more names) has a hash that does not"],
            3,
        ),
        (
            NEW,
            without("dnat"),
            "KPL499",
            ["`service-KHN6ECMT-shop/web/tcp/http` (and 1 more chain) leads to no endpoint, so"],
            1,
        ),
        (
            OLD,
            without("numgen"),
            "KPL499",
            ["`service-KHN6ECMT-shop/web/tcp/http` (and 1 more chain) leads to no endpoint, so"],
            1,
        ),
        (
            OLD,
            replaced(r"mod \d+", "mod 9"),
            "KPL440",
            [
                (
                    "`service-2QRHZV4L-default/kubernetes/tcp/https` draws one of 9 numbers with `numgen`, but its map has no "
                    "endpoint for 8 of them"
                ),
                (
                    "`service-KHN6ECMT-shop/web/tcp/http` draws one of 9 numbers with `numgen`, but its map has no endpoint "
                    "for 7 of them"
                ),
            ],
            0,
        ),
        (
            NEW,
            without("goto (service|external)-"),
            "KPL481",
            [
                (
                    "no element of `service-ips` leads to `service-2QRHZV4L-default/kubernetes/tcp/https` (and 1 more chain), so "
                    "connections to the cluster IP of `default/kubernetes:https` are"
                ),
                "no element of `service-ips` or `service-nodeports` leads to `external-KHN6ECMT-shop/web/tcp/http`, so",
            ],
            1,
        ),
        (
            OLD,
            replaced(r"dnat to (\S+):\d+", r"dnat to \1:99"),
            "KPL444",
            [
                "the chain of the endpoint `192.168.77.1:6443` of `default/kubernetes:https` translates to `192.168.77.1:99`",
                "the chain of the endpoint `10.244.1.7:8080` of `shop/web:http` translates to `10.244.1.7:99`, so",
                "the chain of the endpoint `10.244.2.9:8080` of `shop/web:http` translates to `10.244.2.9:99`, so",
            ],
            0,
        ),
        (OLD, without("dnat"), "KPL444", ["this endpoint chain translates nothing, so"] * 3, 0),
        (
            OLD,
            without("jump mark-for-masquerade"),
            "KPL444",
            ["this endpoint chain does not masquerade connections of the endpoint to itself, so"] * 3,
            0,
        ),
    ],
)
def test_damages_of_nft_are_counted(release: str, damage: Damage, code: str, messages: list[str], related: int) -> None:
    assert found("node.nft", release, code) == []
    told = found("node.nft", damage(release), code)
    starts = [message[: len(start)] for start, (_, message, _) in zip(messages, told, strict=True)]
    assert starts == messages
    assert told[0][2] == related
