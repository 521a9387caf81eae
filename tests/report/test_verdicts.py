"""A verdict as `kpl verify` prints it, for people and as a record."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest

from kpl.report.verdicts import print_verdicts, printed, record, render
from kpl.text.source import Source
from kpl.text.span import Span
from kpl.text.version import Version
from kpl.verdict import Imported, Need, Verdict
from kpl.verify.judged import Judged

TEXT = "lan {\n    cache 0\n}\n"
VALUE = Span(TEXT.index("0"), TEXT.index("0") + 1)
LOADS, REFUSES = Verdict("loads"), Verdict("refuses", "setup", "plugin/cache: no", VALUE, 2)
CUSTOM = Source("custom.yaml", "x: |\n  cache\n")


def judged(verdict: Verdict, span: Span | None = None, **changes: Any) -> Judged:
    made = Judged("Corefile", 0, "corefile", Version("1.14.7"), verdict, Source("Corefile", TEXT), span)
    return made._replace(**changes)


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({}, "Corefile: loads (CoreDNS 1.14.7)"),
        # of a file of several, the place tells which one, and where there is none its number from one on
        ({"number": 1}, "Corefile (configuration 2): loads (CoreDNS 1.14.7)"),
        ({"number": 1, "span": VALUE}, "Corefile:2:11: loads (CoreDNS 1.14.7)"),
        ({"path": "a\x1b", "number": 2}, "a\\x1b (configuration 3): loads (CoreDNS 1.14.7)"),
        # CoreDNS's releases have three numbers, of Kubernetes's two may be all that is known
        ({"version": Version("1.7")}, "Corefile: loads (CoreDNS 1.7.0)"),
        ({"kind": "kube-proxy", "version": Version("1.36")}, "Corefile: loads (kube-proxy 1.36)"),
        ({"kind": "kube-proxy", "version": Version("1.36.2")}, "Corefile: loads (kube-proxy 1.36.2)"),
        ({"clusters": ("east",)}, "Corefile: loads (CoreDNS 1.14.7, in east)"),
        ({"clusters": ("a", "b\x1b", "c")}, "Corefile: loads (CoreDNS 1.14.7, in a, b\\x1b and c)"),
    ],
)
def test_what_loads_is_one_line(changes: dict[str, Any], head: str) -> None:
    assert render(judged(LOADS, **changes), color=False) == head


def test_a_refusal_has_its_place_and_the_program_s_words() -> None:
    assert render(judged(REFUSES, VALUE), color=False).split("\n") == [
        "Corefile:2:11: refuses (CoreDNS 1.14.7, setup)",
        "2 |     cache 0",
        "  |           ^",
        "  = plugin/cache: no",
    ]


def test_a_refusal_without_a_place_a_phase_or_a_message() -> None:
    assert render(judged(Verdict("refuses", message="two\nlines\x07")), color=False).split("\n") == [
        "Corefile: refuses (CoreDNS 1.14.7)",
        "   = two",
        "   = lines\\x07",
    ]
    hangs = render(judged(Verdict("refuses", "setup")), color=False).split("\n")[1]
    assert hangs == "   = (no message: it never terminates)"


@pytest.mark.parametrize("length", [2000, 2001, 9000])
def test_a_long_message_is_cut_in_the_middle_for_people(length: int) -> None:
    message = "a" * (length // 2) + "b" * (length - length // 2)
    (line,) = render(judged(Verdict("refuses", message=message)), color=False).split("\n")[1:]
    shown = line.removeprefix("   = ")
    assert shown == (message if length == 2000 else "a" * 1000 + " … " + "b" * 500)
    assert record(judged(Verdict("refuses", message=message)))["message"] == message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("forwad", "Replace `forwad` with `forward`."),
        ("k8s_gateway", "If the image contains this plugin, add `--plugins k8s_gateway`."),
        ("proxy", None),  # CoreDNS had it until 1.5
        ("ttl", None),  # an option of the plugin cache
    ],
)
def test_the_hint_about_a_plugin_that_coredns_does_not_know(name: str, hint: str | None) -> None:
    verdict = Verdict("refuses", "parse", f"Corefile:2 - Error during parsing: Unknown directive '{name}'")
    lines = render(judged(verdict), color=False).split("\n")
    assert lines[2:] == ([] if hint is None else [f"     {hint}"])
    # these words in the middle of another message are none of CoreDNS's
    quoted = Verdict("refuses", "setup", f"open Unknown directive '{name}': no such file")
    assert len(render(judged(quoted), color=False).split("\n")) == 2


@pytest.mark.parametrize(
    ("need", "hint"),
    [
        (Need("file", "/a"), "If it exists in the container, add `--assume-file /a`."),
        (Need("environment variable", "TTL"), "If you know its value, add `--env TTL=VALUE`."),
        (Need("template", "{{ a }}"), "Another tool fills in this placeholder; verify the rendered file."),
        (Need("credential", "a\x1b"), None),
    ],
)
def test_what_a_verdict_depends_on(need: Need, hint: str | None) -> None:
    lines = render(judged(Verdict("depends", needs=(need, Need("interface", "eth0")))), color=False).split("\n")
    shown = need.name.replace("\x1b", "\\x1b")
    assert lines == [
        "Corefile: depends (CoreDNS 1.14.7)",
        f"   = depends on the {need.kind} {shown}",
        *([f"     {hint}"] if hint else []),
        "   = depends on the interface eth0",
    ]


def test_a_refusal_in_an_imported_file_is_shown_there() -> None:
    span = Span(CUSTOM.text.index("cache"), CUSTOM.text.index("cache") + 5)
    verdict = REFUSES._replace(imported=Imported("custom/x", Span(0, 5)))
    one = judged(verdict, VALUE, imported=(CUSTOM, span))
    assert render(one, color=False).split("\n") == [
        "custom.yaml:2:3: refuses (CoreDNS 1.14.7, setup)",
        "2 |   cache",
        "  |   ^^^^^",
        "  = plugin/cache: no",
        "  = imported at Corefile:2:11",
    ]
    made = record(one)
    assert (made["path"], made["line"], made["column"]) == ("Corefile", 2, 11)
    assert made["imported"] == {"path": "custom.yaml", "line": 2, "column": 3}
    assert "imported at" not in render(one._replace(span=None), color=False)


def test_a_record_has_what_is_known_and_null_for_the_rest() -> None:
    assert record(judged(LOADS, number=1)) == {
        "path": "Corefile",
        "index": 1,
        "kind": "corefile",
        "version": "1.14.7",
        "verdict": "loads",
        "phase": None,
        "message": None,
        "line": None,
        "column": None,
        "inner_line": None,
        "depends_on": [],
    }
    made = record(judged(REFUSES._replace(needs=(Need("file", "/a"),)), VALUE, clusters=("a", "b")))
    assert (made["phase"], made["line"], made["column"], made["inner_line"]) == ("setup", 2, 11, 2)
    assert (made["depends_on"], made["clusters"]) == ([{"kind": "file", "name": "/a"}], ["a", "b"])


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ([], "Found no configurations."),
        (["loads"], "1 loads."),
        (["loads", "loads"], "2 load."),
        (["refuses"], "1 refused."),
        (["depends"], "1 depends."),
        (["depends", "refuses", "loads", "depends", "loads", "refuses"], "2 load, 2 refused, 2 depend."),
    ],
)
def test_the_last_line_counts_the_verdicts(answers: list[Any], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_verdicts([printed(judged(Verdict(each)), "text", False) for each in answers], "text", False)
    *heads, last = [each for each in capsys.readouterr().out.splitlines() if not each.startswith(" ")]
    assert ([each.split()[1] for each in heads], last) == (answers, line)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_json_is_an_array_and_jsonl_a_line_each(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    records = [record(judged(LOADS, number=number)) for number in range(count)]
    for format_ in ("json", "jsonl"):
        print_verdicts(
            [printed(judged(LOADS, number=number), format_, False) for number in range(count)], format_, False
        )
        out = capsys.readouterr().out
        assert (json.loads(out) if format_ == "json" else [json.loads(line) for line in out.splitlines()]) == records
    assert printed(judged(REFUSES), "json", False).text.count("\n") > 5
    assert "\n" not in printed(judged(REFUSES), "jsonl", False).text
    assert printed(judged(REFUSES), "jsonl", True).answer == "refuses"


@pytest.mark.parametrize(("answer", "code"), [("loads", "32"), ("refuses", "31"), ("depends", "33")])
def test_color_says_the_answer_and_changes_no_character(answer: Any, code: str) -> None:
    one = judged(Verdict(answer, message="m"), VALUE)
    painted = printed(one, "text", True).text
    assert f"\x1b[{code}m\x1b[1m{answer}\x1b[0m" in painted
    assert click.unstyle(painted) == printed(one, "text", False).text
