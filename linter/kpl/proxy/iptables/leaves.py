"""The chains of one table of kube-proxy, read once for all who compare them: endpoints, and what leads to them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kpl.inputs.dumps.ruleset import RuleShape, Table
from kpl.proxy.iptables.chains import SERVICES
from kpl.text import late

NODE_PORTS = "KUBE-NODEPORTS"
MARK_MASQ = "KUBE-MARK-MASQ"
"""The chain that marks packets to be masqueraded."""

_PER_SERVICE = late.pattern(r"KUBE-(SVC|SVL|SEP|EXT|FW|XLB)-[A-Z2-7]{16}")
_NO_TARGET = frozenset((None, "", ":0", "0.0.0.0", "0.0.0.0:0", "[::]:0"))
_NO_CONDITION = frozenset(("-m", "--comment", "--random", "--random-fully", "--persistent"))
_COMMENT = r'(?: -m comment --comment (?:"[^"\\\n]+"|[^\s"]+))?'
_USUAL_LEAF = late.pattern(
    rf"-A (KUBE-SEP-[A-Z2-7]{{16}}) -s (\S+)/\d+{_COMMENT} -j KUBE-MARK-MASQ\n"
    rf"-A \1 -p (\S+){_COMMENT} -m \3 -j DNAT --to-destination \[?\2\]?:[1-9]\d*\n"
)
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
    """None where there is no name."""


def per_service(chain: str) -> str | None:
    """``SVC``, ``SVL``, ``SEP``, ``EXT``, ``FW`` or ``XLB`` where kube-proxy makes `chain` for one port or endpoint."""
    found = _PER_SERVICE.fullmatch(chain)
    return found[1] if found else None


def host_of(endpoint: str) -> str:
    """The address in ``10.0.0.1:80`` or ``[fd00::1]:80``."""
    return endpoint.rpartition(":")[0].strip("[]")


@lru_cache(maxsize=8)
def named_leaves(table: Table) -> dict[str, Leaf]:
    """The KUBE-SEP chains of `table` that have rules, by name; none where no comment says what an endpoint belongs to."""
    shapes = {id(table.shapes[row]): table.shapes[row] for row in table.jumps_to.get("DNAT", ())}
    if any(name == "--comment" for shape in shapes.values() for name, _, _ in shape.options):
        return _leaves(table, [chain for chain in table.rules_of if chain.startswith("KUBE-SEP-")])
    return {}


@lru_cache(maxsize=8)
def odd_leaves(table: Table) -> dict[str, Leaf]:
    """The KUBE-SEP chains of `table` that have rules, without those that are just as kube-proxy writes them.

    Left out are those of two rules, one that masquerades what the endpoint sends to itself, and one that translates to
    this address.
    """
    rules_of, offsets = table.rules_of, table.offsets
    start, end = (offsets[0], table.text.find("\n", offsets[-1]) + 1) if offsets else (0, 0)
    usual = {
        leaf[1]
        for leaf in _USUAL_LEAF.finditer(table.text, start, end)
        if leaf[1] in rules_of and len(rows := rules_of[leaf[1]]) == 2 and offsets[rows[0]] == leaf.start()
    }
    return _leaves(table, [chain for chain in rules_of if chain.startswith("KUBE-SEP-") and chain not in usual])


def _leaves(table: Table, chains: list[str]) -> dict[str, Leaf]:
    dnats, masquerades = _first_rows(table, chains, "DNAT"), _first_rows(table, chains, MARK_MASQ, "MARK")
    rows = list(dnats.values())
    shapes = {id(table.shapes[row]): table.shapes[row] for row in rows}
    several = {number for number, shape in shapes.items() if _targets_in(shape) != 1}
    targets = dict(zip(dnats, table.values("--to-destination", rows), strict=True))
    names = dict(zip(dnats, table.columns(("--comment", "-p"), rows), strict=True))
    sources = dict(zip(masquerades, table.values("-s", masquerades.values()), strict=True))
    found = {}
    for chain in chains:
        dnat, to, source = dnats.get(chain), targets.get(chain), sources.get(chain)
        if to in _NO_TARGET or several and dnat is not None and id(table.shapes[dnat]) in several:
            to = None
        name, protocol = names.get(chain, (None, None))
        source = source.partition("/")[0] if source else source
        found[chain] = Leaf(chain, dnat, to, masquerades.get(chain), source, name, protocol if name else None)
    return found


def _first_rows(table: Table, chains: list[str], *targets: str) -> dict[str, int]:
    """The first rule of each of `chains` that hands packets to the first of `targets` that it hands any to."""
    found: dict[str, int] = {}
    for chain in chains:
        rows = table.rules_of[chain]
        for target in targets:
            row = next((row for row in rows if table.target[row] == target), None)
            if row is not None:
                found[chain] = row
                break
    return found


def _targets_in(shape: RuleShape) -> int:
    return sum(name == "--to-destination" for name, _, _ in shape.options)


@lru_cache(maxsize=8)
def branches(table: Table) -> dict[str, list[int]]:
    """The rules that lead from each chain of a service port to endpoints, without those of session affinity."""
    found: dict[str, list[int]] = {}
    sticky: dict[int, bool] = {}
    for chain, rows in table.rules_of.items():
        if not chain.startswith(("KUBE-SVC-", "KUBE-SVL-", "KUBE-XLB-")):
            continue
        for row in rows:
            if not table.target[row].startswith("KUBE-SEP-"):
                continue
            shape = table.shapes[row]
            if id(shape) not in sticky:
                sticky[id(shape)] = any(name == "--rcheck" for name, _, _ in shape.options)
            if not sticky[id(shape)]:
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
    columns = nat.columns(("-d", "-p", "--dport", "--comment"), rows)
    return [Portal(row, nat.target[row], *each) for row, each in zip(rows, columns, strict=True)]


def is_large(table: Table) -> bool:
    """Whether `table` holds so many endpoints that kube-proxy writes no comments and deletes stale chains later."""
    return sum(chain.startswith("KUBE-SEP-") for chain in table.chains) > LARGE_ENDPOINTS


def chains_reached_from(table: Table, built_in: str) -> set[str]:
    """The chains that packets of the chain `built_in` may come to, itself among them."""
    reached, waiting = {built_in}, [built_in]
    while waiting:
        for row in table.rules_of.get(waiting.pop(), ()):
            target = table.target[row]
            if target not in reached and target in table.chains:
                reached.add(target)
                waiting.append(target)
    return reached


def chains_leading_to(table: Table, chain: str) -> set[str]:
    """The chains from which packets may come to `chain`, itself among them."""
    found, waiting = {chain}, [chain]
    while waiting:
        for row in table.jumps_to.get(waiting.pop(), ()):
            source = table.chain[row]
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def is_unconditional(table: Table, row: int) -> bool:
    """Whether rule number `row` matches every packet: it has a comment at most, whatever its target has."""
    shape = table.shapes[row]
    match = (name for name, _, words in shape.options if not words or not shape.target or words[0] < shape.target)
    return all(name in _NO_CONDITION for name in match)
