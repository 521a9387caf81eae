"""One change in the dump of a healthy node: how often the rules for dumps find it.

The small node is changed in every place there is; what kube-proxy programmed, where that is at hand, in random places.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl import Cluster, Document
from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.lint.registry import entries
from kpl.testing import node_dump
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from support import SHARED

RULES = [entry.load()() for entry in entries() if "KPL401" <= entry.code <= "KPL439" and entry.profile == "default"]

Mutation = Callable[[list[str]], Iterator[tuple[int, list[str]]]]
"""Makes of the lines of a dump, one after the other, what stands instead of one line."""


def found(text: str) -> set[str]:
    """The names of the rules that have a finding."""
    ruleset = parse_iptables_save(text)
    document = Document(Source("node.iptables", text), ruleset, Embedding(text, "\n"))
    context = {"Ruleset": ruleset, "Document": document, "Cluster": Cluster([document])}
    seen = set()
    for rule in RULES:
        if next(iter(rule.check(*(context[name] for name in rule.wanted))), None) is not None:
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
    "drop a rule": (drop_a_rule, 0.84, 0.85),
    "double a rule": (double_a_rule, 1.0, 0.99),
    "change an address": (change_an_address, 1.0, 1.0),
    "change a probability": (change_a_probability, 1.0, 1.0),
    "lose a probability": (lose_a_probability, 1.0, 1.0),
    "drop a declaration": (drop_a_declaration, 1.0, 0.99),
    "swap a mark": (swap_a_mark, 1.0, 1.0),
    "change a jump": (change_a_jump, 1.0, 0.99),
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


IPVS = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-IPVS-FILTER - [0:0]
:KUBE-IPVS-OUT-FILTER - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SOURCE-RANGES-FIREWALL - [0:0]
-A INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER
-A INPUT -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
-A INPUT -m comment --comment "kubernetes health check rules" -j KUBE-NODE-PORT
-A INPUT -j KUBE-FIREWALL
-A FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A OUTPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-OUT-FILTER
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN
-A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN
-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT --reject-with icmp-port-unreachable
-A KUBE-NODE-PORT -m comment --comment "Kubernetes health check node port" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT
-A KUBE-PROXY-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL
-A KUBE-SOURCE-RANGES-FIREWALL -m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN
-A KUBE-SOURCE-RANGES-FIREWALL -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-LOAD-BALANCER - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ
-A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN
-A KUBE-SERVICES -m comment --comment "Kubernetes service lb portal" -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER
-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
-A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT
COMMIT
"""


def test_ipvs_mode_is_healthy() -> None:
    assert found(IPVS) == set()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('-A FORWARD -m comment --comment "kube-proxy firewall', "kube-proxy-not-hooked"),
        ('-A FORWARD -m comment --comment "kubernetes forwarding', "forward-drops-services"),
        ("-A KUBE-POSTROUTING -m mark", "masquerade-mark-broken"),
        ("-A KUBE-POSTROUTING -j MARK", "masquerade-mark-broken"),
        ("-A KUBE-MARK-MASQ", "masquerade-mark-broken"),
    ],
)
def test_a_line_lost_in_ipvs_mode_is_found(line: str, name: str) -> None:
    assert name in found("".join(each for each in IPVS.splitlines(True) if not each.startswith(line)))


@given(st.randoms(use_true_random=False))
def test_no_text_breaks_a_rule(random: random.Random) -> None:
    """Lines of both modes in any order, cut, joined and without their words."""
    lines = [*node_dump().split("\n"), *IPVS.split("\n"), "*raw", "-A PREROUTING -j NOTRACK", "..."]
    chosen = random.choices(lines, k=random.randrange(1, 120))
    for _ in range(random.randrange(12)):
        at = random.randrange(len(chosen))
        words = chosen[at].split(" ")
        del words[random.randrange(len(words))]
        chosen[at] = " ".join(words)
    if random.random() < 0.5:  # something that counts as a whole table
        chosen = ["*nat", ":PREROUTING ACCEPT [0:0]", *(each for each in chosen if each[:2] in ("-A", ":K")), "COMMIT"]
    found("\n".join(chosen))
