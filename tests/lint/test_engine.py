"""Which rule sees what, and where its findings end up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from kpl.cli.linting import share_out
from kpl.cluster import Cluster
from kpl.inputs.corefile.model import Corefile, Directive, ServerBlock
from kpl.inputs.document import Document
from kpl.lint.engine import Result, lint
from kpl.lint.registry import RuleEntry
from kpl.lint.rule import Confidence, Finding, Related, Rule, Severity, Stop
from kpl.lint.settings import Override, Settings
from kpl.parallel import can_fork
from kpl.report.records import record
from kpl.text.edit import Edit, Fix
from kpl.text.span import Span
from samples import POD, config_map, indented
from support import ROOT, readings, underlined

COREFILE = "(part) {\n    log\n}\na b {\n    errors\n    import part\n}\nc {\n    cache 30\n}\n"
IN_YAML = config_map("|\n" + indented(COREFILE, 4))
QUOTED = config_map('"' + COREFILE.replace("\n", "\\n") + '"\n')


class Seen(Rule):
    """Finds what it is shown."""

    code, name, stop, severity, since = "T1", "seen", Stop.COREDNS, Severity.WARNING, "1"


class SeesDirective(Seen):
    def check(self, directive: Directive, server: ServerBlock, corefile: Corefile) -> Iterator[Finding]:
        assert server in (*corefile.servers, *corefile.snippets)
        fix = Fix("Shout", (Edit(*directive.name.span, directive.name.upper()),))
        yield self.finding(directive.name.span, "seen", fix=fix)


class SeesServer(Seen):
    def check(self, server: ServerBlock, document: Document, cluster: Cluster) -> Iterator[Finding]:
        assert cluster.document_of(server) is document
        yield self.finding(server.key_span, "seen")


class SeesCluster(Seen):
    def check(self, cluster: Cluster) -> Iterator[Finding]:
        first, *others = cluster.corefiles
        related = [Related(each.servers[0].key_span, "also here", document) for document, each in others]
        yield self.finding(Span(0, 6), "seen", document=first[0], related=related)


class SaysItTwice(Seen):
    def check(self, server: ServerBlock) -> Iterator[Finding]:
        yield self.finding(Span(0, 1), "the same")
        yield self.finding(Span(0, 1), "the same")


class SaysItMildly(Seen):
    def check(self, server: ServerBlock) -> Iterator[Finding]:
        yield self.finding(server.key_span, "seen", severity=Severity.INFO)


class SeemsSo(Seen):
    def check(self, server: ServerBlock) -> Iterator[Finding]:
        yield self.finding(server.key_span, "seen", confidence=Confidence.LOW)


class SeesDocument(Seen):
    def check(self, document: Document) -> Iterator[Finding]:
        yield self.finding(Span(0, 1), document.key)


class NeedsDump(Seen):
    needs = "Dump"
    runs = 0

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        type(self).runs += 1
        yield self.finding(Span(0, 1), "seen", document=cluster.dumps[0])


class Only(Settings):
    """Settings that run one rule of this module."""

    rule_class: type[Rule]

    @cached_property
    def rules(self) -> list[RuleEntry]:
        return [] if self.overrides else self.rules_for("")

    def rules_for(self, path: str) -> list[RuleEntry]:
        rule = self.rule_class
        return [RuleEntry(rule.code, rule.name, __name__, rule.__name__, rule.sees(), "warning", True, "", rule.needs)]


def run(rule: type[Rule], files: dict[str, str], **settings: Any) -> Result:
    chosen = Only(**settings)
    chosen.rule_class = rule
    return lint(readings(files), chosen)


@pytest.mark.parametrize("files", [{"Corefile": COREFILE}, {"cm.yaml": IN_YAML}, {"cm.yaml": QUOTED}])
def test_a_rule_sees_what_its_annotation_names(files: dict[str, str]) -> None:
    assert [underlined(each) for each in run(SeesDirective, files).findings] == ["log", "errors", "import", "cache"]
    assert [underlined(each) for each in run(SeesServer, files).findings] == ["a b", "c"]


def test_a_rule_may_see_every_document() -> None:
    found = run(SeesDocument, {"Corefile": COREFILE, "cm.yaml": IN_YAML, "broken/Corefile": "a {"}).findings
    assert [(each.path, each.message) for each in found] == [
        ("Corefile", "Corefile"),
        ("cm.yaml", "Corefile"),
        ("broken/Corefile", "Corefile"),
    ]


def test_a_rule_about_dumps_does_not_run_for_another_file_alone() -> None:
    both = readings({"Corefile": COREFILE, "a.iptables": "*nat\nCOMMIT\n"})
    settings = Only()
    settings.rule_class = NeedsDump
    NeedsDump.runs = 0
    assert lint(both, settings, only=both[:1]).findings == []
    assert NeedsDump.runs == 0
    assert (
        len(lint(both, settings, only=both[1:]).findings)
        == len(lint(both, settings).findings)
        == NeedsDump.runs - 1
        == 1
    )


def test_a_rule_is_not_shown_what_is_not_there() -> None:
    assert run(SeesDirective, {"pod.yaml": POD}).findings == []


@pytest.mark.parametrize("text", [IN_YAML, QUOTED])
def test_fixes_are_those_of_the_file(text: str) -> None:
    for finding in run(SeesDirective, {"cm.yaml": text}).findings:
        assert finding.fix is not None
        (edit,) = finding.fix.edits
        assert Span(edit.start, edit.end) == finding.span
        assert edit.text == underlined(finding).upper()


def test_a_fix_that_the_file_cannot_express_is_none_and_the_finding_stays() -> None:
    text = "a: &c |\n" + indented(COREFILE, 2) + "kind: ConfigMap\ndata:\n  Corefile: *c\n"
    found = run(SeesDirective, {"cm.yaml": text}).findings
    assert [(underlined(each), each.fix) for each in found] == [("*c", None)] * 4


def test_findings_come_in_the_order_of_the_files_and_of_their_places() -> None:
    found = run(SeesDirective, {"b/Corefile": COREFILE, "a/Corefile": COREFILE}).findings
    assert [each.path for each in found] == ["b/Corefile"] * 4 + ["a/Corefile"] * 4
    assert [each.span for each in found[:4]] == sorted(each.span for each in found[:4])


def test_a_rule_over_the_cluster_speaks_of_several_files() -> None:
    (finding,) = run(SeesCluster, {"Corefile": COREFILE, "cm.yaml": IN_YAML}).findings
    assert (finding.path, underlined(finding)) == ("Corefile", "(part)")
    (related,) = finding.related
    assert (related.source.path, related.source.text[slice(*related.span)]) == ("cm.yaml", "a b")


def test_only_some_files_are_judged_though_all_are_known() -> None:
    all_readings = readings({"Corefile": COREFILE, "cm.yaml": IN_YAML})
    settings = Only()
    settings.rule_class = SeesCluster
    assert lint(all_readings, settings, only=all_readings[1:]).findings == []
    (finding,) = lint(all_readings, settings, only=all_readings[:1]).findings
    assert len(finding.related) == 1


def test_the_same_thing_is_said_once() -> None:
    assert len(run(SaysItTwice, {"Corefile": COREFILE}).findings) == 1


def test_severity_is_the_rules_or_the_findings_or_the_configurations() -> None:
    assert {each.severity for each in run(SeesServer, {"Corefile": COREFILE}).findings} == {Severity.WARNING}
    assert {each.severity for each in run(SaysItMildly, {"Corefile": COREFILE}).findings} == {Severity.INFO}
    told = run(SaysItMildly, {"Corefile": COREFILE}, severities={"seen": Severity.ERROR})
    assert {each.severity for each in told.findings} == {Severity.ERROR}


def test_confidence_is_the_rules_or_the_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {each.confidence for each in run(SeesServer, {"Corefile": COREFILE}).findings} == {Confidence.HIGH}
    assert {each.confidence for each in run(SeemsSo, {"Corefile": COREFILE}).findings} == {Confidence.LOW}
    monkeypatch.setattr(Seen, "confidence", Confidence.MEDIUM)
    assert {each.confidence for each in run(SeesServer, {"Corefile": COREFILE}).findings} == {Confidence.MEDIUM}
    assert {each.confidence for each in run(SeemsSo, {"Corefile": COREFILE}).findings} == {Confidence.LOW}


def test_an_override_switches_rules_for_its_paths_alone() -> None:
    bad = ". {\n    forward . 9.9.9.9\n}\n"
    files = {"a/Corefile": bad, "b/Corefile": bad}
    ignoring = Settings(select=["KPL201"], overrides=[Override(["a/**"], ignore=["missing-cache"])])
    assert [each.path for each in lint(readings(files), ignoring).findings] == ["b/Corefile"]
    selecting = Settings(select=["KPL001"], overrides=[Override(["a/**"], select=["missing-cache"])])
    assert [each.path for each in lint(readings(files), selecting).findings] == ["a/Corefile"]


def test_an_override_may_switch_on_a_rule_over_the_cluster() -> None:
    (finding,) = run(SeesCluster, {"Corefile": COREFILE}, overrides=[Override(["*"], select=["seen"])]).findings
    assert finding.path == "Corefile"


def test_rules_are_not_loaded_without_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[RuleEntry] = []
    load = Settings.rule

    def noted(self: Settings, entry: RuleEntry) -> Rule:
        loaded.append(entry)
        return load(self, entry)

    monkeypatch.setattr(Settings, "rule", noted)
    lint(readings({"Corefile": ". {\n    forward . 9.9.9.9\n    cache\n}\n"}), Settings(select=("ALL",)))
    assert loaded
    assert {entry.needs for entry in loaded} <= {"", "Corefile", "Corefile|ParseFailure"}


@pytest.mark.skipif(not can_fork(), reason="needs a second process")
def test_two_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        path.name: path.read_text() for path in sorted((ROOT / "examples" / "broken" / "dumps").glob("*.iptables"))
    }
    alone = [lint([reading], Settings()).findings for reading in readings(files)]
    assert sum(map(len, alone)) > 10
    forked: list[int] = []
    fork = os.fork

    def forking() -> int:
        forked.append(pid := fork())
        return pid

    monkeypatch.setattr("kpl.lint.engine.LARGE", 0)
    monkeypatch.setattr("kpl.parallel.os.fork", forking)
    both = [lint([reading], Settings(), share_out=share_out).findings for reading in readings(files)]
    assert len(forked) == len(files)
    assert [list(map(record, each)) for each in both] == [list(map(record, each)) for each in alone]
