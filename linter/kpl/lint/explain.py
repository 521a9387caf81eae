"""The page of a rule, made of its class."""

from __future__ import annotations

import re
from inspect import cleandoc

from kpl.lint.rule import Bad, Example, Rule


def page(rule: type[Rule]) -> str:
    """The page of `rule` as Markdown."""
    summary, _, rest = cleandoc(rule.documentation()).partition("\n")
    fixes = [example for example in rule.examples if isinstance(example, Bad) and example.fixed is not None]
    fix = "none" if not fixes else "safe" if all(example.safe for example in fixes) else "unsafe"
    if fixes and any(example.safe for example in fixes) and fix == "unsafe":
        fix = "safe or unsafe, depending on the case"
    facts = [
        f"stop: {rule.stop.value}",
        f"severity: {rule.severity.value}",
        f"confidence: {rule.confidence.value}",
        f"on by default: {'yes' if rule.default else 'no'}",
        f"fix: {fix}",
        f"since: {rule.since}",
    ]
    parts = [f"# {rule.code} {rule.name}", summary, " · ".join(facts), rest.strip()]
    if rule.options:
        parts.append("## Options\n" + "\n".join(f"- `{name}`: {value!r}" for name, value in rule.options.items()))
    shown = [_example(example) for example in rule.examples if sum(map(len, example.files.values())) < 3000]
    parts += ["## Examples", *shown] if shown else []
    return "\n\n".join(part for part in parts if part)


def _example(example: Example) -> str:
    lines = []
    if isinstance(example, Bad):
        flagged = ", ".join(f"`{flag}`" for flag in example.flags)
        lines.append(f"Flagged, at {flagged}{_facts(example)}:")
    else:
        lines.append(f"Not flagged{_facts(example)}:")
    for name, text in example.files.items():
        lines.append(_fenced(f"# {name}\n{text.rstrip()}"))
    if isinstance(example, Bad) and example.fixed is not None:
        command = f"kpl fix{'' if example.safe else ' --unsafe-fixes'}"
        lines.append(f"After `{command}`:\n{_fenced(example.fixed.rstrip())}")
    return "\n".join(lines)


def _fenced(text: str) -> str:
    """`text` as a code block; a text with a fence in it gets a longer one around it."""
    fence = "`" * max([3, *(len(found) + 1 for found in re.findall("`{3,}", text))])
    return f"{fence}\n{text}\n{fence}"


def _facts(example: Example) -> str:
    return "".join(f", with {name} {value}" for name, value in example.facts.items())
