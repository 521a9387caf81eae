"""The page of a rule, made of its class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from inspect import cleandoc

from kpl.lint.rule import SYMPTOMS, Bad, Example, Good, Rule

_MOST_CHARACTERS = 3000
"""An example of more is on no page."""
_MOST_LINES = 40
"""An example of more is not the one that is shown when one is enough."""


def page(rule: type[Rule], *, everything: bool = False) -> str:
    """The page of `rule` as Markdown, with a bad and a good example; with all of them for `everything`."""
    summary, _, rest = cleandoc(rule.documentation()).partition("\n")
    facts = [
        f"stop: {rule.stop.value}",
        f"severity: {rule.severity.value}",
        f"confidence: {rule.confidence.value}",
        f"profile: {rule.profile.value}",
        f"fix: {_fix(rule)}",
        f"since: {rule.since}",
    ]
    parts = [f"# {rule.code} {rule.name}", summary, " · ".join(facts)]
    if rule.symptoms:
        parts.append(f"Symptoms: {'; '.join(SYMPTOMS[each] for each in rule.symptoms)}.")
    parts.append(rest.strip())
    if rule.options:
        options = (f"- `{name}`, by default {value!r}" for name, value in rule.options.items())
        parts.append("## Options\n" + "\n".join(options))
    shown = [each for each in rule.examples if sum(map(len, each.files.values())) < _MOST_CHARACTERS]
    first = list(_telling(shown))
    more = [each for each in shown if each not in first]
    if first:
        parts += ["## Examples", *map(_example, first)]
    if more and everything:
        parts += ["## More examples" if first else "## Examples", *map(_example, more)]
    elif more:
        count = f"{len(more)}{' more' if first else ''} example{'s' * (len(more) != 1)}"
        parts.append(f"`kpl explain {rule.code} --all` shows {count}.")
    return "\n\n".join(part for part in parts if part)


def _fix(rule: type[Rule]) -> str:
    safe = {example.safe for example in rule.examples if isinstance(example, Bad) and example.fixed is not None}
    if len(safe) > 1:
        return "safe or unsafe, depending on the case"
    return "none" if not safe else "safe" if safe.pop() else "unsafe"


def _telling(examples: list[Example]) -> Iterator[Example]:
    """The shortest bad example, one with a fix if there is one, and the good one that is most like it."""
    short = [each for each in examples if sum(text.count("\n") for text in each.files.values()) <= _MOST_LINES]
    bads = [each for each in short if isinstance(each, Bad)]
    bad = min(bads, key=lambda each: (bool(each.other), each.fixed is None, len(each.facts), _size(each)), default=None)
    goods = [each for each in short if isinstance(each, Good)]
    if bad is None:
        yield from sorted(goods, key=_size)[:1]
        return
    yield bad
    lines = _lines(bad)
    fixed = bad.fixed and bad.fixed.rstrip()
    goods = [each for each in goods if fixed != next(iter(each.files.values())).rstrip()]
    yield from sorted(
        goods,
        key=lambda each: (bool(each.other), ((lines - _lines(each)) + (_lines(each) - lines)).total(), _size(each)),
    )[:1]


def _size(example: Example) -> int:
    return sum(map(len, example.files.values()))


def _lines(example: Example) -> Counter[str]:
    return Counter(line.strip() for text in example.files.values() for line in text.splitlines())


def _example(example: Example) -> str:
    lines = []
    if isinstance(example, Bad):
        flagged = ", ".join(f"`{flag}`" for flag in example.flags)
        lines.append(f"Bad, flagged at {flagged}{_facts(example)}:")
    else:
        lines.append(f"Good{_facts(example)}:")
    for name, text in example.files.items():
        lines.append(_fenced(f"# {name}\n{text.rstrip()}"))
    if isinstance(example, Bad) and example.fixed is not None:
        command = f"kpl fix{'' if example.safe else ' --unsafe-fixes'}"
        changed = {next(iter(example.files)): example.fixed, **example.also}
        after = [f"# {name}\n{text}" for name, text in changed.items()] if example.also else [example.fixed]
        lines += [f"After `{command}`:", *(_fenced(each.rstrip()) for each in after)]
    return "\n".join(lines)


def _fenced(text: str) -> str:
    """`text` as a code block; a text with a fence in it gets a longer one around it."""
    fence = "`" * max([3, *(len(found) + 1 for found in re.findall("`{3,}", text))])
    return f"{fence}\n{text}\n{fence}"


def _facts(example: Example) -> str:
    return "".join(f", with {name} {value}" for name, value in example.facts.items())
