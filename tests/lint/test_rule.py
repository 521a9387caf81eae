"""What a rule class tells of itself: where its page is, which symptoms it explains, which examples tell most."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import kpl.report
from kpl import Bad, Finding, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import ServerBlock
from kpl.lint.explain import page
from kpl.lint.rule import SYMPTOMS, Example
from kpl.lint.ruleclass import fault
from kpl.report.records import record
from support import run

SCHEMA = json.loads((Path(kpl.report.__file__).parent / "finding.schema.json").read_text(encoding="utf-8"))


class Acme(Rule):
    """A server block is there."""

    code = "ACME1"
    name = "acme-one"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "1.0"

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        yield self.finding(server.key_span, "it is there")


class AcmeWithPage(Acme):
    """Another one."""

    home = "https://acme.example/rules/acme-two"


def test_a_rule_of_a_plug_in_leads_to_the_page_of_the_plug_in_or_nowhere() -> None:
    assert fault(AcmeWithPage) is None
    assert (Acme.url(), AcmeWithPage.url()) == ("", "https://acme.example/rules/acme-two")


@pytest.mark.parametrize("url", ["", "https://acme.example/rules/acme-two"])
def test_a_finding_has_the_link_or_null(url: str) -> None:
    found, *_ = run({"Corefile": ". {\n    forward . 9.9.9.9\n}\n"}, ("missing-cache",)).findings
    assert record(found)["url"] == "https://github.com/kplint/kpl/blob/main/docs/rules/KPL201.md"
    told = record(found._replace(url=url))
    jsonschema.Draft202012Validator(SCHEMA).validate(told)
    assert told["url"] == (url or None)


@pytest.mark.parametrize(
    ("symptoms", "ends"),
    [
        ((), None),
        (tuple(SYMPTOMS)[:2], None),
        (("headache",), list(SYMPTOMS)[-1]),
        ("slow-lookups", list(SYMPTOMS)[-1]),
    ],
)
def test_symptoms_are_those_of_the_table(symptoms: Any, ends: str | None) -> None:
    said = fault(type("Other", (Acme,), {"symptoms": symptoms}))
    assert (said is None) if ends is None else (said or "").endswith(ends)


def test_the_page_names_the_symptoms() -> None:
    told = page(type("Other", (Acme,), {"symptoms": ("slow-lookups", "coredns-does-not-start")}))
    assert f"\n\nSymptoms: {SYMPTOMS['slow-lookups']}; CoreDNS does not start.\n" in f"{told}\n"


def shown(*examples: Example) -> tuple[list[str], str]:
    """The first words of the examples on the page, and its last line."""
    text = page(type("Other", (Acme,), {"examples": examples}))
    return re.findall(r"# Corefile\n(\w+)", text), text.splitlines()[-1]


def bad(text: str, **more: Any) -> Bad:
    return Bad(corefile(text), flags=["a"], **more)


def good(text: str, **more: Any) -> Good:
    return Good(corefile(text), **more)


LONG = "x {\n}\n" * 30


@pytest.mark.parametrize(
    ("examples", "expected", "more"),
    [
        ([bad("a {\n}\n"), good("b {\n}\n")], ["a", "b"], 0),
        ([good("b {\n}\n"), bad("a {\n}\n")], ["a", "b"], 0),
        ([bad("a {\n    log\n}\n"), bad("b {\n}\n"), good("c {\n}\n")], ["b", "c"], 1),
        # a fix tells more than a short text, and a rule that stands alone more than a fix
        ([bad("a {\n    log\n}\n", fixed="a {\n}\n"), bad("b {\n}\n"), good("c {\n}\n")], ["a", "c"], 1),
        ([bad("a {\n}\n", fixed="a {\n}\n", other=["x"]), bad("b {\n}\n")], ["b"], 1),
        ([bad("a {\n}\n", facts={"nodes": 3}), bad("b {\n    log\n}\n")], ["b"], 1),
        # the good one that differs least, and is not what the fix makes
        ([bad("a {\n    log\n}\n"), good("b {\n    errors\n}\n"), good("c {\n    log\n}\n")], ["a", "c"], 1),
        (
            [bad("a {\n    log\n}\n", fixed="c {\n    log\n}\n"), good("b {\n}\n"), good("c {\n    log\n}\n")],
            ["a", "b"],
            1,
        ),
        ([bad("a {\n}\n"), good("b {\n}\n", other=["x"]), good("c {\n    log\n}\n")], ["a", "c"], 1),
        # what is long is left to --all
        ([bad(f"a {{\n}}\n{LONG}"), good("b {\n}\n")], ["b"], 1),
        ([bad(f"a {{\n}}\n{LONG}"), good(f"b {{\n}}\n{LONG}")], [], 2),
    ],
)
def test_explain_shows_the_examples_that_tell_most(examples: Sequence[Example], expected: list[str], more: int) -> None:
    first, last = shown(*examples)
    assert first == expected
    words = f"{more}{' more' if expected else ''} example{'s' * (more != 1)}"
    assert last == (f"`kpl explain ACME1 --all` shows {words}." if more else "```")


def test_all_examples_are_shown_where_they_are_asked_for() -> None:
    rule = type("Other", (Acme,), {"examples": [good("b {\n}\n"), bad("a {\n}\n"), bad(f"c {{\n}}\n{LONG}")]})
    text = page(rule, everything=True)
    assert re.findall(r"# Corefile\n(\w+)|(## \w+)", text) == [
        ("", "## Examples"),
        ("a", ""),
        ("b", ""),
        ("", "## More"),
        ("c", ""),
    ]
