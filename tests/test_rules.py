"""Every example of every rule is a test."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.lint.registry import RuleEntry, entries
from kpl.lint.rule import Example, Rule
from kpl.testing import missing, unmet

RULES = {entry.name: entry.load() for entry in entries()}


def _examples(kind: type[Example]) -> list[Any]:
    return [
        pytest.param(rule, example, id=f"{rule.name}-{number}")
        for rule in RULES.values()
        for number, example in enumerate(rule.examples)
        if isinstance(example, kind)
    ]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_rule_is_documented_and_shown(entry: RuleEntry) -> None:
    rule = RULES[entry.name]
    doc = rule.__doc__ or ""
    for heading in ("## Why", "## Fix", "## References"):
        assert heading in doc, heading
    assert "http" in doc.partition("## References")[2]
    assert rule.summary().endswith("."), "the first line is one sentence"
    assert missing(rule) == []
    assert entry.module.rpartition(".")[2] == rule.name.replace("-", "_")


def test_rules_that_wait_to_be_asked() -> None:
    """A rule that is on by default must be worth the attention of everybody."""
    assert {rule.name for rule in RULES.values() if not rule.default} == {
        "bound-address-of-another-block",
        "every-client-masqueraded",
        "invalid-packets-pass",
        "key-of-several-zones",
        "masquerade-mark-shared",
        "node-port-addresses-of-no-node",
        "order-without-meaning",
        "several-options-on-a-line",
        "snat-without-random-ports",
        "unreadable-in-kubectl",
    }


@pytest.mark.parametrize(("rule", "example"), _examples(Example))
def test_example_keeps_its_promises(rule: type[Rule], example: Example) -> None:
    assert unmet(rule, example) == []
