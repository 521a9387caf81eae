"""What a run is to do: the rules chosen, their options and severities, and the facts about the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kpl.facts import Facts
from kpl.text.globs import glob_matches

if TYPE_CHECKING:
    from kpl.clusters.partition import Named, Partition
from kpl.lint.registry import RuleEntry, choose, entries
from kpl.lint.rule import Rule, Severity


@dataclass(eq=False, repr=False)
class Override:
    """Settings for the files that match one of `paths`, globs relative to the configuration file."""

    paths: Sequence[str]
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class Settings:
    """The settings of a run; `root` is the folder that globs are relative to."""

    profile: str = "default"
    """Whose rules run where `select` chooses none."""
    select: Sequence[str] = ()
    extend: Sequence[str] = ()
    ignore: Sequence[str] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    exclude: Sequence[str] = ()
    facts: Facts = field(default_factory=Facts)
    fail_on: str = "warning"
    root: str = "."
    configured: bool = False
    """Whether a configuration file is in `root`."""
    clusters: Sequence[Named] = ()
    """The clusters that the configuration names."""
    nested: Mapping[str, Settings] = field(default_factory=dict)
    """What other configuration files further down tell, by the folder that each is in."""
    partition: Partition | None = None
    """The clusters of the run, where they were worked out before."""
    complete: bool = False
    """Whether the run is over a whole repository, so that there are no files beside those given."""

    def __post_init__(self) -> None:
        self._instances: dict[str, Rule] = {}
        self._matching: dict[str, tuple[int, ...]] = {}
        self._rules_by_overrides: dict[tuple[int, ...], list[RuleEntry]] = {}

    @cached_property
    def rules(self) -> list[RuleEntry]:
        """The rules chosen, before overrides for paths."""
        return choose(list(self.select), list(self.extend), list(self.ignore), self.profile)

    def rules_for(self, path: str) -> list[RuleEntry]:
        """The rules for one file."""
        numbers = self._numbers_of_overrides(path)
        if not numbers:
            return self.rules
        if numbers not in self._rules_by_overrides:
            matching = [self.overrides[number] for number in numbers]
            extend = [*self.extend, *(each for override in matching for each in override.select)]
            ignore = [*self.ignore, *(each for override in matching for each in override.ignore)]
            self._rules_by_overrides[numbers] = choose(list(self.select), extend, ignore, self.profile)
        return self._rules_by_overrides[numbers]

    def _numbers_of_overrides(self, path: str) -> tuple[int, ...]:
        """Which of the overrides are for this file."""
        if path not in self._matching:
            found = (n for n, each in enumerate(self.overrides) if glob_matches(path, each.paths, self.root))
            self._matching[path] = tuple(found)
        return self._matching[path]

    def excludes(self, path: str) -> bool:
        """Whether the configuration leaves this file out."""
        return bool(self.exclude) and glob_matches(path, self.exclude, self.root)

    def severity(self, rule: Rule, path: str) -> Severity | None:
        """The severity that the configuration sets for the rule in this file."""
        found = None
        matching = (self.overrides[number].severity for number in self._numbers_of_overrides(path))
        for table in (self.severities, *matching):
            for word, severity in table.items():
                if word.upper() == rule.code or word == rule.name:
                    found = severity
        return found

    def rule(self, entry: RuleEntry) -> Rule:
        """The rule, with its options."""
        if entry.code not in self._instances:
            options = {**self.options.get(entry.code, {}), **self.options.get(entry.name, {})}
            self._instances[entry.code] = entry.load()(options)
        return self._instances[entry.code]

    @staticmethod
    def knows(word: str) -> bool:
        """Whether a rule is called so."""
        return any(word.upper() == entry.code or word == entry.name for entry in entries())
