"""Fixes in rounds: those that meet wait for each other, those that disagree or go on for ever are stopped."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.fix import fixer
from kpl.fix.fixer import MAX_ROUNDS, Outcome, fix_texts
from kpl.fix.verification import Tried, _new_ranges, try_fixes
from kpl.inputs.corefile.model import Corefile, Directive
from kpl.inputs.document import Reading
from kpl.inputs.objects.services import Service
from kpl.lint.engine import lint
from kpl.lint.located import Located
from kpl.lint.registry import RuleEntry
from kpl.lint.rule import Finding, Rule, Severity, Stop
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, Fix
from kpl.text.span import Span
from samples import config_map, indented
from support import readings, refused


class Test(Rule):
    """The base of the rules below."""

    __test__ = False
    name, stop, severity, since = "t", Stop.COREDNS, Severity.WARNING, "1"


class RemovesPairs(Test):
    """Its fixes overlap: each takes the next line too."""

    code = "T1"

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        lines = corefile.servers[0].directives
        for first, second in zip(lines, lines[1:], strict=False):
            if first.name == second.name == "log":
                cut = Edit(first.span.start, second.span.end, "log")
                yield self.finding(first.span, "twice", fix=Fix("Remove", (cut,)))


class ForcesPing(Test):
    """Wants `pong` to be `ping`."""

    code, name, here, there = "T2", "forces-ping", "pong", "ping"

    def check(self, directive: Directive) -> Iterator[Finding]:
        if directive.name == self.here:
            yield self.finding(directive.name.span, self.here, fix=Fix("x", (Edit(*directive.name.span, self.there),)))


class ForcesPong(ForcesPing):
    """Wants `ping` to be `pong`."""

    code, name, here, there = "T3", "forces-pong", "ping", "pong"

    def check(self, directive: Directive) -> Iterator[Finding]:
        yield from super().check(directive)


class Swallows(Test):
    """Its fix makes the next directive a property of the one above."""

    code = "T4"

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        lines = corefile.servers[0].directives
        if lines[0].name == "health" and not lines[0].properties:
            edits = (
                Edit(lines[0].span.end, lines[0].span.end, " {"),
                Edit(lines[-1].span.end, lines[-1].span.end, "\n}"),
            )
            yield self.finding(lines[0].span, "empty", fix=Fix("x", edits))


class Reparents(Test):
    """Its fix renames a key's parent by moving the line of a neighbour below another one."""

    code = "T5"

    def check(self, service: Service) -> Iterator[Finding]:
        name = service.node.scalar("metadata", "name")
        if name is not None and service.node.get("spec", "extra") is None:
            at = service.text.index("  type:")
            yield self.finding(name.span, "x", fix=Fix("x", (Edit(at, at, "  extra:\n  "),)))


class NeverContent(Test):
    """Once there is a `pong` it wants a `pang`, of which it is no more content."""

    code, name, severity = "T6", "never-content", Severity.INFO

    def check(self, directive: Directive) -> Iterator[Finding]:
        if directive.name in ("pong", "pang"):
            fix = Fix("x", (Edit(*directive.name.span, "pang"),)) if directive.name == "pong" else None
            yield self.finding(directive.name.span, "x", fix=fix)


class NeverContentWithPing(Test):
    """Its fix of a `ping` leaves a `pinger`, of which it is no more content."""

    code, name = "T8", "never-content-with-ping"

    def check(self, directive: Directive) -> Iterator[Finding]:
        if directive.name.startswith("ping"):
            fix = Fix("x", (Edit(*directive.name.span, f"{directive.name}er"),))
            yield self.finding(directive.name.span, "x", fix=fix)


class OneLog(Test):
    """Wants no `log` where another Corefile has a `pong`."""

    code, name = "T7", "one-log"

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        lines = [
            (document, each) for document, corefile in cluster.corefiles for each in corefile.servers[0].directives
        ]
        for document, line in lines:
            if line.name == "log" and any(each.name == "pong" for other, each in lines if other is not document):
                fix = Fix("x", (Edit(*line.name.span, "loop"),))
                yield self.finding(line.name.span, "x", fix=fix, document=document)


class OnlyThese(Settings):
    """Settings that run rules of this module."""

    classes: tuple[type[Rule], ...] = ()

    @cached_property
    def rules(self) -> list[RuleEntry]:
        return [
            RuleEntry(c.code, c.name, __name__, c.__name__, c.sees(), "warning", "default", "") for c in self.classes
        ]


def fix(text: str, *classes: type[Rule], name: str = "Corefile") -> Outcome:
    settings = type("These", (OnlyThese,), {"classes": classes})()
    return fix_texts(readings({name: text}), settings, unsafe=False)


def block(*lines: str) -> str:
    return ". {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fixes_that_overlap_are_made_one_after_the_other(count: int, newline: str) -> None:
    text = block("errors", *["log"] * count, "loop").replace("\n", newline)
    outcome = fix(text, RemovesPairs)
    assert refused(outcome) == []
    assert outcome.texts == {"Corefile": block("errors", "log", "loop").replace("\n", newline)}
    assert len(outcome.applied) == count - 1


def test_fixing_again_changes_nothing() -> None:
    fixed = fix(block(*["log"] * 4), RemovesPairs).texts["Corefile"]
    assert fix(fixed, RemovesPairs).texts == {}


def test_rules_that_undo_each_other_are_told_and_stopped() -> None:
    outcome = fix(block("ping", "errors"), ForcesPing, ForcesPong)
    assert outcome.texts == {}
    assert outcome.applied == []
    assert ["causes T2" in each.problem for each in outcome.withheld] == [True]


def test_the_number_of_rounds_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpl.fix.fixer.MAX_ROUNDS", 2)
    outcome = fix(block(*["log"] * 30), RemovesPairs)
    assert MAX_ROUNDS > 2
    assert 0 < len(outcome.applied) < 29
    assert refused(outcome) == []


def test_one_bad_fix_does_not_keep_the_good_ones_back() -> None:
    outcome = fix(block("ping", "log", "log"), RemovesPairs, ForcesPing, ForcesPong)
    assert outcome.texts == {"Corefile": block("ping", "log")}
    assert len(outcome.withheld) == 1


@pytest.mark.parametrize("name", ["Corefile", "cm.yaml"])
def test_a_fix_that_moves_a_neighbour_in_the_structure_is_refused(name: str) -> None:
    text = block("health", "log", "loop")
    text = text if name == "Corefile" else config_map("|\n" + indented(text, 4))
    outcome = fix(text, Swallows, name=name)
    assert outcome.texts == {}
    assert ["changes text outside its edits" in each.problem for each in outcome.withheld] == [True]


def test_a_fix_that_moves_a_neighbour_in_yaml_is_refused() -> None:
    text = "kind: Service\nmetadata:\n  name: a\nspec:\n  clusterIP: None\n  type: ClusterIP\n"
    outcome = fix(text, Reparents, name="a.yaml")
    assert outcome.texts == {}
    assert ["'type' is under spec" in each.problem for each in outcome.withheld] == [True], outcome.withheld


def test_files_are_fixed_with_their_neighbours_known() -> None:
    settings = type("These", (OnlyThese,), {"classes": (RemovesPairs,)})()
    texts = {"a/Corefile": block("log", "log"), "b/Corefile": block("log"), "c/Corefile": block("log", "log")}
    outcome = fix_texts(readings(texts), settings, unsafe=False)
    assert outcome.texts == {"a/Corefile": block("log"), "c/Corefile": block("log")}
    assert [each.path for each in outcome.applied] == ["a/Corefile", "c/Corefile"]


@pytest.mark.parametrize(
    ("problem", "bugs", "not_applied"),
    [("it changes text outside its edits: x", 1, 0), ("it causes T2 forces-ping", 0, 1)],
)
def test_an_offered_fix_that_fails_is_a_bug_unless_another_fix_is_the_reason(
    monkeypatch: pytest.MonkeyPatch, problem: str, bugs: int, not_applied: int
) -> None:
    monkeypatch.setattr("kpl.fix.fixer.try_fixes", lambda *_: Tried({}, problem))
    outcome = fix(block("log", "log"), RemovesPairs)
    assert (len(outcome.bugs), len(outcome.not_applied), outcome.withheld) == (bugs, not_applied, [])
    assert outcome.texts == {}
    assert outcome.applied == []


def test_a_fix_that_is_refused_leaves_what_the_others_made() -> None:
    outcome = fix(block("ping", "errors"), ForcesPong, NeverContent)
    assert outcome.texts == {"Corefile": block("pong", "errors")}
    assert [each.code for each in outcome.applied] == ["T3"]
    assert [each.problem for each in outcome.withheld] == ["the finding remains after the fix"]
    assert (outcome.bugs, outcome.not_applied) == ([], [])


def test_of_fixes_that_meet_the_one_at_fault_is_not_offered() -> None:
    for classes in ((ForcesPong, NeverContentWithPing), (NeverContentWithPing, ForcesPong)):
        outcome = fix(block("ping", "errors"), *classes)
        assert outcome.texts == {"Corefile": block("pong", "errors")}
        assert [(each.finding.code, each.problem) for each in outcome.withheld] == [
            ("T8", "the finding remains after the fix")
        ]


def test_what_a_fix_brings_up_in_another_file_is_fixed_as_well() -> None:
    settings = type("These", (OnlyThese,), {"classes": (ForcesPong, OneLog)})()
    texts = {"a/Corefile": block("ping", "log"), "b/Corefile": block("ping")}
    outcome = fix_texts(readings(texts), settings, unsafe=False)
    assert outcome.texts == {"a/Corefile": block("pong", "loop"), "b/Corefile": block("pong")}
    assert refused(outcome) == []
    # with one of them as context, which is never changed
    first, second = readings(texts)
    assert fix_texts([first], settings, False, [second]).texts == {"a/Corefile": block("pong", "log")}
    pong = readings({"b/Corefile": block("pong")})
    assert fix_texts([first], settings, False, pong).texts == {"a/Corefile": block("pong", "loop")}


def test_an_unsafe_fix_is_made_on_demand_beside_the_safe_ones() -> None:
    text = ". {\n    forward . 10.0.0.1\n}\n"
    config = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"
    read = readings({"Corefile": text, "config.yaml": config})
    assert list(fix_texts(read, Settings(), unsafe=False).texts) == ["Corefile"]
    assert list(fix_texts(read, Settings(), unsafe=True).texts) == ["Corefile", "config.yaml"]


@pytest.mark.troubles
def test_a_file_on_which_kpl_fails_keeps_the_others_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = type("These", (OnlyThese,), {"classes": (RemovesPairs,)})()
    real = try_fixes

    def failing(read: list[Reading], batch: list[Located], *more: Any) -> Tried:
        if batch[0].path == "a/Corefile":
            raise ValueError("x")
        return real(read, batch, *more)

    monkeypatch.setattr(fixer, "try_fixes", failing)
    texts = {"a/Corefile": block("log", "log"), "b/Corefile": block("log", "log")}
    assert fix_texts(readings(texts), settings, unsafe=False).texts == {"b/Corefile": block("log")}


def test_it_ends_when_nothing_changes_anymore(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = type("These", (OnlyThese,), {"classes": (RemovesPairs,)})()
    ran: list[object] = []
    real = lint

    def counting(*words: Any, **more: Any) -> object:
        ran.append(words)
        return real(*words, **more)

    monkeypatch.setattr(fixer, "lint", counting)
    fix_texts(readings({"a/Corefile": block("log", "log"), "b/Corefile": block("log", "log")}), settings, unsafe=False)
    assert len(ran) <= 4


def test_the_places_of_what_edits_wrote_are_known() -> None:
    edits = [Edit(10, 10, "abc"), Edit(2, 4, "x"), Edit(12, 20, "")]
    assert _new_ranges(edits) == [Span(2, 3), Span(9, 12), Span(14, 14)]
