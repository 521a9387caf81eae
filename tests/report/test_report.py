from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from kpl.report.records import record
from kpl.report.screen import printable, render, summary, wants_color
from support import ROOT, run

SCHEMA = json.loads((ROOT / "linter/kpl/report/finding.schema.json").read_text(encoding="utf-8"))


def test_records_of_the_shop_follow_the_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    files = {str(path): path.read_bytes() for path in sorted((ROOT / "examples/shop").rglob("*")) if path.is_file()}
    findings = run(files, ("ALL",)).findings
    assert len(findings) > 10
    for finding in findings:
        Draft202012Validator(SCHEMA).validate(record(finding))


def test_columns_are_code_points_and_edits_can_be_applied() -> None:
    text = '. {\n    # é𝄞\n    log "é𝄞"\n    forward . 9.9.9.9  # é\n}\n'
    (found,) = run({"Corefile": text}).findings
    shown = record(found)
    assert [shown[key] for key in ("line", "column", "end_line", "end_column")] == [4, 5, 4, 22]
    (edit,) = shown["fix"]["edits"]
    lines = text.split("\n")
    line = lines[edit["line"] - 1]
    lines[edit["line"] - 1] = line[: edit["column"] - 1] + edit["text"] + line[edit["end_column"] - 1 :]
    assert "\n".join(lines) == text.replace("# é\n}", "# é\n    cache 30\n}")


def test_what_a_terminal_would_obey_is_escaped() -> None:
    (found,) = run({"a\x1b[31m/Corefile": ". {\n    forward . 9.9.9.9\x1b[2J\u202e\n}\n"}).findings
    shown = render(found, color=False)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[2J\\u202e" in shown
    assert printable("é\tä漢") == "é\tä漢"


@pytest.mark.parametrize("before", ["", "é", "漢", "\t"])
def test_the_caret_stands_under_the_span(before: str) -> None:
    import unicodedata

    text = (
        f". {{\n {before} forward . 9.9.9.9\n}}\n"
        if before in ("", "\t")
        else f". {{\n    forward . {before}.example 9.9.9.9\n}}\n"
    )
    (found,) = run({"Corefile": text}).findings
    lines = render(found, color=False).split("\n")
    source, caret = lines[1], lines[2]

    def width(word: str) -> int:
        return sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in word)

    start = source.index("forward")
    assert caret.index("^") == start
    assert caret.count("^") == width(source[start:])


def test_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert wants_color("always")
    assert not wants_color("never")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_color("auto")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color("auto")


def test_summary() -> None:
    one = {"Corefile": ". {\n    forward . 9.9.9.9\n}\n"}
    assert summary(run(one), 1) == "Found 1 warning; 1 file checked; 1 fixable with `kpl fix`."
    assert summary(run({}), 2) == "No findings; 2 files checked."
