"""What is printed: records that stand their schema, carets that stand where they should, nothing a terminal obeys."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.lint.located import Located, LocatedFix, LocatedRelated, Result
from kpl.lint.registry import entries
from kpl.lint.rule import Bad, Severity
from kpl.report import report
from kpl.report.coverage import coverage_line, print_coverage
from kpl.report.records import record
from kpl.report.screen import printable, render, summary, wants_color
from kpl.text.edit import Edit, apply_edits
from kpl.text.source import Source
from kpl.text.span import Span
from support import ROOT, run

SCHEMA = json.loads((ROOT / "linter/kpl/report/finding.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
BAD = ". {\n    forward . 9.9.9.9\n}\n"
FOUND = "forward . 9.9.9.9"
EVIL = "\x1b[31m\x07\x00\u202e\u2066\u200b\x9b2J\udcff\r\n\u2028\ufeff"


def located(text: str, start: int, end: int, path: str = "f", **changes: Any) -> Located:
    plain = Located(Source(path, text), Span(start, end), "KPL999", "a-rule", Severity.WARNING, "it breaks", "", "u:x")
    return plain._replace(**changes)


def marked(text: str, part: str) -> list[str]:
    """The rows of the source and of the carets under `part`, without the gutter."""
    start = text.index(part)
    return rows(located(text, start, start + len(part)))


def rows(finding: Located) -> list[str]:
    return [line.partition("| ")[2] for line in render(finding, False).split("\n") if re.match(r" *\d* \|", line)]


# --- records


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["additionalProperties"] is False
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) - {"path_bytes", "clusters", "template"}


@pytest.fixture(scope="module")
def shop() -> Result:
    folder = ROOT / "examples/shop"
    files = {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}
    return run(files, (), {"services": 2400, "endpoints": 20000})


def test_every_line_of_jsonl_stands_the_schema(shop: Result, capsys: pytest.CaptureFixture[str]) -> None:
    report(shop, Coverage(), "jsonl")
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == len(shop.findings) > 15
    for each in printed:
        VALIDATOR.validate(each)
    assert any(each["fix"] for each in printed)
    assert any(each["related"] for each in printed)


def test_json_is_one_array_of_the_same(shop: Result, capsys: pytest.CaptureFixture[str]) -> None:
    report(shop, Coverage(), "json")
    printed = json.loads(capsys.readouterr().out)
    assert printed == [record(finding) for finding in shop.findings]


def test_json_without_findings_is_an_empty_array_and_jsonl_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result(), Coverage(), "json")
    assert json.loads(capsys.readouterr().out) == []
    report(Result(), Coverage(), "jsonl")
    assert capsys.readouterr().out == ""


EXAMPLES = [
    pytest.param(example, id=f"{entry.code}-{number}")
    for entry in entries()
    for number, example in enumerate(entry.load().examples)
    if isinstance(example, Bad)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_records_of_every_rule_stand_the_schema(example: Bad) -> None:
    findings = run(example.files, ("ALL",), example.facts).findings
    assert findings
    for finding in findings:
        VALIDATOR.validate(json.loads(json.dumps(record(finding))))


def test_what_breaks_the_schema_is_refused() -> None:
    (finding,) = run({"Corefile": BAD}, ("missing-cache",)).findings
    good = record(finding)
    assert VALIDATOR.is_valid(good)
    assert not VALIDATOR.is_valid({**good, "column": 0})
    assert not VALIDATOR.is_valid({**good, "more": 1})
    assert not VALIDATOR.is_valid({key: value for key, value in good.items() if key != "fix"})


def offset(text: str, line: int, column: int) -> int:
    """The way back from a position, written without the code that made it."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    return sum(map(len, lines[: line - 1])) + column - 1


def by_position(text: str, place: dict[str, Any]) -> slice:
    return slice(
        offset(text, place["line"], place["column"]),
        offset(text, place["end_line"], place["end_column"]),
    )


ONE_LINE = (
    '{apiVersion: v1, kind: ConfigMap, metadata: {name: "é𝄞", namespace: kube-system}, '
    'data: {Corefile: ". {\\n    forward . 9.9.9.9\\n}\\n"}}\n'
)


def test_positions_count_from_one_in_code_points_and_end_behind_the_last_one() -> None:
    (finding,) = run({"cm.yaml": ONE_LINE}, ("missing-cache",)).findings
    made = record(finding)
    start = ONE_LINE.index(FOUND)
    assert (made["line"], made["column"]) == (1, start + 1)
    assert (made["end_line"], made["end_column"]) == (1, start + len(FOUND) + 1)
    assert len(ONE_LINE[:start].encode()) == start + 4  # bytes would have said another column
    (first,) = run({"Corefile": ".."}, ("KPL010",)).findings
    assert (record(first)["line"], record(first)["column"]) == (1, 1)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_column_and_any_line_end_is_one(bom: bytes, end: str) -> None:
    text = "# é𝄞\n. {\n    forward . 9.9.9.9\n}\n".replace("\n", end)
    (finding,) = run({"Corefile": bom + text.encode()}, ("missing-cache",)).findings
    made = record(finding)
    assert (made["line"], made["column"], made["end_line"], made["end_column"]) == (3, 5, 3, 22)


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.values[0].fixed is not None])  # type: ignore[union-attr]
def test_edits_by_line_and_column_make_the_fix(example: Bad) -> None:
    fixable = [each for each in run(example.files, ("ALL",), example.facts).findings if each.fix]
    assert fixable
    for finding in fixable:
        assert finding.fix is not None
        check_positions(finding, finding.fix)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_edits_by_line_and_column_make_the_fix_behind_wide_characters(end: str) -> None:
    text = "# é𝄞\n. {\n    errors # 𝄞 é kpl: ignore[x]\n    forward . 9.9.9.9 # 𝄞\n}\n".replace("\n", end)
    for files in ({"cm.yaml": ONE_LINE}, {"Corefile": text}):
        findings = run(files, ("missing-cache",)).findings
        for finding in findings:
            assert finding.fix is not None
            assert "cache 30" in check_positions(finding, finding.fix)
    assert offset(text, 2, 1) == len(f"# é𝄞{end}")


def check_positions(finding: Located, fix: LocatedFix) -> str:
    text = finding.source.text
    made = record(finding)
    assert text[by_position(text, made)] == text[slice(*finding.span)]
    assert made["fix"]["title"] == fix.title
    own = [edit for edit in made["fix"]["edits"] if "path" not in edit]
    edits = [(by_position(text, edit), edit["text"]) for edit in own]
    result = text
    for where, new in sorted(edits, key=lambda each: each[0].start, reverse=True):
        result = result[: where.start] + new + result[where.stop :]
    assert result == apply_edits(text, fix.edits)
    assert result != text or len(own) < len(made["fix"]["edits"])
    return result


def test_records_name_the_place_of_what_is_related() -> None:
    other = Source("g", "é\n  there")
    finding = located("here", 0, 4, related=(LocatedRelated(other, Span(4, 9), "over there"),))
    assert record(finding)["related"] == [{"path": "g", "line": 2, "column": 3, "message": "over there"}]
    assert "  = see: g:2:3: over there" in render(finding, False).split("\n")


# --- nothing that a terminal obeys


def evil() -> Located:
    text = f"a {EVIL} b\n"
    return located(
        text,
        2,
        3,
        path=f"dir/{EVIL}.yaml",
        message=f"message {EVIL}",
        help=f"help {EVIL}",
        fix=LocatedFix(f"title {EVIL}", (Edit(0, 1, ""),)),
        related=(LocatedRelated(Source(f"other{EVIL}", "x"), Span(0, 1), f"see {EVIL}"),),
    )


@pytest.mark.parametrize("format_", ["text", "concise"])
def test_text_and_concise_escape_what_is_not_to_be_seen(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(Result([evil()]), Coverage(), format_)
    out = capsys.readouterr().out
    assert all(character.isprintable() for character in out.replace("\n", ""))
    assert r"\x1b[31m\x07\x00\u202e\u2066\u200b\x9b2J\udcff\r\n\u2028\ufeff" in out
    assert out.count("\n") == {"text": 10, "concise": 3}[format_]


@pytest.mark.parametrize("format_", ["json", "jsonl"])
def test_records_are_ascii(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    report(Result([evil()]), Coverage(), format_)
    out = capsys.readouterr().out
    assert all(" " <= character <= "~" for character in out.replace("\n", ""))
    shown = EVIL.replace("\udcff", r"\udcff")  # JSON has no bytes
    assert shown in json.loads(out if format_ == "jsonl" else out.strip("[]\n"))["message"]


def test_carets_stand_under_escaped_characters() -> None:
    assert marked("a \x1b[31m b", "\x1b[31m") == [r"a \x1b[31m b", "  ^^^^^^^^"]
    assert marked("\u202e x", "x") == [r"\u202e x", "       ^"]


def test_printable_leaves_what_can_be_seen() -> None:
    assert printable("é 漢 𝄞 e\u0301\t`x`") == "é 漢 𝄞 e\u0301\t`x`"


@given(st.text(alphabet=st.characters(), min_size=1, max_size=400), st.data())
def test_any_text_is_rendered_without_harm(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = render(located(text, start, end), False)
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert "^" in shown


# --- carets


@pytest.mark.parametrize(
    ("text", "part", "shown"),
    [
        ("key: value", "value", ["key: value", "     ^^^^^"]),
        ("key: value", "key", ["key: value", "^^^"]),
        ("\tkey\tvalue", "value", ["    key    value", "           ^^^^^"]),
        ("\tkey\tvalue", "key\tvalue", ["    key    value", "    ^^^^^^^^^^^^"]),
        ("漢字: value", "value", ["漢字: value", "      ^^^^^"]),
        ("key: 漢字", "漢字", ["key: 漢字", "     ^^^^"]),
        ("ｋ: v", "v", ["ｋ: v", "    ^"]),
        ("e\u0301e\u0301: value", "value", ["e\u0301e\u0301: value", "    ^^^^^"]),
        ("k: e\u0301x", "e\u0301x", ["k: e\u0301x", "   ^^"]),
        ("\u0939\u0941: value", "value", ["\u0939\u0941: value", "   ^^^^^"]),
        ("𝄞é: value", "value", ["𝄞é: value", "    ^^^^^"]),
        ("a\r\nkey: value\r\n", "value", ["key: value", "     ^^^^^"]),
    ],
)
def test_the_caret_stands_under_the_whole_span(text: str, part: str, shown: list[str]) -> None:
    assert marked(text, part) == shown


@pytest.mark.parametrize("before", [0, 1, 19, 20, 21, 100, 159, 160, 161, 300])
@pytest.mark.parametrize("after", [0, 1, 100, 160, 300])
def test_a_long_line_is_cut_around_the_span(before: int, after: int) -> None:
    shown, carets = marked("a" * before + "BAD" + "b" * after, "BAD")
    assert len(shown) <= 162
    assert [shown[found.start() : found.end()] for found in re.finditer(r"\^+", carets)] == ["BAD"]
    whole = before + 3 + after <= 160
    assert ("…" not in shown) == whole


def test_a_span_longer_than_the_window_is_marked_to_its_edge() -> None:
    shown, carets = marked("key: " + "v" * 500 + " end", "v" * 500)
    assert shown == "key: " + "v" * 155 + "…"
    assert carets == "     " + "^" * 155


@pytest.mark.parametrize("text", ["", "abc", "abc\n"])
def test_an_empty_span_has_one_caret(text: str) -> None:
    at = len(text.rstrip("\n"))
    assert rows(located(text, at, at)) == [text.rstrip("\n"), " " * at + "^"]


def test_a_span_over_lines_has_carets_under_each_but_blank_ones() -> None:
    text = "  a: |\n    one\n\n      \n    two  \nb: 1\n"
    start, end = text.index("|"), text.index("b:")
    assert rows(located(text, start, end)) == [
        "  a: |",
        "     ^",
        "    one",
        "    ^^^",
        "",
        "",
        "    two",
        "    ^^^^^",
    ]


def test_of_a_long_span_the_first_lines_are_shown_and_the_number_of_the_last() -> None:
    text = "".join(f"line{number}\n" for number in range(1, 13))
    out = render(located(text, 0, len(text)), False).split("\n")
    assert out[1:5] == [" 1 | line1", "   | ^^^^^", " 2 | line2", "   | ^^^^^"]
    assert out[11:14] == [" 6 | line6", "   | ^^^^^", "12 | ..."]
    assert out[14] == "   = it breaks"


def test_a_finding_reads_so() -> None:
    finding = located("key: value\n", 5, 10, help="Write it.", fix=LocatedFix("Mend", (Edit(5, 10, "v"),), safe=False))
    assert render(finding, False).split("\n") == [
        "f:1:6: warning KPL999 a-rule",
        "1 | key: value",
        "  |      ^^^^^",
        "  = it breaks",
        "  = help: Write it.",
        "  = fix: Mend (kpl fix --unsafe-fixes)",
    ]


# --- colour


@pytest.mark.parametrize(
    ("choice", "variables", "terminal", "colored"),
    [
        ("auto", {}, False, False),
        ("auto", {}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_when_there_is_colour(
    choice: str, variables: dict[str, str], terminal: bool, colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert wants_color(choice) is colored


def test_colour_changes_nothing_but_colour() -> None:
    finding = evil()
    painted = render(finding, True)
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == render(finding, False)
    assert painted.count("\x1b[") > 4


# --- the last line

SAFE, UNSAFE = LocatedFix("t", (Edit(0, 1, ""),)), LocatedFix("t", (Edit(0, 1, ""),), safe=False)
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@pytest.mark.parametrize(
    ("found", "files", "line"),
    [
        ([], 0, "Nothing was checked."),
        ([], 1, "No problems found in 1 file."),
        ([], 2, "No problems found in 2 files."),
        ([(INFO, None)], 0, "Found 1 problem (1 info)."),
        ([(ERROR, None)], 1, "Found 1 problem (1 error) in 1 file."),
        (
            [(INFO, None), (WARNING, None), (ERROR, None)],
            3,
            "Found 3 problems (1 error, 1 warning, 1 info) in 3 files.",
        ),
        (
            [(ERROR, None), (INFO, None), (ERROR, None), (INFO, None), (WARNING, None), (WARNING, None)],
            2,
            "Found 6 problems (2 errors, 2 warnings, 2 infos) in 2 files.",
        ),
        ([(WARNING, SAFE)], 1, "Found 1 problem (1 warning) in 1 file. 1 can be fixed with `kpl fix`."),
        (
            [(WARNING, UNSAFE), (WARNING, UNSAFE)],
            1,
            "Found 2 problems (2 warnings) in 1 file. 2 can be fixed with `kpl fix --unsafe-fixes`.",
        ),
        (
            [(WARNING, SAFE), (WARNING, UNSAFE), (WARNING, SAFE)],
            1,
            "Found 3 problems (3 warnings) in 1 file. 2 can be fixed with `kpl fix`, 1 more with `kpl fix --unsafe-fixes`.",
        ),
    ],
)
def test_how_many_are_found(found: list[tuple[Severity, LocatedFix | None]], files: int, line: str) -> None:
    findings = [located("x", 0, 1, severity=severity, fix=fix) for severity, fix in found]
    assert summary(Result(findings), files) == line


# --- what was not checked


def coverage_of(checked: dict[str, int], *skipped: Skipped) -> Coverage:
    return Coverage(Counter(checked), list(skipped))


@pytest.mark.parametrize(
    ("checked", "skipped", "line"),
    [
        ({}, {}, "0 files checked."),
        ({"corefile": 1}, {}, "1 file checked (1 Corefile)."),
        (
            {"yaml": 2, "corefile fragment": 1200, "iptables": 1},
            {},
            "1,203 files checked (1,200 Corefile fragment, 2 YAML, 1 iptables).",
        ),
        ({}, {SkipReason.TEMPLATE: 1}, "0 files checked; not checked: 1 template."),
        (
            {"corefile": 1},
            {SkipReason.UNREADABLE: 2, SkipReason.OTHER_NAME: 1001, SkipReason.ENCRYPTED: 1},
            "1 file checked (1 Corefile); not checked: 1,001 with unrelated names, 1 encrypted, 2 unreadable.",
        ),
    ],
)
def test_the_line_of_what_was_checked(checked: dict[str, int], skipped: dict[SkipReason, int], line: str) -> None:
    found = [Skipped("a", reason, "is so") for reason, count in skipped.items() for _ in range(count)]
    assert coverage_line(coverage_of(checked, *found)) == line


def test_every_reason_has_words_for_one_and_for_many() -> None:
    for reason in SkipReason:
        for count in (1, 2):
            line = coverage_line(coverage_of({}, *[Skipped("a", reason, "")] * count))
            assert line.startswith(f"0 files checked; not checked: {count} ")


@pytest.mark.parametrize("err", [True, False])
@pytest.mark.parametrize("show", [True, False])
def test_what_was_not_checked_is_listed_on_demand(show: bool, err: bool, capsys: pytest.CaptureFixture[str]) -> None:
    skipped = [
        Skipped("a\x1b", SkipReason.BINARY, "is a binary file"),
        Skipped("b", SkipReason.TEMPLATE, "is a template", 7),
    ]
    print_coverage(coverage_of({}, *skipped), show_skipped=show, err=err)
    captured = capsys.readouterr()
    lines = ["a\\x1b: not checked: it is a binary file", "b:7: not checked: it is a template"] if show else []
    lines += ["0 files checked; not checked: 1 template, 1 binary."]
    assert (captured.err if err else captured.out).splitlines() == lines
    assert (captured.out if err else captured.err) == ""


@pytest.mark.parametrize("show", [True, False])
@pytest.mark.parametrize("format_", ["text", "concise", "json", "jsonl"])
def test_every_format_tells_what_was_not_checked(format_: str, show: bool, capsys: pytest.CaptureFixture[str]) -> None:
    skipped = Skipped("a", SkipReason.BINARY, "is a binary file")
    report(Result(), coverage_of({"yaml": 1}, skipped), format_, show_skipped=show)
    out = capsys.readouterr().out
    assert ("is a binary file" in out) is show
    if format_.startswith("json"):
        rows = json.loads(out) if format_ == "json" else [json.loads(line) for line in out.splitlines()]
        told = {"path": "a", "line": None, "skipped": "binary", "message": "not checked: it is a binary file"}
        assert rows == ([told] if show else [])
    else:
        assert out.endswith(
            "No problems found in 1 file.\n" * (not show) + "1 file checked (1 YAML); not checked: 1 binary.\n"
        )


def test_concise_is_one_line_for_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    report(Result([located("a\nbc\n", 3, 4)]), coverage_of({"yaml": 1}), "concise")
    assert capsys.readouterr().out.splitlines() == [
        "f:2:2: warning KPL999 [a-rule] it breaks",
        "Found 1 problem (1 warning) in 1 file.",
        "1 file checked (1 YAML).",
    ]


@pytest.mark.parametrize(("color", "painted"), [("always", True), ("never", False)])
def test_text_is_colored_as_told(color: str, painted: bool, capsys: pytest.CaptureFixture[str]) -> None:
    report(Result([located("ab\n", 0, 1)]), Coverage(), "text", color=color)
    assert ("\x1b[33m" in capsys.readouterr().out) is painted
    report(Result([located("ab\n", 0, 1)]), Coverage(), "concise", color=color)
    assert "\x1b" not in capsys.readouterr().out


def test_a_record_has_its_clusters_and_whether_a_fix_is_safe() -> None:
    made = record(located("ab\n", 0, 1, clusters=("east", "west"), fix=LocatedFix("t", (Edit(0, 1, "x"),), safe=False)))
    assert made["clusters"] == ["east", "west"]
    assert made["fix"] == {
        "title": "t",
        "safe": False,
        "edits": [{"line": 1, "column": 1, "end_line": 1, "end_column": 2, "text": "x"}],
    }
    assert "clusters" not in record(located("ab\n", 0, 1))


@pytest.mark.parametrize(
    ("severity", "code"), [(Severity.ERROR, "31"), (Severity.WARNING, "33"), (Severity.INFO, "34")]
)
def test_the_severity_has_its_color(severity: Severity, code: str) -> None:
    assert f"\x1b[{code}m\x1b[1m{severity.value}\x1b[0m" in render(located("ab\n", 0, 1, severity=severity), True)


def test_a_span_of_six_lines_is_shown_whole_and_one_of_seven_is_not() -> None:
    for count, cut in ((6, False), (7, True)):
        text = "".join(f"line{number}\n" for number in range(count))
        lines = render(located(text, 0, len(text)), False).split("\n")
        assert (f"{count} | ..." in lines) is cut
        assert ("6 | line5" in lines) is True
        assert f"{count} | line{count - 1}" in lines or cut
