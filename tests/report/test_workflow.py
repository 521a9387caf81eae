"""Nothing that a repository holds reaches GitHub's runner as a command, or a reader of JSON as another text."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kpl.report.jsontext import dumps, path_fields, text_fields
from kpl.report.screen import printable, snippet_lines
from kpl.report.workflow import without_commands
from kpl.text.source import Source
from kpl.text.span import Span
from samples import BAD
from support import ROOT
from support import here as kpl

EVIL = " ::error title=x::##[error]y"
NODE = (ROOT / "examples" / "shop" / "nodes" / "node-1.iptables").read_text(encoding="utf-8")


def commands(output: bytes) -> list[str]:
    """The lines that the runner takes for commands: TryParseV2 trims what is before ``::``, TryParse looks for ``##[``."""
    lines = re.split(r"\r\n|\r|\n", output.decode("utf-8", "surrogateescape"))
    return [line for line in lines if line.strip().startswith("::") or re.search(r"##\w*\[", line)]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    for name in (f"{EVIL}.corefile", "::warning::Corefile", "##[group]x.corefile"):
        (tmp_path / name).write_text(". {\n ::error::a {\n}\n    ##[error]b\n    forward ##vso[task]c . 9.9.9.9\n}\n")
    (tmp_path / "::stop-commands::x.yaml").write_text("a: [##[debug]\nkind: Corefile ::x\n")
    evil = NODE.replace("shop/cart", "::error::##[add-mask]/cart")
    (tmp_path / "::notice::.iptables").write_text(f"{evil}# ##[warning]z\n::error::unread\n")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["lint"],
        ["lint", "--select", "ALL"],
        ["lint", "--select", "ALL", "--color", "always"],
        ["lint", "--select", "ALL", "--format", "concise"],
        ["lint", "--select", "ALL", "--format", "json"],
        ["lint", "--select", "ALL", "--format", "jsonl"],
        ["fix", "--diff", "--unsafe-fixes", "--select", "ALL"],
        ["verify"],
        ["verify", "--color", "always"],
        ["verify", "--format", "json"],
        ["inspect", "::notice::.iptables"],
        ["inspect", "::notice::.iptables", "--format", "json"],
        ["inspect", "::notice::.iptables", "--service", "::error::##[add-mask]/cart"],
        ["inspect", "::notice::.iptables", "--diff", str(ROOT / "examples/shop/nodes/node-1.iptables")],
        ["inspect", "::none:: ##[x]"],
        ["lint", "::none:: ##[x]"],
        ["lint", "--::error::##[x]"],
        ["lint", "--select", "\n::error::##[x]"],
        ["::error::##[x]"],
        ["explain", "\n::error::##[x]"],
        ["lint", "--config", "\n ::error::##[x]"],
    ],
    ids=" ".join,
)
def test_no_line_is_a_command(hostile: Path, words: list[str]) -> None:
    done = kpl(hostile, *words)
    assert done.stdout or done.stderr
    assert b"Traceback" not in done.stderr
    assert b"internal" not in done.stderr
    assert commands(done.stdout) == commands(done.stderr) == []


def test_only_what_is_a_command_is_shown_otherwise() -> None:
    for text in ("a :: b ##", "::", "x::y", "# # [x]", "#[x]", "## [x]", "2001:db8::1 fe80::/10"):
        assert printable(text) == text
    for line in ("a ::b", "x ## y"):
        assert without_commands(line) == line
    assert without_commands("::a::b\n  ::c\nd ::e") == "\\x3a:a::b\n  \\x3a:c\nd ::e"
    assert without_commands("\x1b[1m::a") == "\x1b[1m\\x3a:a"
    assert printable("a ##[b] ##vso[c]") == "a \\x23#[b] \\x23#vso[c]"


@given(st.text(alphabet="#:[]ab \n\t\x1b1m", max_size=40))
def test_no_text_holds_a_command_in_the_end(text: str) -> None:
    assert commands(without_commands(text).encode()) == []


@pytest.mark.parametrize(("word", "column", "width"), [("word", 11, 4), ("#[a]", 6, 4), ("##[a]", 2, 8)])
def test_carets_stay_under_what_they_mark(word: str, column: int, width: int) -> None:
    text = "x ##[a] word #"
    at = text.index(word)
    lines, _ = snippet_lines(Source("p", text), Span(at, at + len(word)), "red", False)
    assert lines == ["1 | x \\x23#[a] word #", f"  | {' ' * column}{'^' * width}"]


@pytest.mark.parametrize("filler", ["", "  a\n", "  a\n  ::debug::\n", "  ::group::z\n" * 3])
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_applies_a_difference_though_a_line_in_it_looks_like_a_command(tmp_path: Path, filler: str) -> None:
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns}\ndata:\n  Corefile: |\n"
        '    . {\n        forward . 9.9.9.9\n    }\nnote: "\n  ::error::x\n'
        f'{filler}\n  y"\na: 1\nb: 2\nc: 3\nd: 4\n'
    )
    (tmp_path / "cm.yaml").write_text(config)
    diff = kpl(tmp_path, "fix", "--diff", "cm.yaml").stdout
    assert commands(diff) == []
    assert b"\n-  ::error::x\n+  ::error::x\n" in diff
    subprocess.run(["git", "apply", "-p0"], cwd=tmp_path, input=diff, check=True)
    assert (tmp_path / "cm.yaml").read_text() == config.replace("9.9.9.9\n", "9.9.9.9\n        cache 30\n")


odd = pytest.mark.skipif(sys.platform == "darwin" or os.name == "nt", reason="names of files are Unicode there")
ODD = b"\xe9\xff##[x]\xc3\xa9"


@odd
@pytest.mark.parametrize(
    ("words", "ending", "schema"),
    [
        (["lint", "."], "corefile", "finding"),
        (["verify", "."], "corefile", "verdict"),
        (["inspect", "."], "iptables", "inspection"),
    ],
)
def test_a_path_that_is_not_utf8_survives_json(tmp_path: Path, words: list[str], ending: str, schema: str) -> None:
    name = ODD + b"." + ending.encode()
    for each in (name, f"plain.{ending}".encode()):
        with open(os.path.join(os.fsencode(tmp_path), each), "w", encoding="utf-8") as file:
            file.write(BAD if ending == "corefile" else NODE)
    format_ = "json" if words[0] == "inspect" else "jsonl"
    done = kpl(tmp_path, *words, "--format", format_)
    assert done.stdout.isascii()
    assert not re.search(rb"(?<!\\)(?:\\\\)*\\ud[89a-f]", done.stdout), "a lone surrogate"
    validator = Draft202012Validator(
        json.loads((ROOT / f"linter/kpl/report/{schema}.schema.json").read_text(encoding="utf-8"))
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        validator.validate(row)
    named = {row["path"]: row.get("path_bytes") for row in rows}
    assert named.keys() == {f"plain.{ending}", f"\\udce9\\udcff##[x]é.{ending}"}
    assert named[f"plain.{ending}"] is None
    assert base64.b64decode(named[f"\\udce9\\udcff##[x]é.{ending}"]) == name
    if shutil.which("jq"):
        through = subprocess.run(["jq", "-c", "."], input=done.stdout, capture_output=True, check=True).stdout
        assert [json.loads(line) for line in through.splitlines()] == rows


def test_text_that_is_not_utf8_has_its_bytes_beside_it() -> None:
    assert text_fields("a\udcff") == {"text": "a\udcff", "text_bytes": base64.b64encode(b"a\xff").decode()}
    assert text_fields("é") == {"text": "é"}
    assert text_fields("\ud800") == {"text": "\ud800"}, "half of a character is no byte"
    assert path_fields("é") == {"path": "é"}


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_says_what_python_holds(value: object) -> None:
    assert json.loads(dumps(value)) == value
    assert json.loads(dumps(value, indent=2)) == value


@given(st.text(alphabet=st.characters(categories=["Cs"]) | st.sampled_from('\\"#[u\n😀é\x7f'), max_size=20))
def test_no_lone_surrogate_is_left(text: str) -> None:
    shown = "".join(c.encode("unicode_escape").decode() if "\ud800" <= c <= "\udfff" else c for c in text)
    written = dumps({"a": text})
    assert json.loads(written) == {"a": shown}
    assert written.isascii()
    assert "##[" not in written
