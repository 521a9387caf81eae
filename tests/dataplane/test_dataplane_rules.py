from __future__ import annotations

import cProfile
import pstats
import re
from pathlib import Path

import pytest

from kpl import Bad, Cluster, Facts, Finding, Version
from kpl.inputs.dumps.iptables import parse_iptables_save
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from kpl.testing import node_dump
from kpl_rules.dataplane.dangling_jump import DanglingJump
from kpl_rules.dataplane.dataplane_at_scale import DataplaneAtScale, _dump
from support import SHARED, readings, underlined

LARGE = next(iter(next(example for example in DataplaneAtScale.examples if isinstance(example, Bad)).files.values()))


def at_scale(text: str, options: dict[str, int], facts: Facts | None = None) -> list[Finding]:
    return list(DataplaneAtScale(options).check(parse_iptables_save(text), Cluster(facts=facts or Facts())))


def test_the_message_counts_the_dump() -> None:
    (finding,) = at_scale(LARGE, {})
    assert "up to 1,002 rules" in finding.message
    assert "1,001 Services" in finding.message
    assert "writes 5,010 rules" in finding.message


def test_options() -> None:
    assert not at_scale(LARGE, {"services": 1001})
    (finding,) = at_scale(LARGE, {"services": 2000, "rules": 5009})
    assert "compared" not in finding.message
    assert not at_scale(LARGE, {"services": 2000, "rules": 5010})


@pytest.mark.parametrize(
    ("kubernetes", "kernel", "words"),
    [("1.33", "6.1", "`mode: nftables`"), ("1.29", "6.1", "`mode: ipvs`"), ("1.36", "4.18", "Update the kernel")],
)
def test_help_names_a_mode_that_can_run(kubernetes: str, kernel: str, words: str) -> None:
    (finding,) = at_scale(LARGE, {}, Facts(kubernetes=Version(kubernetes), kernel=Version(kernel)))
    assert words in finding.help


def test_no_more_than_three_other_jumps_are_shown() -> None:
    jumps = "-A OUTPUT -j cali-x\n" * 1200
    ruleset = parse_iptables_save(f"*nat\n:OUTPUT ACCEPT [0:0]\n{jumps}COMMIT\n")
    (finding,) = DanglingJump().check(ruleset)
    assert "1,200 rules" in finding.message
    assert len(finding.related) == 3
    spans = [finding.span, *(each.span for each in finding.related)]
    assert [ruleset.text[slice(*span)] for span in spans] == ["cali-x"] * 4
    assert len(set(spans)) == 4


def healthy() -> list[Path]:
    return [
        path
        for path in sorted((SHARED / "corpus" / "proxier").glob("*/*.iptables"))
        if "restore-input" not in path.name
    ]


def test_a_declaration_that_is_lost_is_found() -> None:
    for text in (node_dump(), *(path.read_text() for path in healthy()[::7])):
        assert not list(DanglingJump().check(parse_iptables_save(text)))
        chain = re.search(r"^:(KUBE-SVC-\w+) - .*\n", text, re.MULTILINE)
        assert chain
        ruleset = parse_iptables_save(text.replace(chain[0], ""))
        (finding,) = DanglingJump().check(ruleset)
        assert ruleset.text[slice(*finding.span)] == chain[1]


def test_underlined_text_is_the_target() -> None:
    from support import run

    text = '*nat\r\n:OUTPUT ACCEPT [0:0]\r\n[1:2] -A OUTPUT -m comment --comment "-j cali-y" -g cali-x\r\nCOMMIT\r\n'
    (finding,) = run({"node.iptables": text}, ("KPL401",)).findings
    assert (underlined(finding), finding.code) == ("cali-x", "KPL401")


def test_twice_the_services_are_twice_the_work() -> None:
    def calls(services: int) -> int:
        text = _dump(services)
        documents = readings({"node.iptables": text})
        profile = cProfile.Profile()
        profile.runcall(lint, documents, Settings(select=("ALL",)))
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    calls(2)  # what is loaded once
    assert calls(400) < 2.2 * calls(200)
