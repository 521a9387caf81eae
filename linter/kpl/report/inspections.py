"""Prints what dumps are: for people, and as JSON (inspection.schema.json is the schema of one)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kpl.proxy.dumps.inspection import Inspection
from kpl.proxy.dumps.release_traits import ReleaseTrait
from kpl.proxy.iptables.tree import Branch
from kpl.proxy.node.state import Destination, PortState
from kpl.report.jsontext import path_fields
from kpl.report.screen import printable

_SHOWN = 10


def record(path: str, inspection: Inspection) -> dict[str, Any]:
    """One dump as the schema says."""
    return {
        **path_fields(path),
        "format": inspection.format,
        "backend": inspection.backend,
        "writer": inspection.writer,
        "mode": inspection.mode,
        "ip_family": inspection.state.ip_family,
        "complete": inspection.complete,
        "kube_proxy": {
            "min": inspection.oldest,
            "max": inspection.newest,
            "contradicting": inspection.contradicting,
            "marks": [trait_text(trait) for trait in inspection.traits],
        },
        "counts": {
            "rules": inspection.rules,
            "chains": inspection.chains,
            "services": inspection.services,
            "endpoints": inspection.endpoints,
            "longest_walk": inspection.walk,
        },
        "services": [_service(port) for port in inspection.state.ports],
        "agents": inspection.agents,
    }


def _service(port: PortState) -> dict[str, Any]:
    shown = port.internal if port.internal.endpoints or port.external is None else port.external
    return {
        "name": port.name,
        "protocol": port.protocol,
        "cluster_ip": port.cluster_ip,
        "port": port.port,
        "node_port": port.node_port,
        "external_ips": port.external_ips,
        "load_balancer_ips": port.load_balancer_ips,
        "source_ranges": port.source_ranges,
        "affinity_seconds": port.affinity_seconds,
        "endpoints": [each._asdict() for each in shown.endpoints],
        "no_endpoints": port.no_endpoints,
    }


def trait_text(trait: ReleaseTrait) -> str:
    """``KUBE-EXT chains: 1.24 or newer``."""
    return f"{trait.what}: {trait.since} or newer" if trait.since else f"{trait.what}: {trait.until} or older"


def text_lines(path: str, inspection: Inspection) -> Iterator[str]:
    """One dump for a person."""
    family = f"IPv{inspection.state.ip_family}"
    backend = {"nft": "nftables backend", "legacy": "legacy backend"}.get(inspection.backend or "")
    parts = [inspection.writer or inspection.format, *([backend] if backend else []), family]
    yield f"{printable(path)}: {printable(', '.join(parts))}{'' if inspection.complete else ', not whole'}"
    yield from _entry("kube-proxy", [_release(inspection), *map(trait_text, inspection.deciding)])
    held = f"{_count(inspection.rules, 'rule')}, {_count(inspection.chains, 'chain')}"
    if inspection.services is None or inspection.endpoints is None:
        yield from _entry("holds", [held, "no Services are read from these tables: use the output of iptables-save"])
    else:
        services = f"{_count(inspection.services, 'Service')}, {_count(inspection.endpoints, 'endpoint')}"
        yield from _entry("holds", [f"{services}; {held}" if inspection.chains or inspection.rules else services])
    if inspection.walk:
        yield from _entry("walk", [f"{_count(inspection.walk, 'rule')} for the first packet to what is no Service"])
    ports = inspection.state.ports
    yield from _entry("no endpoints", _some(_title(port) for port in ports if port.no_endpoints))
    yield from _entry(
        "affinity", _some(f"{_title(port)}: {port.affinity_seconds} s" for port in ports if port.affinity_seconds)
    )
    yield from _entry(
        "source ranges",
        _some(f"{_title(port)}: {', '.join(port.source_ranges)}" for port in ports if port.source_ranges),
    )
    yield from _entry("other agents", [", ".join(inspection.agents)] if inspection.agents else [])


def _release(inspection: Inspection) -> str:
    oldest, newest = inspection.oldest, inspection.newest
    if inspection.mode is None:
        return "no trace of it"
    mode = f"mode {inspection.mode}"
    if not inspection.read:
        return f"{mode}, in the tables of iptables-nft"
    if inspection.contradicting:
        return f"{mode}, marks of different releases"
    if oldest and newest:
        return f"{mode}, Kubernetes {oldest}" + ("" if oldest == newest else f" to {newest}")
    if oldest or newest:
        return f"{mode}, Kubernetes {oldest or newest} or {'newer' if oldest else 'older'}"
    return f"{mode}, no mark of a release"


def _entry(title: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {title if number == 0 else '':<14} {printable(line)}"


def _some(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN:,} more"]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _title(port: PortState) -> str:
    return port.name or f"{port.protocol} {port.cluster_ip or '*'}:{port.port or port.node_port}"


def tree_lines(chain: str, branch: Branch) -> Iterator[str]:
    """The rules of one Service from one place on."""
    yield printable(f"{chain}: {_branch(branch)}")
    yield from _children(branch.children, "")


def _children(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    for number, branch in enumerate(branches, 1):
        last = number == len(branches)
        yield f"{indent}{'└─ ' if last else '├─ '}{printable(_branch(branch))}"
        yield from _children(branch.children, indent + ("   " if last else "│  "))


def _branch(branch: Branch) -> str:
    share = f"{branch.share:.1%} " if branch.share is not None else ""
    cut = f" ({branch.cut})" if branch.cut else ""
    return f"{share}{branch.condition}{' ' if branch.condition else ''}-> {branch.target}{cut}"


def port_lines(port: PortState) -> Iterator[str]:
    """A port of a Service from its state alone."""
    yield printable(f"{_title(port)} {port.protocol}")
    address = f"[{port.cluster_ip}]" if port.cluster_ip and ":" in port.cluster_ip else port.cluster_ip
    yield from _destination(f"cluster IP {address}:{port.port}", port.internal)
    ways = [f"NodePort {port.node_port}"] if port.node_port else []
    ways += [f"external IP {each}" for each in port.external_ips]
    ways += [f"load balancer IP {each}" for each in port.load_balancer_ips]
    if port.external is not None and ways:
        yield from _destination(", ".join(ways), port.external)


def _destination(title: str, destination: Destination) -> Iterator[str]:
    yield printable(f"├─ {title}{' (endpoints on this node only)' if destination.local else ''}")
    for each in destination.endpoints:
        yield printable(f"│  {each.probability:.1%} -> {each.address} {each.port}")
    if not destination.endpoints:
        yield "│  no endpoints"
