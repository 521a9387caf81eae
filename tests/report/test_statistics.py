"""How often each rule reports something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kpl.inputs.coverage import Coverage
from kpl.lint.located import Located, LocatedFix, Result
from kpl.lint.rule import Severity
from kpl.report import report
from kpl.text.edit import Edit
from kpl.text.source import Source
from kpl.text.span import Span
from samples import BAD
from support import ROOT
from support import here as kpl

SCHEMA = json.loads((ROOT / "linter/kpl/report/statistics.schema.json").read_text(encoding="utf-8"))
FIX = LocatedFix("t", (Edit(0, 1, "x"),))


def found(code: str, name: str, fix: LocatedFix | None = None) -> Located:
    return Located(Source("f", "ab\n"), Span(0, 1), code, name, Severity.WARNING, "it breaks", "", "u:x", fix)


RESULT = Result(
    [
        found("KPL3", "few"),
        found("KPL2", "other"),
        *[found("KPL1", "many", FIX)] * 8,
        *[found("KPL1", "many", FIX._replace(safe=False))] * 3,
        *[found("KPL1", "many")] * 1200,
    ]
)


@pytest.mark.parametrize("format_", ["text", "concise"])
def test_a_line_a_rule_the_one_that_reports_most_first(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(RESULT, Coverage(), format_, statistics=True)
    assert capsys.readouterr().out.splitlines() == [
        "1,211  KPL1  many   11 fixable",
        "    1  KPL2  other",
        "    1  KPL3  few",
        "Found 1,213 problems (1,213 warnings). 8 can be fixed with `kpl fix`, 3 more with `kpl fix --unsafe-fixes`.",
        "0 files checked.",
    ]


def test_json_counts_too(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"code": "KPL1", "name": "many", "count": 1211, "fixable": 11},
        {"code": "KPL2", "name": "other", "count": 1, "fixable": 0},
        {"code": "KPL3", "name": "few", "count": 1, "fixable": 0},
    ]
    report(RESULT, Coverage(), "json", statistics=True)
    assert json.loads(capsys.readouterr().out) == rows
    report(RESULT, Coverage(), "jsonl", statistics=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == rows
    Draft202012Validator.check_schema(SCHEMA)
    for row in rows:
        Draft202012Validator(SCHEMA).validate(row)


def test_without_findings_there_is_nothing_to_count(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result(), Coverage(), "text", statistics=True)
    assert capsys.readouterr().out == "Nothing was checked.\n0 files checked.\n"


@pytest.mark.parametrize("words", [(), ("--fail-on", "never"), ("--select", "KPL001"), ("--min-confidence", "high")])
def test_the_exit_code_and_the_sum_are_those_of_the_findings(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    plain = kpl(tmp_path, "lint", "--format", "json", *words)
    counted = kpl(tmp_path, "lint", "--format", "json", "--statistics", *words)
    assert counted.returncode == plain.returncode
    assert sum(each["count"] for each in json.loads(counted.stdout)) == len(json.loads(plain.stdout))


def test_what_was_not_checked_is_listed_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    (tmp_path / "a.yaml").write_text("a: b\n")
    words = ("lint", "--statistics", "--select", "missing-cache", "--show-skipped")
    assert kpl(tmp_path, *words).stdout.decode().splitlines() == [
        "1  KPL201  missing-cache  1 fixable",
        "Found 1 problem (1 warning) in 1 file. 1 can be fixed with `kpl fix`.",
        "a.yaml: not checked: it contains nothing that kpl checks",
        "1 file checked (1 Corefile); not checked: 1 without relevant content.",
    ]
    rows = json.loads(kpl(tmp_path, *words, "--format", "json").stdout)
    assert [each.get("count", each.get("skipped")) for each in rows] == [1, "nothing"]
