"""Fixes with edits in several files: all of them are made, or none, whatever goes wrong in one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema
import pytest

from kpl import troubles
from kpl.cluster import Cluster
from kpl.clusters.partition import Named
from kpl.facts import Facts
from kpl.fix.fixer import Outcome, fix_texts
from kpl.fix.offers import offers
from kpl.fix.verification import Tried, try_fixes
from kpl.inputs.document import Reading
from kpl.inputs.objects.services import Service
from kpl.inputs.read import read
from kpl.lint.engine import lint
from kpl.lint.located import FileEdits, Located, LocatedFix, Result, Withheld
from kpl.lint.registry import RuleEntry
from kpl.lint.rule import Bad, Finding, Rule
from kpl.lint.settings import Settings
from kpl.report.records import record
from kpl.report.screen import render
from kpl.testing.examples import unmet
from kpl.text.edit import Edit, Fix
from kpl.text.source import Source, SourceOrigin
from renames import (
    BOTH,
    COREFILE,
    FIXED,
    OLD,
    SERVICE,
    TWIN,
    BreaksTheOther,
    InTheTwin,
    LosesAComment,
    NoTwins,
    OlderIsOld,
    OnlyThese,
    Renames,
    TwinsAreTwo,
    Unsafe,
    settings,
)
from support import ROOT, readings, refused

SCHEMA = json.loads((ROOT / "linter/kpl/report/finding.schema.json").read_text(encoding="utf-8"))


def fixed(files: Mapping[str, str | bytes], *classes: type[Rule], unsafe: bool = False) -> Outcome:
    return fix_texts(readings(files), settings(*classes), unsafe)


def offered(read: Sequence[Reading], chosen: Settings) -> list[bool]:
    return [each.fix is not None for each in offers(read, lint(read, chosen).findings, chosen).findings]


def told(outcome: Outcome) -> list[str]:
    """Why fixes were not made, as the user is told."""
    assert (outcome.texts, outcome.applied, outcome.bugs, outcome.withheld) == ({}, [], [], [])
    return [each.problem for each in outcome.not_applied]


def test_all_files_are_edited() -> None:
    outcome = fixed({**BOTH, "Corefile": COREFILE})
    assert outcome.texts == {**FIXED, "Corefile": COREFILE.replace("old", "new")}
    assert [each.path for each in outcome.applied] == ["old.yaml"]
    assert refused(outcome) == []
    assert offered(readings(BOTH), settings()) == [True]


def test_edits_in_other_files_alone() -> None:
    outcome = fixed(BOTH, InTheTwin)
    assert outcome.texts == {"twin.yaml": FIXED["twin.yaml"]}
    assert len(outcome.applied) == 1


def test_other_documents_of_the_same_file_are_part_of_the_file() -> None:
    (finding,) = lint(readings({"a.yaml": f"{OLD}---\n{TWIN}"}), settings()).findings
    assert finding.fix is not None
    assert (len(finding.fix.edits), finding.fix.elsewhere) == (2, ())
    assert fixed({"a.yaml": f"{OLD}---\n{TWIN}"}).texts == {"a.yaml": f"{FIXED['old.yaml']}---\n{FIXED['twin.yaml']}"}


def test_the_other_edit_is_lifted_out_of_its_scalar() -> None:
    text = "kind: ConfigMap\nmetadata:\n  name: coredns\n  namespace: kube-system\ndata:\n  Corefile: |\n    "
    text = (text + COREFILE.rstrip().replace("\n", "\n    ") + "\n").replace("\n", "\r\n")
    outcome = fixed({"old.yaml": OLD, "cm.yaml": text})
    assert outcome.texts == {"old.yaml": FIXED["old.yaml"], "cm.yaml": text.replace("old", "new")}


def test_an_unsafe_fix_waits_for_its_option() -> None:
    assert fixed(BOTH, Unsafe).texts == {}
    assert fixed(BOTH, Unsafe, unsafe=True).texts == FIXED


def test_fixes_in_many_files_are_tried_together(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{number}/{name}": text for number in range(20) for name, text in BOTH.items()}
    named = [Named(str(number), [f"{number}/*"], "", Facts()) for number in range(20)]
    outcome = fix_texts(readings(files), settings(clusters=named), unsafe=False)
    assert outcome.texts == {f"{number}/{name}": text for number in range(20) for name, text in FIXED.items()}
    assert len(outcome.groups) == 20
    tried: list[object] = []

    def counted(*words: Any) -> Tried:
        tried.append(words)
        return try_fixes(*words)

    monkeypatch.setattr("kpl.fix.offers.try_fixes", counted)
    assert offered(readings(files), settings(clusters=named)) == [True] * 20
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("rules", "other", "problem"),
    [
        ([BreaksTheOther], TWIN, "the result does not parse: "),
        ([LosesAComment], f"{TWIN}  # why\n", "the comment '# why' would be lost in twin.yaml"),
        ([Renames, NoTwins], TWIN, "it causes T2 no-twins in twin.yaml"),
    ],
)
def test_a_fix_that_fails_in_one_file_is_made_in_none(rules: list[type[Rule]], other: str, problem: str) -> None:
    files = {"old.yaml": OLD, "twin.yaml": other}
    (said,) = told(fixed(files, *rules))
    assert said.startswith(problem)
    assert said.endswith(" in twin.yaml")
    assert offered(readings(files), settings(*rules)) == [False]


def test_the_one_at_fault_is_found_among_others() -> None:
    files = {f"{number}/{name}": text for number in range(8) for name, text in BOTH.items()}
    files["5/twin.yaml"] = TWIN.replace("name: twin", "name: twin # kpl: ignore[T2]")
    named = [Named(str(number), [f"{number}/*"], "", Facts()) for number in range(8)]
    chosen = settings(Renames, NoTwins, clusters=named)
    assert offered(readings(files), chosen) == [number == 5 for number in range(8)]
    outcome = fix_texts(readings(files), chosen, unsafe=False)
    assert sorted(outcome.texts) == ["5/old.yaml", "5/twin.yaml"]
    assert len(outcome.not_applied) == 7


def test_a_fix_that_meets_another_one_waits_and_is_made_as_a_whole_or_not() -> None:
    outcome = fixed(BOTH, Renames, TwinsAreTwo)
    assert outcome.texts == {"old.yaml": FIXED["old.yaml"], "twin.yaml": SERVICE.format("two")}
    assert [each.code for each in outcome.applied] == ["T3", "T1"]
    two = {**BOTH, "b/old.yaml": OLD}
    outcome = fixed(two)
    assert outcome.texts == {**FIXED, "b/old.yaml": FIXED["old.yaml"]}
    assert len(outcome.applied) == 2
    assert [len(group) for group in outcome.groups] == [2, 1]


IGNORE = "# kpl: ignore[renames] twins stay\n"


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("twin.yaml.gz", gzip.compress(TWIN.encode(), mtime=0), "is compressed"),
        ("twin.yaml", f"# kpl: ignore-file[T1]\n{TWIN}", "suppresses T1 there"),
        ("twin.yaml", TWIN.replace("  name", f"  {IGNORE}  name"), "suppresses T1 there"),
        ("twin.yaml", TWIN.replace("twin", f"twin {IGNORE.rstrip()}"), "suppresses T1 there"),
    ],
)
def test_a_file_that_is_not_to_be_written(name: str, data: bytes | str, problem: str) -> None:
    files = {"old.yaml": OLD, name: data}
    assert told(fixed(files)) == [f"it also edits {name}, which {problem}"]
    assert offered(readings(files), settings()) == [False]


def test_a_suppression_of_something_else_is_in_no_ones_way() -> None:
    other = TWIN.replace("spec:", f"{IGNORE}spec:") + "# kpl: ignore-file[T9]\n"
    assert sorted(fixed({"old.yaml": OLD, "twin.yaml": other}).texts) == ["old.yaml", "twin.yaml"]


def test_a_suppression_in_any_line_that_an_edit_replaces() -> None:
    other = f"{TWIN}  type: ClusterIP # kpl: ignore[T1]\n"
    assert told(fixed({"old.yaml": OLD, "twin.yaml": other}, LosesAComment)) == [
        "it also edits twin.yaml, which suppresses T1 there"
    ]


def test_a_suppression_in_a_corefile_on_one_line() -> None:
    one_line = json.dumps(COREFILE.replace("old", "old # kpl: ignore[T1]"))
    files = {
        "old.yaml": OLD,
        "cm.yaml": f"kind: ConfigMap\nmetadata: {{name: coredns}}\ndata:\n  Corefile: {one_line}\n",
    }
    assert told(fixed(files)) == ["it also edits cm.yaml, which suppresses T1 there"]


def test_a_file_that_the_configuration_exempts() -> None:
    class Exempting(OnlyThese):
        """Settings with which no rule is for the twin."""

        classes = (Renames, NoTwins)

        def rules_for(self, path: str) -> list[RuleEntry]:
            return self.rules[1:] if path == "twin.yaml" else self.rules

    outcome = fix_texts(readings(BOTH), Exempting(), unsafe=False)
    assert told(outcome) == ["it also edits twin.yaml, which has T1 turned off by the configuration"]


def test_a_file_that_is_only_context() -> None:
    old, twin = readings(BOTH)
    outcome = fix_texts([old], settings(), unsafe=False, context=[twin])
    assert told(outcome) == ["it also edits twin.yaml, which is not among the given files"]
    assert twin.not_written == ""


@pytest.mark.parametrize("piped", ["old.yaml", "twin.yaml"])
def test_standard_input_is_not_written_together_with_a_file(piped: str) -> None:
    origin = {piped: SourceOrigin.STANDARD_INPUT}
    found = [read(name, text.encode(), origin=origin.get(name, SourceOrigin.DISK)) for name, text in BOTH.items()]
    outcome = fix_texts([each for each in found if each is not None], settings(), unsafe=False)
    assert told(outcome) == ["it also edits twin.yaml, which kpl does not write together with standard input"]


def test_a_fix_that_came_up_later_and_fails_is_told() -> None:
    outcome = fixed({"old.yaml": SERVICE.format("older"), "twin.yaml": TWIN}, OlderIsOld, BreaksTheOther)
    assert outcome.texts == {"old.yaml": OLD}
    assert [each.finding.code for each in outcome.not_applied] == ["T1"]
    assert (outcome.withheld, outcome.bugs) == ([], [])


def test_files_that_are_edited_together_by_turns_are_one_group() -> None:
    read = readings(dict.fromkeys(("a.yaml", "b.yaml", "c.yaml", "d.yaml"), TWIN))
    a, b, c, _ = (each.source for each in read)
    (finding,) = lint(readings(BOTH), settings()).findings

    def edited(own: Source, other: Source) -> Located:
        return finding._replace(source=own, fix=LocatedFix("x", (), elsewhere=(FileEdits(other, (Edit(0, 0, ""),)),)))

    outcome = Outcome(changed=[(each, "") for each in read], applied=[edited(a, b), edited(c, b)])
    groups = [[each.source.path for each, _ in group] for group in outcome.groups]
    assert groups == [["a.yaml", "b.yaml", "c.yaml"], ["d.yaml"]]


def test_results_of_two_processes_are_added() -> None:
    (finding,) = lint(readings(BOTH), settings()).findings
    whole, part = Result(), Result(withheld=[Withheld(finding, "x")], reaching={"old.yaml"})
    whole.add(part)
    assert (whole.withheld, whole.reaching) == (part.withheld, {"old.yaml"})


def test_what_is_told_of_an_unsafe_fix_is_told_where_it_was_asked_for() -> None:
    files = {"old.yaml": OLD, "twin.yaml": f"# kpl: ignore-file[T1]\n{TWIN}"}
    assert told(fixed(files, Unsafe)) == []
    assert len(told(fixed(files, Unsafe, unsafe=True))) == 1


def test_edits_that_are_in_no_document_are_an_error_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    class InAPath(Renames):
        """Its edits are in a path."""

        def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
            fix = Fix("x", (), elsewhere=(("twin.yaml", (Edit(0, 0, "x"),)),))  # type: ignore[arg-type]
            yield self.finding(service.name.span, "m", fix=fix)

    troubles.forget()
    monkeypatch.setattr("renames.InAPath", InAPath, raising=False)
    assert lint(readings(BOTH), settings(InAPath)).findings == []
    (trouble,) = troubles.noted().values()
    troubles.forget()
    assert "the edits elsewhere of a fix are not in a Document" in str(trouble)


def in_clusters(files: Mapping[str, str], *paths: Sequence[str]) -> tuple[list[Reading], Settings]:
    """Files, with settings that name clusters of some of them."""
    named = [Named(f"c{number}", each, "", Facts()) for number, each in enumerate(paths)]
    return readings(files), settings(clusters=named)


def test_the_same_edits_in_two_clusters_are_one_fix() -> None:
    # what no cluster claims belongs to each of them
    read, chosen = in_clusters(
        {**BOTH, "a/x.yaml": SERVICE.format("x"), "b/x.yaml": SERVICE.format("x")}, ["a/*"], ["b/*"]
    )
    assert [(each.clusters, each.fix is not None) for each in lint(read, chosen).findings] == [((), True)]
    assert fix_texts(read, chosen, unsafe=False).texts == FIXED


def test_other_edits_in_another_cluster_are_no_fix() -> None:
    read, chosen = in_clusters({"old.yaml": OLD, "a/twin.yaml": TWIN, "b/twin.yaml": TWIN}, ["a/*"], ["b/*"])
    assert [each.fix for each in lint(read, chosen).findings] == [None]
    assert fix_texts(read, chosen, unsafe=False).texts == {}


def test_reports_name_the_other_files() -> None:
    (finding,) = lint(readings(BOTH), settings()).findings
    made = record(finding)
    jsonschema.validate(made, SCHEMA)
    own, other = made["fix"]["edits"]
    assert "path" not in own
    assert (other["path"], other["line"], other["column"], other["text"]) == ("twin.yaml", 4, 9, "new-twin")
    assert "fix: Rename (kpl fix, also edits twin.yaml)" in render(finding, color=False)
    path = b"\xff.yaml".decode(errors="surrogateescape")
    (finding,) = lint(readings({"old.yaml": OLD, path: TWIN}), settings()).findings
    made = record(finding)
    jsonschema.validate(made, SCHEMA)
    assert made["fix"]["edits"][1]["path_bytes"] == "/y55YW1s"


def test_an_example_has_the_texts_of_the_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def promises(also: Mapping[str, str], fixed: str = FIXED["old.yaml"], safe: bool = True) -> list[str]:
        example = Bad(BOTH, flags=["old"], fixed=fixed, also=also, safe=safe)
        return unmet(Renames, example, ["T1"])

    monkeypatch.setattr("kpl.testing.examples.Settings", lambda **_: settings())
    assert promises({"twin.yaml": FIXED["twin.yaml"]}) == []
    assert "expected no fix of twin.yaml, because `also` does not have it" in promises({})
    assert any("expected twin.yaml to be " in each for each in promises({"twin.yaml": TWIN}))
    assert any("expected a safe fix of twin.yaml" in each for each in promises({"twin.yaml": TWIN}))
    wrong = promises({"twin.yaml": FIXED["twin.yaml"]}, safe=False)
    assert [each.partition(", but")[0] for each in wrong] == [
        "expected no safe fix of old.yaml",
        "expected no safe fix of twin.yaml",
    ]
