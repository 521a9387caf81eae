"""What should be programmed is what real kube-proxies programmed, release by release."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.inputs.objects.endpointslices import EndpointSlice
from kpl.inputs.objects.services import Service
from kpl.inputs.read import read
from kpl.proxy.node.compare import differences
from kpl.proxy.node.state import NodeState
from kpl.proxy.services.expected import expected_states
from kpl.proxy.services.selection import NodeFacts
from kpl.testing import node_dump
from kpl.text.version import Version
from kpl_rules.dataplane._nft import NEW, OLD
from objects import models
from support import SHARED, readings
from twins import OF_NFT, OF_NODE_DUMP

PROXIER = SHARED / "corpus" / "proxier"
HERE = NodeFacts("node1", "z1")

Programmed = tuple[str, str, str, int, frozenset[tuple[str, int]]]
"""Name, protocol, cluster IP, port, endpoints."""


def dumps(pattern: str) -> list[Any]:
    """The saved dumps, with the situation and the release that they are of."""
    found = sorted(PROXIER.glob(pattern))
    found = [
        path
        for path in found
        if not any(part in path.name for part in ("restore-input", "transaction", "legacy", "counters", "handles"))
    ]
    cases = [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in found]
    return cases or [pytest.param(None, marks=pytest.mark.skip("no dumps here"))]


@cache
def situation(name: str) -> tuple[list[Service], list[EndpointSlice]]:
    """The objects that kube-proxy saw."""
    (path,) = (PROXIER / "situations").glob(f"{name}.json*")
    objects = json.loads(_text(path))
    assert not objects["phases"]
    of_kind = (("Service", objects["services"]), ("EndpointSlice", objects["endpointSlices"]))
    return models([{"kind": kind, **each} for kind, listed in of_kind for each in listed])


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def read_back(path: Path) -> list[NodeState]:
    """What the dump says."""
    reading = read(path.name.removesuffix(".gz"), _text(path).encode())
    assert reading is not None
    return [state for document in reading.documents for state in Cluster().node_states(document)]


def expected(path: Path, node: NodeFacts) -> dict[int, NodeState]:
    states = expected_states(*situation(path.name.partition(".")[0]), node, Version(path.parent.name))
    return {state.ip_family: state for state in states}


def programmed(states: list[NodeState]) -> set[Programmed]:
    return {
        (port.name or "", port.protocol, port.cluster_ip or "", port.port or 0, frozenset(each[:2] for each in found))
        for state in states
        for port in state.ports
        for found in [port.internal.endpoints]
    }


@pytest.mark.parametrize("path", dumps("1.*/*.ip*tables*") + dumps("1.*/*.nft*"))
def test_the_rules_are_as_expected(path: Path) -> None:
    states = read_back(path)
    assert states
    families = {state.ip_family for state in states}
    wanted = expected(path, HERE)
    assert programmed(states) == programmed([state for family, state in wanted.items() if family in families])
    for node in (HERE, NodeFacts()):
        wanted = expected(path, node)
        for state in states:
            assert differences(wanted.get(state.ip_family, NodeState(state.ip_family)), state) == []


TWINS = [
    pytest.param("node.iptables", node_dump(), OF_NODE_DUMP, "1.36", id="iptables"),
    pytest.param("node.nft", NEW, OF_NFT, "1.37", id="nftables"),
    pytest.param("node.nft", OLD, OF_NFT, "1.33", id="nftables of 1.33"),
]


@pytest.mark.parametrize(("name", "text", "objects", "release"), TWINS)
def test_the_small_dumps_are_what_their_objects_ask_for(
    name: str, text: str, objects: list[dict[str, Any]], release: str
) -> None:
    (reading,) = readings({name: text})
    states = [state for document in reading.documents for state in Cluster().node_states(document)]
    for node in (HERE, NodeFacts("node1"), NodeFacts()):
        (wanted,) = expected_states(*models(objects), node, Version(release))
        for state in states:
            assert differences(wanted, state) == []
    (wanted,) = expected_states(*models(objects), HERE, Version(release))
    assert programmed(states) == programmed([wanted])
    # each of the Services matters
    for service in {each["metadata"]["name"] for each in objects if each["kind"] == "Service"}:
        fewer = [each for each in objects if not (each["kind"] == "Service" and each["metadata"]["name"] == service)]
        (wanted,) = expected_states(*models(fewer), HERE, Version(release))
        (found,) = differences(wanted, states[0])
        assert (found.kind.value, f"/{service}" in found.title) == ("service left over", True)


def test_on_another_node_the_small_dump_would_be_wrong() -> None:
    (reading,) = readings({"node.iptables": node_dump()})
    (state,) = (state for document in reading.documents for state in Cluster().node_states(document))
    wrong = {
        "node2": {("shop/pay", "answered although there is no endpoint", ("10.244.1.9:8443",))},
        "node3": {
            ("shop/far:http", "refused although there are endpoints", ("10.244.3.4:8080",)),
            ("shop/pay", "endpoint missing", ("10.244.3.9:8443",)),
            ("shop/pay", "endpoint left over", ("10.244.1.9:8443",)),
        },
    }
    for node, told in wrong.items():
        (wanted,) = expected_states(*models(OF_NODE_DUMP), NodeFacts(node), Version("1.36"))
        found = differences(wanted, state)
        assert {each.way for each in found} == {"external"}
        assert {(each.title, each.kind.value, each.expected or each.programmed) for each in found} == told


@pytest.mark.parametrize("path", dumps("1.*/04-etp-local.iptables"))
def test_on_another_node_they_would_be_wrong(path: Path) -> None:
    (state,) = read_back(path)
    found = differences(expected(path, NodeFacts("node2", "z2"))[4], state)
    assert {each.title for each in found} == {"lb/a:http", "lb/b:http", "lb/d:http"}
    assert {each.way for each in found} == {"external"}
