"""Rules whose fixes have edits in several files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from kpl.cluster import Cluster
from kpl.inputs.corefile.model import Corefile
from kpl.inputs.objects.services import Service
from kpl.lint.registry import RuleEntry
from kpl.lint.rule import Finding, Rule, Severity, Stop
from kpl.lint.settings import Settings
from kpl.text.edit import Edit, Fix

SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {}\nspec:\n  clusterIP: None\n"
OLD, TWIN = SERVICE.format("old"), SERVICE.format("twin")
COREFILE = ". {\n    rewrite name web old\n}\n"
BOTH = {"old.yaml": OLD, "twin.yaml": TWIN}
FIXED = {"old.yaml": SERVICE.format("new"), "twin.yaml": SERVICE.format("new-twin")}


class Renames(Rule):
    """A Service is called `old`: it is renamed together with each Service `twin`, and with where a Corefile names it."""

    __test__ = False
    code, name, stop, severity, since = "T1", "renames", Stop.COREDNS, Severity.WARNING, "1"
    own, safe, twin = True, True, "new-twin"

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        if service.name != "old":
            return
        twins = (
            (document, (Edit(*each.name.span, self.twin),))
            for document, each in cluster.of(Service)
            if each.name == "twin"
        )
        words = (
            (document, (Edit(*line.args[-1].span, "new"),))
            for document, corefile in cluster.of(Corefile)
            for line in corefile.servers[0].directives
            if [str(each) for each in line.args[-1:]] == ["old"]
        )
        own = (Edit(*service.name.span, "new"),) if self.own else ()
        yield self.finding(service.name.span, "m", fix=Fix("Rename", own, self.safe, elsewhere=(*twins, *words)))


class Unsafe(Renames):
    """Its fix is unsafe."""

    safe = False

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        yield from super().check(service, cluster)


class InTheTwin(Renames):
    """A Service is called `old` beside a twin, whose file alone is edited."""

    own = False

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        yield from (each for each in super().check(service, cluster) if each.fix and each.fix.elsewhere)


class BreaksTheOther(Renames):
    """Its edit of the other file ends what YAML can read."""

    twin = "{"

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        yield from super().check(service, cluster)


class LosesAComment(Renames):
    """Its edit of the other file is the last line of it with its comment."""

    def check(self, service: Service, cluster: Cluster) -> Iterator[Finding]:
        for finding in super().check(service, cluster):
            assert finding.fix is not None
            ((document, _),) = finding.fix.elsewhere
            at = document.embedding.text.index("spec:")  # type: ignore[attr-defined]
            edits = (Edit(at, len(document.embedding.text), "spec:\n  clusterIP: None\n"),)  # type: ignore[attr-defined]
            yield finding._replace(fix=Fix("Rename", finding.fix.edits, elsewhere=((document, edits),)))


class OlderIsOld(Rule):
    """A Service `older` is called `old`."""

    code, name, stop, severity, since = "T4", "older-is-old", Stop.COREDNS, Severity.ERROR, "1"

    def check(self, service: Service) -> Iterator[Finding]:
        if service.name == "older":
            yield self.finding(service.name.span, "m", fix=Fix("x", (Edit(*service.name.span, "old"),)))


class NoTwins(Rule):
    """No Service must be called `new-twin`."""

    code, name, stop, severity, since = "T2", "no-twins", Stop.COREDNS, Severity.WARNING, "1"

    def check(self, service: Service) -> Iterator[Finding]:
        if service.name == "new-twin":
            yield self.finding(service.name.span, "m")


class TwinsAreTwo(Rule):
    """A Service `twin` is called `two`, which `Renames` edits too."""

    code, name, stop, severity, since = "T3", "twins-are-two", Stop.COREDNS, Severity.WARNING, "1"

    def check(self, service: Service) -> Iterator[Finding]:
        if service.name == "twin":
            yield self.finding(service.name.span, "m", fix=Fix("x", (Edit(*service.name.span, "two"),)))


class OnlyThese(Settings):
    """Settings that run rules of this module."""

    classes: tuple[type[Rule], ...] = ()
    module = __name__

    @cached_property
    def rules(self) -> list[RuleEntry]:
        return [
            RuleEntry(c.code, c.name, self.module, c.__name__, c.sees(), "warning", "default", "") for c in self.classes
        ]


def settings(*classes: type[Rule], **more: Any) -> Settings:
    made: Settings = type("These", (OnlyThese,), {"classes": classes or (Renames,)})(**more)
    return made
