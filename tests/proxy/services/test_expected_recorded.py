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
from kpl.text.version import Version
from objects import models
from support import SHARED

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


@pytest.mark.parametrize("path", dumps("1.*/04-etp-local.iptables"))
def test_on_another_node_they_would_be_wrong(path: Path) -> None:
    (state,) = read_back(path)
    found = differences(expected(path, NodeFacts("node2", "z2"))[4], state)
    assert {each.title for each in found} == {"lb/a:http", "lb/b:http", "lb/d:http"}
    assert {each.way for each in found} == {"external"}
