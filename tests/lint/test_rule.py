"""What a rule class tells of itself: where its page is, which symptoms it explains, which examples tell most."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest

import kpl.report
from kpl import (
    Bad,
    Document,
    Finding,
    Good,
    Related,
    Rule,
    Severity,
    Span,
    Stop,
    corefile,
    dump,
    files,
    manifest,
)
from kpl.corefiles import ServerBlock
from kpl.lint.explain import page
from kpl.lint.rule import SYMPTOMS, Example, LateExamples, Profile
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


@pytest.mark.parametrize(
    ("examples", "fix"),
    [
        ([], "none"),
        ([bad("a {\n}\n")], "none"),
        ([bad("a {\n}\n", fixed="x"), bad("b {\n}\n", safe=False)], "safe"),
        ([bad("a {\n}\n", fixed="x", safe=False), good("b {\n}\n")], "unsafe"),
        ([bad("a {\n}\n", fixed="x"), bad("a {\n}\n", fixed="y", safe=False)], "safe or unsafe, depending on the case"),
    ],
)
def test_the_page_tells_of_the_fixes(examples: Sequence[Example], fix: str) -> None:
    profile = Profile.STRICT if fix == "none" else Profile.DEFAULT
    rule = type("Other", (Acme,), {"examples": examples, "profile": profile})
    facts = f"stop: CoreDNS · severity: info · confidence: high · profile: {profile.value} · fix: {fix} · since: 1.0"
    assert page(rule).split("\n\n")[:3] == ["# ACME1 acme-one", "A server block is there.", facts]


def test_the_page_has_the_rest_of_the_documentation_and_the_options() -> None:
    rule = type("Other", (Acme,), {"__doc__": "It is.\n\n    ## Why\n    So.\n", "options": {"most": 3, "text": "a"}})
    assert page(rule).split("\n\n")[3:] == [
        "## Why\nSo.",
        "## Options\n- `most`, by default 3\n- `text`, by default 'a'",
    ]


@pytest.mark.parametrize(
    ("example", "text"),
    [
        (bad("a {\n}\n"), "Bad, flagged at `a`:\n```\n# Corefile\na {\n}\n```"),
        (
            Bad({"a": "x\n", "b": "y\n\n"}, {"nodes": 3, "libc": "musl"}, flags=["x", "y"], fixed="z\n"),
            (
                "Bad, flagged at `x`, `y`, with nodes 3, with libc musl:\n```\n# a\nx\n```\n```\n# b\ny\n```\n"
                "After `kpl fix`:\n```\nz\n```"
            ),
        ),
        (
            bad("a\n", fixed="", safe=False),
            "Bad, flagged at `a`:\n```\n# Corefile\na\n```\nAfter `kpl fix --unsafe-fixes`:\n```\n\n```",
        ),
        (good("```\n````x\n", facts={"nodes": 3}), "Good, with nodes 3:\n`````\n# Corefile\n```\n````x\n`````"),
        (good("``\n"), "Good:\n```\n# Corefile\n``\n```"),
    ],
)
def test_an_example_on_the_page(example: Example, text: str) -> None:
    shown = page(type("Other", (Acme,), {"examples": [example]}))
    assert shown.partition("## Examples\n\n")[2] == text


@pytest.mark.parametrize(("lines", "expected"), [(40, ["a"]), (41, [])])
def test_of_one_example_forty_lines_are_shown(lines: int, expected: list[str]) -> None:
    assert shown(bad("a\n" + "\n" * (lines - 1)))[0] == expected


@pytest.mark.parametrize(("length", "there"), [(2999, True), (3000, False)])
def test_an_example_of_three_thousand_characters_is_on_no_page(length: int, there: bool) -> None:
    rule = type("Other", (Acme,), {"examples": [bad("a" * length)]})
    assert ("Bad" in page(rule, everything=True)) is there
    assert ("--all" in page(rule)) is False


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9])
def test_of_many_places_the_first_few_are_shown(count: int) -> None:
    asked: list[int] = []

    def spans() -> Iterator[Span]:
        for number in range(count):
            asked.append(number)
            yield Span(number, number + 1)

    found = Acme().finding_of_many(spans(), "m", "as here", help="h", severity=Severity.ERROR)
    assert (found.span, found.message, found.help, found.severity) == (Span(0, 1), "m", "h", Severity.ERROR)
    assert found.related == tuple(Related(Span(number, number + 1), "as here") for number in range(1, min(count, 4)))
    assert len(asked) == min(count, 4), "no more are asked for"


def test_a_rule_tells_of_itself() -> None:
    class Undocumented(Acme):
        options: ClassVar[dict[str, Any]] = {"most": 3, "text": "a"}

        def check(self, server: ServerBlock, document: Document) -> Iterator[Finding]:  # type: ignore[override]
            yield from ()

    class Aside:
        """It is no rule."""

    class Mixed(Aside, Undocumented):
        __doc__ = None

    assert (Undocumented.summary(), Undocumented.sees(), Undocumented.wants()) == (
        "A server block is there.",
        "ServerBlock",
        ("ServerBlock", "Document"),
    )
    assert Undocumented({"most": 5}).wanted == ("ServerBlock", "Document")
    assert Undocumented({"most": 5}).option == {"most": 5, "text": "a"}
    assert Undocumented().option == {"most": 3, "text": "a"}
    assert Mixed.documentation() == "It is no rule."
    bare: type[Rule] = type("Bare", (Rule,), {"__doc__": None})
    assert bare.documentation() == ""
    own: type[Rule] = type("Own", (Rule,), {"__module__": "kpl_rules.dns", "code": "KPL1"})
    assert own.url().endswith("/docs/rules/KPL1.md")
    assert [each.rank for each in (Severity.INFO, Severity.WARNING, Severity.ERROR)] == [0, 1, 2]


def test_examples_may_be_made_late() -> None:
    made: list[int] = []

    def make() -> list[Example]:
        made.append(1)
        return [bad("a {\n}\n"), good("b {\n}\n")]

    late = LateExamples(make)
    assert fault(type("Other", (Acme,), {"examples": late})) is None
    assert made == [], "nobody asked"
    assert (len(late), late[1].files, [each.files for each in late[:1]]) == (
        2,
        {"Corefile": "b {\n}\n"},
        [{"Corefile": "a {\n}\n"}],
    )
    assert made == [1]


def test_an_example_is_fixed_safely_unless_it_says_otherwise() -> None:
    assert (Bad({}).safe, Bad({}).fixed, Good({}).facts) == (True, None, {})
    assert (manifest("a"), dump("b"), files(**{"x/y": "c"})) == (
        {"manifest.yaml": "a"},
        {"node.iptables": "b"},
        {"x/y": "c"},
    )
