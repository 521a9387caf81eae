"""Every example of every rule is a test."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.fix.fixer import fix_texts
from kpl.lint.registry import RuleEntry, entries
from kpl.lint.rule import Bad, Example, Good, Rule
from kpl.lint.settings import Settings
from support import facts, readings, refused, run, underlined

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
    assert any(isinstance(example, Bad) for example in rule.examples)
    assert any(isinstance(example, Good) for example in rule.examples)
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


@pytest.mark.parametrize(("rule", "example"), _examples(Bad))
def test_bad_example_is_flagged(rule: type[Rule], example: Bad) -> None:
    assert example.flags
    found = run(example.files, ("ALL",), example.facts).findings
    own = [finding for finding in found if finding.code == rule.code]
    assert [underlined(finding) for finding in own] == list(example.flags)
    texts = "".join(f"{finding.message}\n{finding.help}\n" for finding in own)
    assert [part for part in example.says if part not in texts] == []
    assert [finding.severity for finding in own] == list(example.severities or [rule.severity] * len(own))
    if example.fixed is None:
        assert [finding.message for finding in own if finding.fix is not None] == []
    others = {finding.name for finding in found if finding.code != rule.code}
    assert others - set(example.other) == set()


@pytest.mark.parametrize(("rule", "example"), _examples(Bad))
def test_bad_example_is_fixed(rule: type[Rule], example: Bad) -> None:
    if example.fixed is None:
        return
    settings = Settings(select=("ALL",), facts=facts(example.facts))
    path = next(iter(example.files))
    # what a suppression silences is known only when the rules that it names have run
    only = settings if rule.sees() == "Suppression" else Settings(select=(rule.code,), facts=facts(example.facts))
    outcome = fix_texts(readings(example.files), only, unsafe=True)
    assert refused(outcome) == []
    assert outcome.texts.get(path) == example.fixed
    if example.safe:
        assert fix_texts(readings(example.files), only, unsafe=False).texts.get(path) == example.fixed
    else:
        assert path not in fix_texts(readings(example.files), only, unsafe=False).texts
    fixed = {**example.files, path: example.fixed}
    left = {finding.name for finding in run(fixed, ("ALL",), example.facts).findings}
    assert left - set(example.other) == set()
    assert rule.name not in left
    assert not fix_texts(readings(fixed), settings, unsafe=True).texts.get(path), "fixing twice changes something"


@pytest.mark.parametrize(("rule", "example"), _examples(Good))
def test_good_example_is_silent(rule: type[Rule], example: Good) -> None:
    found = {finding.name for finding in run(example.files, ("ALL",), example.facts).findings}
    assert found - set(example.other) == set()
    assert rule.name not in found
