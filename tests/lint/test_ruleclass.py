"""What is wrong with the class of a rule, told before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kpl import Bad, Cluster, Document, Finding, Good, Profile, Rule, Severity, Stop
from kpl.corefiles import Corefile, Directive, ServerBlock
from kpl.lint.ruleclass import fault
from kpl.lint.suppression import Suppression


class Right(Rule):
    """It is right."""

    code, name, since = "ACME1", "is-right", "1"
    stop, severity = Stop.COREDNS, Severity.INFO

    def check(self, server: ServerBlock, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        yield self.finding(server.key_span, "x")


def about_a_directive(self, directive: Directive, server: ServerBlock, document: Document) -> None: ...  # type: ignore[no-untyped-def]


def about_nothing(self, thing: int) -> None: ...  # type: ignore[no-untyped-def]


def without_a_type(self, server) -> None: ...  # type: ignore[no-untyped-def]


def out_of_turn(self, cluster: Cluster, document: Document) -> None: ...  # type: ignore[no-untyped-def]


def below(self, corefile: Corefile, directive: Directive) -> None: ...  # type: ignore[no-untyped-def]


def no_parameters(self) -> None: ...  # type: ignore[no-untyped-def]


def half_a_type(self, server: ServerBlock, corefile) -> None: ...  # type: ignore[no-untyped-def]


def beside_a_model(self, corefile: Corefile, server: ServerBlock) -> None: ...  # type: ignore[no-untyped-def]


def about_a_suppression(self, suppression: Suppression, document: Document) -> None: ...  # type: ignore[no-untyped-def]


def about_a_model(self, corefile: Corefile, document: Document, cluster: Cluster) -> None: ...  # type: ignore[no-untyped-def]


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "A1", "name": "a1-b2", "needs": "Corefile|Dump Service", "clue": "a|b", "home": "https://x"},
        {"check": about_a_model},
        {"options": {"a": True, "b": 1, "c": "x", "d": []}},
        {"symptoms": ["slow-lookups"], "profile": Profile.STRICT},
        {"examples": (Good({}), Bad({}))},
    ],
)
def test_what_a_class_may_have(changed: dict[str, Any]) -> None:
    assert fault(type("Right", (Right,), {"__doc__": "It is right.", **changed})) is None


def test_a_right_class_has_no_fault() -> None:
    assert fault(Right) is None
    assert fault(type("Other", (Right,), {"__doc__": "Also.", "check": about_a_directive})) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"code": "acme"}, ["`code`", "ACME101"]),
        ({"name": "Is Right"}, ["`name`", "missing-cache"]),
        ({"since": 1}, ["`since`"]),
        ({"needs": None}, ["`needs`"]),
        ({"needs": "Corefile|Nothing"}, ["`Nothing`"]),
        ({"severity": "info"}, ["`severity`", "Severity"]),
        ({"stop": "coredns"}, ["`stop`", "Stop"]),
        ({"confidence": 1}, ["`confidence`", "Confidence"]),
        ({"profile": "strict"}, ["has `'strict'` as its `profile`, which is not a Profile"]),
        ({"default": False}, ["has `default`, which no rule has"]),
        ({"in_templates": 1}, ["has `1` as its `in_templates`, which is not True or False"]),
        ({"check": None}, ["`check`"]),
        ({"check": without_a_type}, ["without a type"]),
        ({"check": about_nothing}, ["`int`"]),
        ({"check": out_of_turn}, ["`Document`", "`Cluster`", "nothing"]),
        ({"check": below}, ["`Directive`", "`Corefile`", "only Document, Cluster"]),
        ({"options": ["a"]}, ["`options`"]),
        ({"options": {"a": 1.5}}, ["1.5", "'a'"]),
        ({"options": {1: "a"}}, ["option `1`"]),
        ({"examples": [1]}, ["`examples`"]),
        ({"examples": 1}, ["`examples`"]),
        ({"code": "ACME"}, ["`'ACME'`", "ACME101"]),
        ({"code": "101"}, ["`'101'`"]),
        ({"code": 1}, ["`1`"]),
        ({"name": "is--right"}, ["`name`"]),
        ({"name": "-right"}, ["`name`"]),
        ({"name": None}, ["has nothing as its `name`"]),
        ({"__doc__": "\n"}, ["docstring"]),
        ({"clue": 1}, ["`clue`", "not text"]),
        ({"clue": "("}, ["`clue`", "not a regular expression"]),
        ({"clue": "(a\nb)"}, ["`clue`", "not a regular expression"]),
        ({"home": None}, ["has nothing as its `home`"]),
        ({"needs": "Corefile Nothing|Dump"}, ["needs `Nothing`"]),
        ({"check": 5}, ["no method `check`"]),
        ({"check": no_parameters}, ["without a type"]),
        ({"check": half_a_type}, ["without a type"]),
        ({"check": beside_a_model}, ["`ServerBlock` after `Corefile`", "only Document, Cluster"]),
        ({"check": about_a_suppression}, ["`Document` after `Suppression`", "nothing can follow"]),
        ({"options": {"a": None}}, ["has nothing as the default"]),
        ({"symptoms": "slow-lookups"}, ["`symptoms`"]),
        ({"symptoms": ["slow"]}, ["`symptoms`"]),
        ({"examples": {}}, ["`examples`"]),
    ],
)
def test_what_is_wrong_is_told(changed: dict[str, Any], words: list[str]) -> None:
    told = fault(type("Wrong", (Right,), {"__doc__": "It is wrong.", **changed}))
    assert told is not None
    assert [word for word in words if word not in told] == []


def test_what_is_no_rule_is_told() -> None:
    assert "not a subclass" in str(fault(Right({})))
    assert "not a subclass" in str(fault(int))
