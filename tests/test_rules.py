"""Every example of every rule is a test."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.lint.registry import RuleEntry, entries
from kpl.lint.rule import Example, Profile, Rule
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
    assert {rule.name: rule.profile.value for rule in RULES.values() if rule.profile is not Profile.DEFAULT} == {
        "bound-address-of-another-block": "strict",
        "every-client-masqueraded": "strict",
        "invalid-packets-pass": "strict",
        "key-of-several-zones": "all",
        "masquerade-mark-shared": "strict",
        "node-port-addresses-of-no-node": "strict",
        "order-without-meaning": "all",
        "single-replica": "strict",
        "several-options-on-a-line": "all",
        "snat-without-random-ports": "strict",
        "unreadable-in-kubectl": "all",
    }


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_the_page_says_why_a_rule_is_not_in_the_default_profile(rule: type[Rule]) -> None:
    why, _, fix = rule.documentation().partition("## Fix")
    reason = f"    The rule is in the profile `{rule.profile.value}`, because "
    assert why.count(reason) == (rule.profile is not Profile.DEFAULT)
    assert why.count("in the profile") == why.count(reason)
    assert "in the profile" not in fix


@pytest.mark.parametrize(("rule", "example"), _examples(Example))
def test_example_keeps_its_promises(rule: type[Rule], example: Example) -> None:
    assert unmet(rule, example) == []
