from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from situations import expected, situation

from kpl.inputs.nft import parse_nft
from kpl.inputs.nftables import NftRuleset
from kpl.inputs.nftjson import parse_nft_json
from kpl.proxy.from_nft import node_states
from kpl.proxy.state import Destination, PortState
from support import SHARED

PROXIER = SHARED / "corpus" / "proxier"
FILES = sorted(
    path
    for ending in ("*.nft", "*.nft.json", "*.nft.gz")
    for path in PROXIER.glob(f"1.*/{ending}")
    if ".transaction." not in path.name
)


def ruleset_of(path: Path) -> NftRuleset:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return parse_nft_json(text) if path.name.endswith(".json") else parse_nft(text)


def shown(port: PortState) -> dict[str, Any]:
    def endpoints(destination: Destination) -> list[tuple[str, int, float]]:
        return sorted((each.address, each.port, round(each.probability, 6)) for each in destination.endpoints)

    return {
        "cluster_ip": port.cluster_ip,
        "port": port.port,
        "node_port": port.node_port,
        "addresses": sorted([*port.external_ips, *port.load_balancer_ips]),
        "source_ranges": port.source_ranges,
        "affinity": port.affinity_seconds,
        "internal": endpoints(port.internal),
        "external": endpoints(port.external) if port.external else None,
        "internal_local": port.internal.local,
        "external_local": bool(port.external and port.external.local),
    }


@pytest.mark.skipif(not FILES, reason="needs ../shared")
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_kube_proxy_programmed_is_what_the_objects_ask_for(path: Path) -> None:
    ruleset = ruleset_of(path)
    assert not ruleset.unread
    assert all(table.complete and not table.unread for table in ruleset.tables)
    states = {state.ip_family: state for state in node_states(ruleset)}
    assert set(states) == {4, 6}
    objects = situation(next((PROXIER / "situations").glob(f"{path.name.partition('.')[0]}.json*")))
    minor = int(path.parent.name.partition(".")[2])
    for family, name in ((4, "IPv4"), (6, "IPv6")):
        found = {key: shown(port) for key, port in states[family].by_name().items()}
        assert len(found) == len(states[family].ports)
        assert found == expected(objects, minor, name)
    assert states[4].ports


@pytest.mark.skipif(not FILES, reason="needs ../shared")
@pytest.mark.parametrize("path", [path for path in FILES if path.name.endswith((".handles.nft", ".json"))], ids=str)
def test_the_forms_of_one_ruleset_agree(path: Path) -> None:
    plain = path.with_name(path.name.replace(".handles", "").removesuffix(".json"))
    assert node_states(ruleset_of(path)) == node_states(ruleset_of(plain))
