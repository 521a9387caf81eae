"""What should be programmed is what real kube-proxies programmed, release by release."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kpl.inputs.iptables import parse_iptables_save
from kpl.inputs.services import EndpointSlice, Service
from kpl.proxy.compare import differences
from kpl.proxy.expected import expected_states
from kpl.proxy.from_iptables import node_states
from kpl.proxy.selection import NodeFacts
from kpl.proxy.state import NodeState
from kpl.text.version import Version
from objects import models
from support import SHARED

PROXIER = SHARED / "corpus" / "proxier"
HERE = NodeFacts("node1", "z1")
SERVICE_CIDRS = ("10.96.", "fd00:10:96:")
"""What the cluster IPs of all situations start with."""

Programmed = tuple[str, str, str, int, frozenset[tuple[str, int]]]
"""Name, protocol, cluster IP, port, endpoints."""


def dumps(pattern: str) -> list[Any]:
    """The saved dumps, with the situation and the release that they are of."""
    found = sorted(PROXIER.glob(pattern))
    found = [path for path in found if not any(part in path.name for part in ("restore-input", "legacy", "counters"))]
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


@pytest.mark.parametrize("path", dumps("1.*/*.ip*tables*"))
def test_the_iptables_rules_are_as_expected(path: Path) -> None:
    states = node_states(parse_iptables_save(_text(path)))
    families = {state.ip_family for state in states}
    wanted = expected(path, HERE)
    assert programmed(states) == programmed([state for family, state in wanted.items() if family in families])
    for node in (HERE, NodeFacts()):
        wanted = expected(path, node)
        for state in states:
            assert differences(wanted[state.ip_family], state) == []


@pytest.mark.parametrize("path", dumps("1.*/04-etp-local.iptables"))
def test_on_another_node_they_would_be_wrong(path: Path) -> None:
    (state,) = node_states(parse_iptables_save(_text(path)))
    found = differences(expected(path, NodeFacts("node2", "z2"))[4], state)
    assert {each.title for each in found} == {"lb/a:http", "lb/b:http", "lb/d:http"}
    assert {each.way for each in found} == {"external"}


@pytest.mark.parametrize("path", dumps("1.*/*.nft.json"))
def test_the_nftables_rules_are_as_expected(path: Path) -> None:
    objects = json.loads(_text(path))["nftables"]
    assert set(_nft(objects)) == programmed(list(expected(path, HERE).values()))


def _nft(objects: list[dict[str, Any]]) -> Iterator[Programmed]:
    """The Services in what ``nft -j list ruleset`` prints."""
    rules: dict[tuple[str, str], list[Any]] = {}
    for rule in (each["rule"] for each in objects if "rule" in each):
        rules.setdefault((rule["family"], rule["chain"]), []).append(rule["expr"])
    for map_ in (each["map"] for each in objects if "map" in each):
        if map_["name"] not in ("service-ips", "no-endpoint-services"):
            continue
        for key, verdict in map_.get("elem", ()):
            comment = key["elem"].get("comment", "") if "elem" in key else ""
            address, protocol, port = (key["elem"]["val"] if "elem" in key else key)["concat"]
            chain = verdict.get("goto", {}).get("target", "") if verdict else ""
            if not address.startswith(SERVICE_CIDRS):
                continue
            if not comment:
                namespace, service, _, name = chain.partition("-")[2].partition("-")[2].split("/")
                comment = f"{namespace}/{service}" + (f":{name}" if name else "")
            endpoints = frozenset(_targets(rules.get((map_["family"], chain), [])))
            yield comment, protocol.upper(), address, port, endpoints


def _targets(node: Any) -> Iterator[tuple[str, int]]:
    """The endpoints that rules name: as chains, or as where they translate to."""
    if isinstance(node, list):
        for each in node:
            yield from _targets(each)
    elif isinstance(node, dict):
        target = node.get("target", "")
        if isinstance(target, str) and target.startswith("endpoint-"):
            address, _, port = target.rpartition("__")[2].rpartition("/")
            yield address.replace(".", ":") if address.count(".") > 3 else address, int(port)
        if "dnat" in node:
            yield from _addresses(node["dnat"])
        for each in node.values():
            yield from _targets(each)


def _addresses(dnat: Any) -> Iterator[tuple[str, int]]:
    if isinstance(dnat.get("addr"), str):
        yield dnat["addr"], dnat["port"]
        return
    for _, value in dnat["addr"]["map"]["data"]["set"]:
        yield value["concat"][0], value["concat"][1]
