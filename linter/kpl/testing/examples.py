"""Whether a rule does what its examples promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kpl.facts import Facts
from kpl.fix.fixer import Outcome, fix_texts
from kpl.inputs.document import Reading
from kpl.inputs.read import read
from kpl.lint.engine import lint
from kpl.lint.located import Located, Withheld
from kpl.lint.rule import Bad, Example, Good, Rule
from kpl.lint.settings import Settings
from kpl.text.version import Version

ALL = ("ALL",)


def facts(values: Mapping[str, Any]) -> Facts:
    """Facts as the command line would make them."""
    made = dict(values)
    for name in ("kubernetes", "coredns", "kernel"):
        if isinstance(made.get(name), str):
            made[name] = Version(made[name])
    return Facts(**made)


def readings(files: Mapping[str, str | bytes]) -> list[Reading]:
    """The files, read."""
    datas = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return [reading for path, data in datas.items() if (reading := read(path, data)) is not None]


def underlined(finding: Located) -> str:
    """The text under the caret."""
    return finding.source.text[slice(*finding.span)]


def refused(outcome: Outcome) -> list[Withheld]:
    """The fixes that failed verification, whatever the user hears of them."""
    return [*outcome.withheld, *outcome.not_applied, *outcome.bugs]


def missing(rule: type[Rule]) -> list[str]:
    """The kinds of examples that `rule` does not have: a rule is shown where it speaks and where it is silent."""
    return [kind.__name__ for kind in (Bad, Good) if not any(isinstance(each, kind) for each in rule.examples)]


def unmet(rule: type[Rule], example: Example, select: Sequence[str] = ALL) -> list[str]:
    """What `example`, one of `rule`, promises and what happens instead; nothing where it keeps all promises.

    `select` chooses the rules that run beside this one and have nothing to say that the example does not announce.
    """
    return list(_Trial(rule, example, select).unmet())


class _Trial:
    """An example of a rule, on trial."""

    def __init__(self, rule: type[Rule], example: Example, select: Sequence[str]) -> None:
        self.rule = rule
        self.example = example
        self.facts = facts(example.facts)
        self.all = Settings(select=select, facts=self.facts)
        # what a suppression silences is known only when the rules that it names have run
        suppression = rule.sees() == "Suppression"
        self.own = self.all if suppression else Settings(select=(rule.code,), facts=self.facts)

    def unmet(self) -> Iterator[str]:
        example = self.example
        found = lint(readings(example.files), self.all).findings
        own = self._mine(found)
        flagged = [underlined(finding) for finding in own]
        expected = list(example.flags) if isinstance(example, Bad) else []
        if isinstance(example, Bad) and not expected:
            yield "a Bad example needs `flags`, the texts that the rule underlines"
        if flagged != expected:
            yield f"expected {_shown(expected)} to be flagged, not {_shown(flagged)}"
        yield from self._others(found)
        if isinstance(example, Bad):
            yield from self._unsaid(example, own)
            yield from self._unmet_fix(example, example.fixed) if example.fixed is not None else _unpromised(own)

    def _unsaid(self, example: Bad, own: Sequence[Located]) -> Iterator[str]:
        texts = "".join(f"{finding.message}\n{finding.help}\n" for finding in own)
        yield from (f"expected a message or help to say {part!r}" for part in example.says if part not in texts)
        severities = [finding.severity.value for finding in own]
        expected = [each.value for each in example.severities or [self.rule.severity] * len(own)]
        if severities != expected:
            yield f"expected the severities {_shown(expected)}, not {_shown(severities)}"

    def _others(self, found: Sequence[Located], where: str = "") -> Iterator[str]:
        others = {finding.name for finding in found} - {self.rule.name, *getattr(self.example, "other", ())}
        for name in sorted(others):
            yield f"expected no finding of `{name}`{where}, because `other` does not name it"

    def _unmet_fix(self, example: Bad, fixed: str) -> Iterator[str]:
        path = next(iter(example.files))
        expected = {path: fixed, **example.also}
        outcome = self._fix(example.files, unsafe=True)
        for withheld in refused(outcome):
            yield f"expected the fix of `{withheld.finding.name}` to pass verification, but {withheld.problem}"
        safe = self._fix(example.files, unsafe=False)
        for path, text in expected.items():
            after, safely = self._text(outcome, path), self._text(safe, path)
            if after != text:
                yield f"expected {path} to be {text!r} after the fix, not {after!r}"
            if example.safe and safely != text:
                yield f"expected a safe fix of {path} to {text!r}, not {safely!r}"
            if not example.safe and path in safe.texts:
                yield f"expected no safe fix of {path}, but without --unsafe-fixes it becomes {safely!r}"
        for path in outcome.texts.keys() - expected.keys():
            yield f"expected no fix of {path}, because `also` does not have it"
        files = {**example.files, **expected}
        left = lint(readings(files), self.all).findings
        yield from (f"expected no finding after the fix, not {_shown([underlined(each)])}" for each in self._mine(left))
        yield from self._others(left, " after the fix")
        for path, again in fix_texts(readings(files), self.all, unsafe=True).texts.items():
            if path in expected:
                yield f"expected no second fix of {path}, but it becomes {again!r}"

    def _text(self, outcome: Outcome, path: str) -> str | bytes | None:
        """What a file holds after `outcome`; None for the only one that a fix changes, where it does not."""
        also = self.example.also if isinstance(self.example, Bad) else {}
        return outcome.texts.get(path, self.example.files.get(path) if also else None)

    def _fix(self, files: Mapping[str, str | bytes], unsafe: bool) -> Outcome:
        return fix_texts(readings(files), self.own, unsafe=unsafe)

    def _mine(self, found: Sequence[Located]) -> list[Located]:
        return [finding for finding in found if finding.code == self.rule.code]


def _unpromised(own: Sequence[Located]) -> Iterator[str]:
    yield from (
        f"expected no fix, because the example has no `fixed`, not {each.fix.title!r}" for each in own if each.fix
    )


def _shown(texts: Sequence[str]) -> str:
    return " and ".join(map(repr, texts)) or "nothing"
