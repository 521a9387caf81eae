"""``kpl lint --timing``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kpl.lint.timing import rules_timed, seconds_of_rules
from kpl.report.timing import timing_lines
from support import here as kpl

FORWARDS = ". {\n    errors\n    forward . 10.0.0.1\n}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "Corefile").write_text(FORWARDS, encoding="utf-8")
    return tmp_path


def test_the_report_stays_and_the_times_are_on_standard_error(tree: Path) -> None:
    plain, timed = kpl(tree, "lint"), kpl(tree, "lint", "--timing")
    assert (timed.stdout, timed.returncode) == (plain.stdout, plain.returncode)
    assert plain.stderr == b""
    first, *rules = timed.stderr.decode().splitlines()
    count = re.fullmatch(
        r"(\d+) rules took \d+\.\d{3} s of \d+\.\d{3} s, in one process and without the cache\.", first
    )
    assert count is not None
    number = int(count[1])
    assert number >= 10
    assert len(rules) == min(number, 20) + (number > 20)
    assert all(re.fullmatch(r" +\d+\.\d{3} s +\d+\.\d%  (?:KPL\d{3} [\w-]+|\d+ other rules)", line) for line in rules)


def test_a_rule_that_runs_is_timed_and_one_that_does_not_is_not(tree: Path) -> None:
    assert b" KPL201 missing-cache" in kpl(tree, "lint", "--timing", "--select", "KPL201").stderr
    assert b"KPL101" not in kpl(tree, "lint", "--timing", "--select", "KPL201,KPL101").stderr


def test_lines_are_the_slowest_rules_and_their_shares() -> None:
    seconds = {f"KPL{number}": number / 100 for number in range(201, 223)}
    first, *lines = timing_lines(seconds, 100.0)
    assert first == "22 rules took 46.530 s of 100.000 s, in one process and without the cache."
    assert lines[0] == "    2.220 s    2.2%  KPL222 cache-ttl-is-a-zone"
    assert len(lines) == 21
    assert lines[-1] == "    4.030 s    4.0%  2 other rules"
    assert list(timing_lines({"X1": 0.0}, 0.0))[1:] == ["    0.000 s    0.0%  X1"]


def test_nothing_is_timed_unless_somebody_asks() -> None:
    assert seconds_of_rules() is None
    with rules_timed() as seconds:
        assert seconds_of_rules() is seconds
    assert seconds_of_rules() is None
