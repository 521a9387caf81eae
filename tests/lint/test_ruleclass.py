"""What is wrong with the class of a rule, told before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kpl import Cluster, Document, Finding, Rule, Severity, Stop
from kpl.corefiles import Corefile, Directive, ServerBlock
from kpl.lint.ruleclass import fault


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
        ({"default": 1}, ["`default`"]),
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
    ],
)
def test_what_is_wrong_is_told(changed: dict[str, Any], words: list[str]) -> None:
    told = fault(type("Wrong", (Right,), {"__doc__": "It is wrong.", **changed}))
    assert told is not None
    assert [word for word in words if word not in told] == []


def test_what_is_no_rule_is_told() -> None:
    assert "not a subclass" in str(fault(Right({})))
    assert "not a subclass" in str(fault(int))
