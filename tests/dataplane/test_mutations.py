"""One change in the dump of a healthy node: how often the rules for dumps find it.

The small node is changed in every place there is; what kube-proxy programmed, where that is at hand, in random places.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kpl import Cluster, node_dump
from kpl.inputs.iptables import parse_iptables_save
from kpl.lint.registry import entries
from support import SHARED

RULES = [entry.load()() for entry in entries() if "KPL401" <= entry.code <= "KPL439" and entry.default]

Mutation = Callable[[list[str]], Iterator[tuple[int, list[str]]]]
"""Makes of the lines of a dump, one after the other, what stands instead of one line."""


def found(text: str) -> set[str]:
    """The names of the rules that have a finding."""
    ruleset = parse_iptables_save(text)
    seen = set()
    for rule in RULES:
        subjects = (ruleset, Cluster())[: rule.check.__code__.co_argcount - 1]
        if next(iter(rule.check(*subjects)), None) is not None:
            seen.add(rule.name)
    return seen


def rules(lines: list[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines) if line.startswith(("-A ", "[")))


def drop_a_rule(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    return ((number, []) for number, _ in rules(lines))


def double_a_rule(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    return ((number, [line, line]) for number, line in rules(lines))


def change_an_address(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The target of a DNAT rule."""
    for number, line in rules(lines):
        if "--to-destination " in line:
            yield (
                number,
                [re.sub(r"(--to-destination \S*?)(\d)(\]?:\d+)$", lambda m: f"{m[1]}{9 - int(m[2])}{m[3]}", line)],
            )


def change_a_probability(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in rules(lines):
        if "--probability " in line:
            yield number, [re.sub(r"--probability \S+", "--probability 0.42000000039", line)]


def lose_a_probability(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in rules(lines):
        if "--probability " in line:
            yield number, [re.sub(r"-m statistic --mode random --probability \S+ ", "", line)]


def drop_a_declaration(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines):
        if line.startswith(":KUBE-") and not line.startswith(
            (":KUBE-PROXY-CANARY", ":KUBE-KUBELET", ":KUBE-MARK-DROP")
        ):
            yield number, []


def swap_a_mark(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in rules(lines):
        if "mark 0x4000/" in line:
            yield number, [line.replace("0x4000/0x4000", "0x2000/0x2000").replace("0x4000/0x0", "0x2000/0x0")]


def change_a_jump(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """To another chain of the same kind."""
    kinds: dict[str, list[str]] = {}
    for line in lines:
        if declared := re.match(r":(KUBE-(?:SVC|SVL|SEP|EXT|FW|XLB)-)\S+", line):
            kinds.setdefault(declared[1], []).append(declared[0][1:])
    for number, line in rules(lines):
        if jump := re.search(r"-j ((KUBE-\w+-)[A-Z2-7]{16})$", line):
            others = [each for each in kinds.get(jump[2], []) if each != jump[1]]
            if others:
                yield number, [line.replace(f"-j {jump[1]}", f"-j {others[number % len(others)]}")]


KINDS: dict[str, tuple[Mutation, float, float]] = {
    # name: the change, the least share that is found in the small node and in what kube-proxy programmed
    "drop a rule": (drop_a_rule, 0.8, 0.7),
    "double a rule": (double_a_rule, 0.9, 0.9),
    "change an address": (change_an_address, 1.0, 1.0),
    "change a probability": (change_a_probability, 1.0, 1.0),
    "lose a probability": (lose_a_probability, 1.0, 1.0),
    "drop a declaration": (drop_a_declaration, 1.0, 0.9),
    "swap a mark": (swap_a_mark, 1.0, 1.0),
    "change a jump": (change_a_jump, 1.0, 0.98),
}


def renamed(text: str, chain: str) -> str:
    """`chain` with another hash, wherever it stands."""
    return text.replace(chain, chain[:-4] + ("AAAA" if chain[-4:] != "AAAA" else "BBBB"))


def share(text: str, mutation: Mutation, sample: int | None = None, seed: int = 0) -> tuple[int, list[str]]:
    """How many changes were made, and the lines whose change nothing found."""
    lines = text.split("\n")
    changes = list(mutation(lines))
    if sample is not None:
        changes = random.Random(seed).sample(changes, min(sample, len(changes)))
    missed = []
    for number, instead in changes:
        changed = "\n".join([*lines[:number], *instead, *lines[number + 1 :]])
        if changed != text and not found(changed):
            missed.append(lines[number])
    return len(changes), missed


def test_the_small_node_is_healthy() -> None:
    assert found(node_dump()) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_changes_of_the_small_node_are_found(kind: str) -> None:
    mutation, least, _ = KINDS[kind]
    made, missed = share(node_dump(), mutation)
    assert made >= 3
    assert 1 - len(missed) / made >= least, missed


def test_a_chain_with_another_name_is_found() -> None:
    text = node_dump()
    chains = re.findall(r"^:(KUBE-(?:SVC|SVL|SEP|EXT|FW)-\S+)", text, re.MULTILINE)
    assert len(chains) > 10
    assert [chain for chain in chains if not found(renamed(text, chain))] == []


def programmed(*but: str) -> list[Path]:
    """What kube-proxy programmed, in iptables mode."""
    folder = SHARED / "corpus" / "proxier"
    return [path for path in sorted(folder.glob("*/*.ip*tables")) if not any(word in path.name for word in but)]


@pytest.mark.skipif(not programmed(), reason="needs what kube-proxy programmed")
def test_what_kube_proxy_programs_is_healthy() -> None:
    assert {str(path): names for path in programmed() if (names := found(path.read_text()))} == {}


@pytest.mark.skipif(not programmed(), reason="needs what kube-proxy programmed")
@pytest.mark.parametrize("kind", KINDS)
def test_changes_of_what_kube_proxy_programs_are_found(kind: str) -> None:
    mutation, _, least = KINDS[kind]
    made, missed = 0, []
    for number, path in enumerate(programmed("restore-input", "legacy", "counters", "15b-", "90-")):
        count, lines = share(path.read_text(), mutation, sample=2, seed=number)
        made += count
        missed += lines
    assert made > 50
    assert 1 - len(missed) / made >= least, missed
