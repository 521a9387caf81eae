"""The chains of one table of kube-proxy, read once for all who compare them: endpoints, and what leads to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kpl.inputs.ruleset import Shape, Table
from kpl.proxy.chains import SERVICES

NODE_PORTS = "KUBE-NODEPORTS"
MARK_MASQ = "KUBE-MARK-MASQ"

_PER_SERVICE = re.compile(r"KUBE-(SVC|SVL|SEP|EXT|FW|XLB)-[A-Z2-7]{16}")
_NO_TARGET = frozenset((None, "", ":0", "0.0.0.0", "0.0.0.0:0", "[::]:0"))
_NO_CONDITION = frozenset(("-m", "--comment", "--random", "--random-fully", "--persistent"))
LARGE_ENDPOINTS = 1000
"""With more endpoints kube-proxy writes no comments for them and deletes what is stale later (since 1.20 at least)."""


class Leaf(NamedTuple):
    """One KUBE-SEP chain. Rows are numbers of rules of its table."""

    chain: str
    dnat: int | None
    """The rule that translates the destination."""
    to: str | None
    """``10.0.0.1:80``; None where the rule says no single target, or there is none."""
    masquerade: int | None
    """The rule that marks what the endpoint sends to itself."""
    source: str | None
    """The endpoint's address as that rule has it, without the prefix length."""
    name: str | None
    """The port's name as the comment of the DNAT rule has it."""
    protocol: str | None


def per_service(chain: str) -> str | None:
    """``SVC``, ``SVL``, ``SEP``, ``EXT``, ``FW`` or ``XLB`` where kube-proxy makes `chain` for one port or endpoint."""
    found = _PER_SERVICE.fullmatch(chain)
    return found[1] if found else None


def host_of(endpoint: str) -> str:
    """The address in ``10.0.0.1:80`` or ``[fd00::1]:80``."""
    return endpoint.rpartition(":")[0].strip("[]")


@lru_cache(maxsize=8)
def leaves(table: Table) -> dict[str, Leaf]:
    """The KUBE-SEP chains of `table` that have rules, by name."""
    dnats: dict[str, int] = {}
    masquerades: dict[str, int] = {}
    chains = []
    for chain, rows in table.rules_of.items():
        if not chain.startswith("KUBE-SEP-"):
            continue
        chains.append(chain)
        for row in rows:
            target = table.target[row]
            if target == "DNAT":
                dnats.setdefault(chain, row)
            elif target in (MARK_MASQ, "MARK"):
                masquerades.setdefault(chain, row)
    to = dict(zip(dnats, _targets(table, list(dnats.values())), strict=True))
    names = dict(zip(dnats, table.values("--comment", dnats.values()), strict=True))
    protocols = dict(zip(dnats, table.values("-p", dnats.values()), strict=True))
    sources = dict(zip(masquerades, table.values("-s", masquerades.values()), strict=True))
    return {
        chain: Leaf(
            chain,
            dnats.get(chain),
            to.get(chain),
            masquerades.get(chain),
            (sources.get(chain) or "").partition("/")[0] or None,
            names.get(chain),
            protocols.get(chain),
        )
        for chain in chains
    }


def _targets(table: Table, rows: list[int]) -> Iterator[str | None]:
    single: dict[Shape, bool] = {}
    for row, value in zip(rows, table.values("--to-destination", rows), strict=True):
        shape = table.shapes[row]
        if shape not in single:
            single[shape] = sum(name == "--to-destination" for name, _, _ in shape.options) == 1
        yield None if value in _NO_TARGET or not single[shape] else value


@lru_cache(maxsize=8)
def branches(table: Table) -> dict[str, list[int]]:
    """The rules that lead from each chain of a service port to endpoints, those of session affinity left out."""
    found: dict[str, list[int]] = {}
    sticky: dict[Shape, bool] = {}
    for chain, rows in table.rules_of.items():
        if per_service(chain) not in ("SVC", "SVL", "XLB"):
            continue
        for row in rows:
            if not table.target[row].startswith("KUBE-SEP-"):
                continue
            shape = table.shapes[row]
            if shape not in sticky:
                sticky[shape] = any(name == "--rcheck" for name, _, _ in shape.options)
            if not sticky[shape]:
                found.setdefault(chain, []).append(row)
    return found


class Portal(NamedTuple):
    """A rule of KUBE-SERVICES or KUBE-NODEPORTS that hands one address and port to a chain."""

    row: int
    target: str
    address: str | None
    """With its prefix length, as the rule has it; None for a NodePort."""
    protocol: str | None
    port: str | None
    comment: str | None


@lru_cache(maxsize=8)
def portals(nat: Table) -> list[Portal]:
    """What `nat` hands to the chains of service ports, in the order of the rules."""
    rows = [
        row
        for chain in (SERVICES, NODE_PORTS)
        for row in nat.rules_of.get(chain, ())
        if per_service(nat.target[row]) is not None
    ]
    columns = (nat.values(option, rows) for option in ("-d", "-p", "--dport", "--comment"))
    return [Portal(row, nat.target[row], *each) for row, *each in zip(rows, *columns, strict=True)]


def is_large(table: Table) -> bool:
    """Whether `table` holds so many endpoints that kube-proxy writes no comments and deletes stale chains later."""
    return sum(chain.startswith("KUBE-SEP-") for chain in table.chains) > LARGE_ENDPOINTS


def reached_from(table: Table, built_in: str) -> set[str]:
    """The chains that packets of the chain `built_in` may come to, itself among them."""
    reached, waiting = {built_in}, [built_in]
    while waiting:
        for row in table.rules_of.get(waiting.pop(), ()):
            target = table.target[row]
            if target not in reached and target in table.chains:
                reached.add(target)
                waiting.append(target)
    return reached


def is_unconditional(table: Table, row: int) -> bool:
    """Whether rule number `row` matches every packet: it has a comment at most, whatever its target has."""
    shape = table.shapes[row]
    match = (name for name, _, words in shape.options if not words or not shape.target or words[0] < shape.target)
    return all(name in _NO_CONDITION for name in match)
