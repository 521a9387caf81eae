"""Which rule sees what, and where its findings end up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from kpl import troubles
from kpl.cli.linting import share_out
from kpl.cluster import Cluster
from kpl.clusters.partition import Named
from kpl.facts import Facts
from kpl.inputs.corefile.model import Corefile, Directive, ServerBlock
from kpl.inputs.document import Document
from kpl.inputs.objects.services import Service
from kpl.lint.engine import lint
from kpl.lint.joining import joined
from kpl.lint.located import Located, LocatedFix, Result
from kpl.lint.registry import RuleEntry
from kpl.lint.rule import Confidence, Finding, Related, Rule, Severity, Stop
from kpl.lint.settings import Override, Settings
from kpl.parallel import can_fork
from kpl.report.records import record
from kpl.text.edit import Edit, Fix
from kpl.text.source import Source
from kpl.text.span import Span
from kpl.text.version import Version
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


class SeesCorefile(Seen):
    def check(self, corefile: Corefile) -> Iterator[Finding]:
        yield self.finding(corefile.servers[0].key_span, "seen")


class SeesDocument(Seen):
    def check(self, document: Document) -> Iterator[Finding]:
        yield self.finding(Span(0, 1), document.key)


class NeedsDump(Seen):
    needs = "Dump"
    runs = 0

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        type(self).runs += 1
        yield self.finding(Span(0, 1), "seen", document=cluster.dumps[0])


class Yields(Seen):
    """Yields what it is told to, for each server block."""

    makes: Any = None

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        yield self.finding(server.key_span, "good")
        yield type(self).makes(self, server)


class SeesService(Seen):
    def check(self, service: Service) -> Iterator[Finding]:
        yield self.finding(Span(service.node.start, service.node.start + 4), "seen")


class Only(Settings):
    """Settings that run one rule of this module."""

    rule_class: type[Rule]

    @cached_property
    def rules(self) -> list[RuleEntry]:
        return [] if self.overrides else self.rules_for("")

    def rules_for(self, path: str) -> list[RuleEntry]:
        rule = self.rule_class
        return [
            RuleEntry(rule.code, rule.name, __name__, rule.__name__, rule.sees(), "warning", "default", "", rule.needs)
        ]


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

    monkeypatch.setattr("kpl.lint.running.LARGE", 0)
    monkeypatch.setattr("kpl.parallel.os.fork", forking)
    both = [lint([reading], Settings(), share_out=share_out).findings for reading in readings(files)]
    assert len(forked) == len(files)
    assert [list(map(record, each)) for each in both] == [list(map(record, each)) for each in alone]


def findings_of(make: Any, monkeypatch: pytest.MonkeyPatch, text: str = "a {\n}\n") -> list[str]:
    monkeypatch.setattr(Yields, "makes", make)
    return [each.message for each in run(Yields, {"Corefile": text}).findings]


NO_FINDINGS: dict[str, Any] = {
    "nothing": lambda rule, server: None,
    "of no rule": lambda rule, server: Finding(None, Span(0, 1), "m"),  # type: ignore[arg-type]
    "no message": lambda rule, server: rule.finding(server.key_span, None),
    "a help that is no text": lambda rule, server: rule.finding(server.key_span, "m", help=1),
    "no span": lambda rule, server: rule.finding((0, 1), "m"),
    "before the text": lambda rule, server: rule.finding(Span(-1, 1), "m"),
    "the wrong way round": lambda rule, server: rule.finding(Span(1, 0), "m"),
    "another severity": lambda rule, server: rule.finding(server.key_span, "m", severity="info"),
    "a list of edits": lambda rule, server: rule.finding(server.key_span, "m", fix=Fix("x", [])),  # type: ignore[arg-type]
}


@pytest.mark.troubles
@pytest.mark.parametrize("what", NO_FINDINGS)
def test_what_is_no_finding_is_a_trouble_and_costs_nothing_else(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings_of(NO_FINDINGS[what], monkeypatch) == ["good"]
    (trouble,) = troubles.noted().values()
    assert str(trouble).startswith("Corefile: rule T1 seen of ")


@pytest.mark.parametrize(
    "make",
    [
        lambda rule, server: rule.finding(Span(0, 0), "also"),
        lambda rule, server: rule.finding(Span(0, 1), "also", severity=Severity.ERROR),
        lambda rule, server: rule.finding(Span(0, 1), "also", help="h"),
    ],
)
def test_what_is_a_finding_is_none(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(findings_of(make, monkeypatch)) == ["also", "good"]


def test_a_fix_is_dropped_where_the_file_cannot_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(fix: Fix, text: str) -> list[LocatedFix | None]:
        monkeypatch.setattr(Yields, "makes", lambda rule, server: rule.finding(Span(0, 1), "m", fix=fix))
        return [each.fix for each in run(Yields, {"Corefile": text}).findings if each.message == "m"]

    apart, overlapping = (Edit(4, 4, "x"), Edit(0, 1, "b")), (Edit(0, 2, "b"), Edit(1, 3, "c"))
    (sound,) = made(Fix("x", apart, safe=False), "a {\n}\n")
    assert sound == LocatedFix("x", (Edit(0, 1, "b"), Edit(4, 4, "x")), safe=False)
    assert made(Fix("x", overlapping), "a {\n}\n") == [None]
    # CoreDNS takes the directive's brace for that of the block: behind it nothing may be added, unless that is what is mended
    unclosed = "a {\n    log {\n    }\n"
    assert made(Fix("x", apart), unclosed) == [None]
    (mends,) = made(Fix("x", apart, restructures=True), unclosed)
    assert mends is not None
    assert mends.restructures


def test_a_file_that_is_not_written_back_has_no_fixes_and_says_why() -> None:
    (reading,) = readings({"Corefile": "a {\n    log\n}\n"})
    reading.not_written = "is compressed"
    settings = Only()
    settings.rule_class = SeesDirective
    result = lint([reading], settings)
    assert [each.fix for each in result.findings] == [None]
    assert result.unwritten == {"Corefile": "is compressed"}
    settings = Only()
    settings.rule_class = SeesServer
    assert lint([reading], settings).unwritten == {}, "nothing there can be fixed"


def test_results_of_other_files_are_added() -> None:
    first, second = (run(SeesServer, {name: "a {\n}\n"}) for name in ("x/Corefile", "y/Corefile"))
    first.silenced, second.silenced = 1, 2
    first.unwritten, second.unwritten = {"x": "a"}, {"y": "b"}
    first.add(second)
    assert [each.path for each in first.findings] == ["x/Corefile", "y/Corefile"]
    assert (first.silenced, first.unwritten) == (3, {"x": "a", "y": "b"})


KINDS = {
    "Corefile": "a {\n}\n",
    "node.iptables": "*nat\nCOMMIT\n",
    "s.yaml": "kind: Service\napiVersion: v1\nmetadata: {name: a}\nspec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}\n",
}


@pytest.mark.parametrize(
    ("needs", "files", "runs"),
    [
        ("", ["Corefile"], True),
        ("Corefile", ["Corefile"], True),
        ("Corefile", ["s.yaml"], False),
        ("Dump", ["node.iptables"], True),
        ("Dump", ["Corefile"], False),
        ("Corefile Service", ["Corefile", "s.yaml"], True),
        ("Corefile Service", ["Corefile"], False),
        ("Corefile|Service", ["Corefile"], True),
        ("Corefile|Service", ["s.yaml"], True),
        ("Corefile|Service", ["node.iptables"], False),
        ("Corefile|Service Dump", ["s.yaml", "node.iptables"], True),
        ("Corefile|Service Dump", ["Corefile", "s.yaml"], False),
    ],
)
def test_a_rule_runs_where_there_is_all_that_it_needs(needs: str, files: list[str], runs: bool) -> None:
    class Needy(Only):
        def rules_for(self, path: str) -> list[RuleEntry]:
            return [each._replace(needs=needs) for each in super().rules_for(path)]

    settings = Needy()
    settings.rule_class = SeesDocument
    found = [each.path for each in lint(readings({name: KINDS[name] for name in files}), settings).findings]
    # a rule about any document has its findings where what it needs is
    kinds = {"Corefile": "Corefile", "node.iptables": "Dump", "s.yaml": "Service"}
    assert found == ([name for name in files if not needs or kinds[name] in needs.replace("|", " ")] if runs else [])


@pytest.mark.parametrize(
    ("clue", "seen"),
    [
        ("", True),
        ("clusterIP: 10", True),
        ("nowhere", False),
        ("10[.]9", True),
        ("no\nwhere", False),
        ("nowhere\n10[.]9", True),
    ],
)
def test_an_object_without_the_clue_is_not_shown_to_the_rule(clue: str, seen: bool) -> None:
    class Clued(Only):
        def rules_for(self, path: str) -> list[RuleEntry]:
            return [each._replace(clue=clue) for each in super().rules_for(path)]

    settings = Clued()
    settings.rule_class = SeesService
    assert bool(lint(readings({"s.yaml": KINDS["s.yaml"]}), settings).findings) is seen


@pytest.mark.parametrize(
    ("text", "files", "shared"),
    [
        ("a {\n}\n", 1, 0),
        ("# long enough\na {\n}\n", 1, 1),
        ("# long enough\na {\n}\n", 2, 2),
    ],
)
def test_the_rules_about_a_large_file_may_be_shared_out(
    text: str, files: int, shared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twice(Only):
        def rules_for(self, path: str) -> list[RuleEntry]:
            (one,) = super().rules_for(path)
            return [one, one._replace(code="T2")]

    calls: list[int] = []

    def share_out(check: Any, entries: Any) -> list[Finding]:
        calls.append(len(entries))
        return list(check(entries))

    monkeypatch.setattr("kpl.lint.running.LARGE", len("a {\n}\n"))
    for rule in (SeesCorefile, SeesServer):
        settings = Twice()
        settings.rule_class = rule
        read = readings({f"{number}/Corefile": text for number in range(files)})
        assert len(lint(read, settings, share_out=share_out).findings) == 2 * files
    # only those about the whole model: of server blocks there may be many
    assert calls == [2] * shared
    alone = Only()
    alone.rule_class = SeesCorefile
    lint(readings({"Corefile": text}), alone, share_out=share_out)
    assert calls == [2] * shared, "one rule is not shared out"


def test_of_a_corefile_with_a_glued_brace_only_that_is_said() -> None:
    glued = ". {\n    health{\n        lameduck 5s\n    }\n    errors\n}\n"
    assert {each.name for each in lint(readings({"Corefile": glued}), Settings(select=("ALL",))).findings} <= {
        "corefile-refused",
        "brace-needs-whitespace",
        "syntax-error",
    }
    assert run(SeesServer, {"Corefile": glued}).findings == []
    assert len(run(SeesDocument, {"Corefile": glued}).findings) == 1
    # a brace that only stands on a line of its own is another fault
    assert run(SeesServer, {"Corefile": ". {\n    errors\n}\n}\n"}).findings != []


SOURCE = Source("f", "x" * 9)


def place(number: int, message: str = "m", fix: LocatedFix | None = None, code: str = "T1") -> Located:
    return Located(SOURCE, Span(number, number + 1), code, "n", Severity.INFO, message, "", "", fix)


MEND, OTHER = LocatedFix("a", (Edit(0, 0, "b"),)), LocatedFix("a", (Edit(0, 0, "c"),))


@pytest.mark.parametrize(
    ("found", "merged"),
    [
        ([("", [place(0), place(1)])], [place(0), place(1)]),
        # what holds in all clusters is said once
        ([("a", [place(0)]), ("b", [place(0)])], [place(0)]),
        # in some, with their names
        ([("a", [place(0), place(0)]), ("b", [])], [place(0, "m (in a)")._replace(clusters=("a",))]),
        ([("a", [place(0)]), ("b", [])], [place(0, "m (in a)")._replace(clusters=("a",))]),
        (
            [("a", [place(0)]), ("b", [place(0)]), ("c", [])],
            [place(0, "m (in a and b)")._replace(clusters=("a", "b"))],
        ),
        # the same with other facts in the message: of the first cluster, and where else
        ([("a", [place(0, "x")]), ("b", [place(0, "y")])], [place(0, "x (in a; also in b)")]),
        (
            [("a", [place(0, "x")]), ("b", [place(0, "y")]), ("c", [])],
            [place(0, "x (in a; also in b)")._replace(clusters=("a", "b"))],
        ),
        # two things at one place, as in a text that an alias brings in
        (
            [("a", [place(0, "x"), place(0, "y")]), ("b", [place(0, "x"), place(0, "y")])],
            [place(0, "x"), place(0, "y")],
        ),
        (
            [("a", [place(0, "x")]), ("b", [place(0, "y"), place(0, "z")])],
            [place(0, "x (in a; also in b)"), place(0, "z (in b)")._replace(clusters=("b",))],
        ),
        (
            [("a", [place(0, "x"), place(0, "y")]), ("b", [place(0, "y")])],
            [place(0, "x (in a)")._replace(clusters=("a",)), place(0, "y")],
        ),
        # a fix is none where the clusters want different ones
        ([("a", [place(0, "x", MEND)]), ("b", [place(0, "y", MEND)])], [place(0, "x (in a; also in b)", MEND)]),
        ([("a", [place(0, "x", MEND)]), ("b", [place(0, "y", OTHER)])], [place(0, "x (in a; also in b)")]),
        # other rules and other places are other findings
        ([("a", [place(0), place(1)]), ("b", [place(0), place(1)])], [place(0), place(1)]),
        ([("a", [place(0, code="T1")]), ("b", [place(0, code="T1"), place(0, code="T2")])],
         [place(0, code="T1"), place(0, "m (in b)", code="T2")._replace(clusters=("b",))]),
    ],
)  # fmt: skip
def test_what_is_found_in_several_clusters_is_said_once(
    found: list[tuple[str, list[Located]]], merged: list[Located]
) -> None:
    assert joined(found) == merged


def test_each_file_has_the_findings_of_its_clusters() -> None:
    named = [
        Named("east", ["east/**"], "", Facts(kubernetes=Version("1.36"))),
        Named("west", ["west/**"], "", Facts(kubernetes=Version("1.30"))),
    ]
    texts = {f"{name}/Corefile": "a {\n}\n" for name in ("east", "west")}
    found = run(SeesCluster, texts, clusters=named).findings
    assert [(each.path, each.related) for each in found] == [("east/Corefile", ()), ("west/Corefile", ())]
    (finding,) = run(SeesCluster, texts).findings
    assert (finding.path, len(finding.related)) == ("east/Corefile", 1), "one cluster"


def test_what_only_tells_of_a_cluster_is_checked_for_its_comments() -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
    assert run(SeesDocument, {"kustomization.yaml": text}).findings == []
    commented = f"# kpl: ignore-file[no-such-rule]\n{text}"
    found = lint(readings({"kustomization.yaml": commented}), Settings(select=("KPL002",))).findings
    assert [each.code for each in found] == ["KPL002"]
