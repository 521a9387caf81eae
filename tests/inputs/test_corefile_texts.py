"""The Corefile parser over many texts: made up ones, and those of which CoreDNS's own verdict was recorded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpl.inputs.corefile.model import Corefile
from kpl.inputs.corefile.parser import CorefileError, parse_corefile
from kpl.text.edit import Edit
from support import ROOT, SHARED


@given(st.text(alphabet='ab{}".#,\\ \n\r\t()', max_size=40), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_text_parses_or_raises_the_one_error(text: str, fragment: bool) -> None:
    try:
        corefile = parse_corefile(text, fragment)
    except CorefileError as error:
        assert 0 <= error.span.start <= error.span.end <= len(text) + 1
        return
    for server in (*corefile.servers, *corefile.snippets):
        for directive in server.directives:
            assert text[directive.span.start] not in " \n"
            edit = corefile.insert_after(directive, "zz")
            assert edit == Edit(edit.start, edit.start, edit.text)


@pytest.mark.skipif(not (SHARED / "conformance").is_dir(), reason="no recorded verdicts here")
@pytest.mark.parametrize("name", ["plugin_verdicts.jsonl", "mutants.jsonl", "syntax_cases.json"])
def test_what_coredns_loads_parses(name: str) -> None:
    text = (SHARED / "conformance" / name).read_text()
    rows = (
        json.loads(text)["cases"] if name.endswith(".json") else [json.loads(line) for line in text.split("\n") if line]
    )
    _parses([row.get("corefile", row.get("input")) for row in rows if row.get("loads", row.get("ok"))])


def test_what_is_recorded_here_as_loaded_parses() -> None:
    recorded = (ROOT / "tests" / "coredns" / "recorded.jsonl").read_text(encoding="utf-8").splitlines()
    _parses([row["corefile"] for row in map(json.loads, recorded) if row["error"] is None])


def _parses(loaded: list[str]) -> None:
    assert len(loaded) > 50
    refused = []
    for corefile in loaded:
        try:
            parse_corefile(corefile)
        except CorefileError as error:
            refused.append((corefile, error.message))
    assert refused == []


def lines_of(corefile: Corefile) -> list[list[str]]:
    return [
        [str(word) for word in words]
        for server in (*corefile.servers, *corefile.snippets)
        for directive in server.directives
        for words in ((directive.name, *directive.args), *((line.name, *line.args) for line in directive.properties))
    ]


@given(st.lists(st.sampled_from(["a", "b c", "  d {", "  }", " ", "", "# e", "f # g", "h  ", "i\t"]), max_size=10))
@settings(max_examples=100, deadline=None)
def test_the_line_ends_of_windows_change_nothing(lines: list[str]) -> None:
    text = "\n".join([". {", *lines, "}", ""])
    read = []
    for newline in ("\n", "\r\n"):
        try:
            read.append(lines_of(parse_corefile(text.replace("\n", newline))))
        except CorefileError as error:
            read.append([[error.message]])
    assert read[0] == read[1]
