"""Files put together by the addresses of their Services."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kpl.clusters.addresses import MOST_COMPARED, Addresses, Groups, addresses_of
from kpl_rules.dataplane.node_lags_behind import _node
from support import readings

Names = dict[str, str]


def manifests(**named: str) -> Addresses:
    """Services by name, each with one port at an address."""
    return _addresses(named, dumped=False)


def dump(*unnamed: str, **named: str) -> Addresses:
    """What a dump shows; of ports without a name only the address."""
    return _addresses(named, dumped=True)._replace(unnamed=frozenset(("TCP", each, 80) for each in unnamed))


def _addresses(named: Names, dumped: bool) -> Addresses:
    return Addresses(
        {(name, "TCP", 6 if ":" in address else 4): address for name, address in named.items()},
        frozenset(),
        frozenset(("TCP", address, 80) for address in named.values()),
        dumped,
    )


def groups(*files: Addresses) -> list[int]:
    found = Groups()
    return [found.add(each) for each in files]


def many(count: int, network: str = "10.0.0", first: int = 0) -> Names:
    return {f"s{number}": f"{network}.{number}" for number in range(first, first + count)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # manifests are of one cluster unless they contradict each other: more Services at other addresses than at the same
        ([manifests(a="10.0.0.1"), manifests(b="10.0.0.2")], [0, 0]),
        ([manifests(a="10.0.0.1"), manifests(a="10.0.0.2")], [0, 1]),
        ([manifests(a="10.0.0.1", b="10.0.0.2"), manifests(a="10.0.0.1", b="10.0.0.3")], [0, 1]),
        ([manifests(a="10.0.0.1", b="10.0.0.2", c="10.0.0.3"), manifests(a="10.0.0.1", b="10.0.0.2", c="10.0.0.4")], [0, 0]),
        # what was put together is compared together
        ([manifests(a="10.0.0.1"), manifests(b="10.0.0.2"), manifests(b="10.0.0.3")], [0, 0, 1]),
        ([manifests(a="10.0.0.1"), manifests(a="10.0.0.2"), manifests(a="10.0.0.2")], [0, 1, 1]),
        ([manifests(a="10.0.0.1"), manifests(a="10.0.0.2"), manifests(c="10.0.0.9")], [0, 1, 0]),
        # a dump and manifests have something in common
        ([manifests(a="10.0.0.1"), dump(b="10.0.0.2")], [0, 1]),
        ([manifests(a="10.0.0.1"), dump(a="10.0.0.1", b="10.0.0.2")], [0, 0]),
        ([manifests(a="10.0.0.1", b="10.0.0.2"), dump(a="10.0.0.1", b="10.0.0.3")], [0, 1]),
        ([dump(a="10.0.0.1", b="10.0.0.2"), manifests(a="10.0.0.1")], [0, 0]),
        ([dump(a="10.0.0.1"), manifests(a="10.0.0.2")], [0, 1]),
        ([dump(a="10.0.0.1"), manifests(b="10.0.0.2")], [0, 1]),
        # two dumps have more than half of the larger one in common
        ([dump(**many(4)), dump(**many(2))], [0, 1]),
        ([dump(**many(4)), dump(**many(3))], [0, 0]),
        ([dump(**many(3)), dump(**many(4))], [0, 0]),
        ([dump(**many(2)), dump(**many(4))], [0, 1]),
        ([dump(**many(4)), dump(**{**many(4), **many(2, "10.9.9")})], [0, 1]),
        ([dump(**many(5)), dump(**{**many(5), **many(2, "10.9.9")})], [0, 0]),
        ([dump(a="10.0.0.1"), dump(b="10.0.0.1")], [0, 1]),
        # ports that a dump has no name for are known by their address
        ([dump("10.0.0.1"), dump("10.0.0.1")], [0, 0]),
        ([dump("10.0.0.1"), dump("10.0.0.2")], [0, 1]),
        ([dump("10.0.0.0"), dump(**many(1))], [0, 0]),
        ([dump(**many(1)), dump("10.0.0.0")], [0, 0]),
        ([manifests(**many(1)), dump("10.0.0.0", "10.0.0.9")], [0, 0]),
        ([dump("10.0.0.0", "10.0.0.9"), manifests(**many(1))], [0, 0]),
        ([dump("10.0.0.0", **many(2, first=5)), dump("10.0.0.0", **many(2, "10.9.9", first=5))], [0, 1]),
        # of another IP family only the names can be compared
        ([dump(**many(3)), dump(**many(3, "fd00:"))], [0, 0]),
        ([dump(**many(3)), dump(**many(2, "fd00:", first=2))], [0, 1]),
        ([dump(**many(3)), manifests(**many(3, "fd00:"))], [0, 0]),
        ([dump(**many(3), z="fd00::9"), dump(**many(3, "fd00:"))], [0, 1]),
    ],
)  # fmt: skip
def test_which_files_are_of_one_cluster(files: list[Addresses], expected: list[int]) -> None:
    assert groups(*files) == expected


def test_of_many_dumps_of_a_cluster_the_first_ones_are_compared() -> None:
    """All of them count; the sizes tell how many."""
    found = Groups()
    for number in range(MOST_COMPARED + 2):
        assert found.add(dump(**many(6, first=number))) == 0
    assert found.sizes == [MOST_COMPARED + 2]


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "n"}, "spec": spec}


def test_the_addresses_of_manifests() -> None:
    items = [
        service("a", clusterIP="10.0.0.1", clusterIPs=["10.0.0.1", "fd00::1"], ports=[{"port": 80}, {"port": 53, "protocol": "UDP"}]),
        service("b", clusterIP="None", ports=[{"port": 80}]),
        service("c", ports=[{"port": 80}]),
    ]  # fmt: skip
    (reading,) = readings({"s.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": items})})
    assert addresses_of(reading) == Addresses(
        {
            ("n/a", "TCP", 4): "10.0.0.1",
            ("n/a", "TCP", 6): "fd00::1",
            ("n/a", "UDP", 4): "10.0.0.1",
            ("n/a", "UDP", 6): "fd00::1",
        },
        frozenset(),
        frozenset(
            (protocol, address, port)
            for protocol, port in (("TCP", 80), ("UDP", 53))
            for address in ("10.0.0.1", "fd00::1")
        ),
        dumped=False,
    )
    (reading,) = readings({"s.json": json.dumps(service("c", ports=[{"port": 80}]))})
    assert addresses_of(reading) is None


def test_the_addresses_of_dumps() -> None:
    ipvs = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\nTCP  10.0.0.1:80 rr\n"
    (reading,) = readings({"node.ipvs": ipvs + "  -> 10.1.0.1:8080      Masq    1      0          0\n"})
    assert addresses_of(reading) == Addresses({}, frozenset({("TCP", "10.0.0.1", 80)}), frozenset(), dumped=True)
    (reading,) = readings({"node.iptables": _node(("shop/a:web", "10.244.1.1"))})
    assert addresses_of(reading) == Addresses(
        {("shop/a", "TCP", 4): "10.96.1.1"}, frozenset(), frozenset({("TCP", "10.96.1.1", 80)}), dumped=True
    )
    (reading,) = readings({"node.iptables": "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n"})
    assert addresses_of(reading) is None
