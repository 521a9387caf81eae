"""What comes out, byte by byte: formats, colour, differences, streams."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from samples import BAD, FIXED
from support import ROOT
from support import here as kpl
from support import kpl as started

SCHEMA = json.loads((ROOT / "linter/kpl/report/finding.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "Corefile").write_text(BAD)
    (tmp_path / "Corefile.größe").write_text(BAD)
    return tmp_path


def test_jsonl_is_one_object_a_line_after_the_schema(tree: Path) -> None:
    done = kpl(tree, "lint", "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row["path"] for row in rows) == ["Corefile", "Corefile.größe"]
    for row in rows:
        Draft202012Validator(SCHEMA).validate(row)
    assert json.loads(kpl(tree, "lint", "--format", "json").stdout) == rows
    assert kpl(tree, "lint", "--format", "json", "--select", "KPL001").stdout.strip() == b"[]"
    assert kpl(tree, "lint", "--format", "jsonl", "--select", "KPL001").stdout == b""


SURE = ". {\n    forward . 9.9.9.9\n}\n"
UNSURE = """\
kind: Pod
metadata: {name: cart, namespace: shop}
spec:
  containers:
    - name: cart
      image: shop/cart:3-bookworm
      env: [{name: STRIPE_API_URL, value: "https://api.stripe.com/v1"}]
"""


@pytest.mark.parametrize(
    ("least", "names", "code"),
    [
        ((), {"missing-cache": "high", "ndots-search-cost": "medium"}, 1),
        (("low",), {"missing-cache": "high", "ndots-search-cost": "medium"}, 1),
        (("medium",), {"missing-cache": "high", "ndots-search-cost": "medium"}, 1),
        (("high",), {"missing-cache": "high"}, 1),
        (("high", "pod.yaml"), {}, 0),
        (("medium", "pod.yaml"), {"ndots-search-cost": "medium"}, 1),
    ],
)
def test_findings_below_min_confidence_are_left_out(
    tmp_path: Path, least: tuple[str, ...], names: dict[str, str], code: int
) -> None:
    (tmp_path / "Corefile").write_text(SURE)
    (tmp_path / "pod.yaml").write_text(UNSURE)
    option = ["--min-confidence", *least] if least else []
    done = kpl(tmp_path, "lint", "--format", "jsonl", "--fail-on", "info", *option)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["name"]: row["confidence"] for row in rows} == names
    assert done.returncode == code


def test_text_shows_the_line_the_span_what_happens_and_what_to_write(tree: Path) -> None:
    lines = kpl(tree, "lint", "Corefile").stdout.decode().splitlines()
    assert lines[0] == "Corefile:2:5: warning KPL201 missing-cache"
    assert lines[1:3] == ["2 |     forward . 9.9.9.9", "  |     ^^^^^^^^^^^^^^^^^"]
    assert lines[3].startswith("  = this server block forwards without `cache`")
    assert lines[4].startswith("  = help: Add `cache 30`")
    assert lines[5] == "  = fix: Add `cache 30` (kpl fix)"
    assert lines[-2:] == [
        "Found 1 problem (1 warning) in 1 file. 1 can be fixed with `kpl fix`.",
        "1 file checked (1 Corefile).",
    ]


@pytest.mark.parametrize(
    ("words", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
@pytest.mark.parametrize("command", [["lint"], ["fix", "--diff"]])
def test_colour_is_as_a_person_expects(
    tree: Path, command: list[str], words: list[str], environment: dict[str, str], coloured: bool
) -> None:
    told = {"NO_COLOR": "", "FORCE_COLOR": "", **environment}
    done = kpl(tree, *command, *words, **told)  # type: ignore[arg-type]  # no `stdin` is among them
    assert (b"\x1b[" in done.stdout) is coloured


@pytest.mark.parametrize("format_", ["text", "concise", "json", "jsonl"])
def test_no_format_lets_control_characters_through(tmp_path: Path, format_: str) -> None:
    (tmp_path / "Corefile").write_bytes(b". {\n    forward . 9.9.9.9\x1b]0;x\x07 \xff\xe2\x80\xae\n}\n")
    done = kpl(tmp_path, "lint", "--format", format_)
    assert done.returncode == 1, done.stderr
    assert not set(done.stdout) & {0x1B, 0x07, 0xFF}
    assert b"\xe2\x80\xae" not in done.stdout


def test_differences_are_printed_and_nothing_is_written(tree: Path) -> None:
    done = kpl(tree, "fix", "--diff", "Corefile")
    assert done.stdout.decode().splitlines() == [
        "--- Corefile",
        "+++ Corefile",
        "@@ -1,3 +1,4 @@",
        " . {",
        "     forward . 9.9.9.9",
        "+    cache 30",
        " }",
    ]
    assert b"Would fix 1 problem in 1 file." in done.stderr
    assert (tree / "Corefile").read_text() == BAD


def test_check_and_diff_go_together(tree: Path) -> None:
    done = kpl(tree, "fix", "--check", "--diff", "Corefile")
    assert done.returncode == 1
    assert b"+    cache 30" in done.stdout
    (tree / "Corefile").write_text(FIXED)
    assert kpl(tree, "fix", "--check", "Corefile").returncode == 0


@pytest.mark.parametrize("words", [["fix", "-", "--check"], ["fix", "-", "--diff"], ["fix", "--check", "--diff", "-"]])
def test_standard_input_is_not_copied_where_nothing_is_written(tmp_path: Path, words: list[str]) -> None:
    done = kpl(tmp_path, *words, stdin=BAD.encode())
    assert not done.stdout.startswith(b". {")
    assert done.returncode == ("--check" in words)


def test_summaries_go_to_standard_error_when_the_text_goes_to_standard_output(tmp_path: Path) -> None:
    crlf = b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode()
    done = kpl(tmp_path, "fix", "-", "--stdin-filename", "Corefile", stdin=crlf)
    assert done.stdout == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()
    assert b"Fixed 1 problem" in done.stderr


def test_an_internal_error_is_one_message(tree: Path) -> None:
    (tree / "sitecustomize.py").write_text(
        "import kpl.lint.engine\n\ndef lint(*_: object, **__: object) -> None:\n    raise ZeroDivisionError('by zero')\n\n\n"
        "kpl.lint.engine.lint = lint\n"
    )
    path = os.pathsep.join([str(tree), *(each for each in sys.path if each)])
    done = started(tree, "lint", PYTHONPATH=path)
    assert done.returncode == 2
    assert b"kpl: internal error: ZeroDivisionError: by zero" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Traceback" in started(tree, "lint", PYTHONPATH=path, KPL_DEBUG="1").stderr


def test_a_difference_shows_three_lines_around_what_changes(tmp_path: Path) -> None:
    comments = "".join(f"    # {number}\n" for number in range(9))
    (tmp_path / "Corefile").write_text(f". {{\n{comments}    forward . 9.9.9.9\n{comments}}}\n")
    lines = kpl(tmp_path, "fix", "--diff").stdout.decode().splitlines()
    assert lines[2].startswith("@@ -9,5 +9,6 @@") or lines[2].startswith("@@ -9,6 +9,7 @@")
    assert [line[:1] for line in lines[3:]] == [" ", " ", " ", "+", " ", " ", " "]


def test_what_was_not_checked_is_listed_only_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    (tmp_path / "notes.yaml").write_text("a: 1\n")
    assert b"notes.yaml" not in kpl(tmp_path, "lint", ".").stdout
    assert b"notes.yaml" in kpl(tmp_path, "lint", "--show-skipped", ".").stdout
