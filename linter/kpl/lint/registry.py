"""Which rules there are, and the loading of those that a run needs.

A wheel carries an index of the built-in rules, written when it was built; a checkout reads the rule modules instead.
Rules of other packages enter through the entry-point group `kpl.rules`, as the built-in ones do: an entry point names a
package whose modules hold rules.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import NamedTuple

from kpl.errors import UsageError
from kpl.lint.rule import Rule

GROUP = "kpl.rules"
BUILTIN = "kpl_rules"


class RuleEntry(NamedTuple):
    """What is known of a rule without importing it."""

    code: str
    name: str
    module: str
    class_name: str
    sees: str
    severity: str
    default: bool
    summary: str
    needs: str = ""

    def load(self) -> type[Rule]:
        """The rule's class."""
        loaded: type[Rule] = getattr(import_module(self.module), self.class_name)
        return loaded


def scan_package(package: str) -> list[tuple[str, str, str, str, str, str, bool, str, str]]:
    """The entries of all rules in the modules of `package`, in the order of their codes."""
    import pkgutil

    root = import_module(package)
    entries = []
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if module.ispkg or module.name.rpartition(".")[2].startswith("_"):
            continue
        loaded = import_module(module.name)
        for value in vars(loaded).values():
            if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.name:
                entries.append(
                    (
                        value.code,
                        value.name,
                        module.name,
                        value.__name__,
                        value.sees(),
                        value.severity.value,
                        value.default,
                        value.summary(),
                        value.needs,
                    )
                )
    return sorted(entries)


@cache
def entries() -> tuple[RuleEntry, ...]:
    """All rules: the built-in ones and those of installed packages. Raises UsageError when two share a code or name."""
    try:
        found = list(import_module(f"{BUILTIN}._index").RULES)
    except ModuleNotFoundError:
        found = list(scan_package(BUILTIN))
    for package in _other_packages():
        found += scan_package(package)
    rules = tuple(RuleEntry(*entry) for entry in sorted(found))
    seen: dict[str, str] = {}
    for rule in rules:
        for word in (rule.code, rule.name):
            if word in seen:
                raise UsageError(f"two rules are called {word}: {seen[word]} and {rule.module}")
            seen[word] = rule.module
    return rules


def _other_packages() -> Iterator[str]:
    """The packages that installed distributions offer.

    importlib.metadata takes as long to import as all of a small run, so it is asked only if a file named
    entry_points.txt has our group in it.
    """
    if any(_offers_rules(folder) for folder in dict.fromkeys(sys.path)):
        from importlib.metadata import entry_points

        for point in entry_points(group=GROUP):
            if point.value != BUILTIN:
                yield point.value


def _offers_rules(folder: str) -> bool:
    try:
        found = [each.path for each in os.scandir(folder or ".") if each.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for path in found:
        if os.path.basename(path).startswith("kplint-"):
            continue
        try:
            with open(os.path.join(path, "entry_points.txt"), "rb") as file:
                if f"[{GROUP}]".encode() in file.read():
                    return True
        except OSError:
            continue
    return False


def matches(rule: RuleEntry, selector: str) -> bool:
    """Whether `selector` names the rule: ALL, its code, its name, or a prefix of one of them."""
    return selector == "ALL" or rule.code.startswith(selector.upper()) or rule.name.startswith(selector)


def choose(select: list[str], extend: list[str], ignore: list[str]) -> list[RuleEntry]:
    """The rules to run: those of `select` (or the default ones), and of `extend`, without those of `ignore`.

    A longer selector wins over a shorter one, so that ``--ignore KPL2 --select KPL201`` runs KPL201.
    Raises UsageError for a selector that names no rule.
    """
    for selector in (*select, *extend, *ignore):
        if not any(matches(rule, selector) for rule in entries()):
            raise UsageError(f"no rule is called {selector!r}; `kpl rules` lists them")

    def strength(rule: RuleEntry, selectors: list[str]) -> int:
        lengths = (0 if each == "ALL" else len(each) for each in selectors if matches(rule, each))
        return max(lengths, default=-1)

    chosen = []
    for rule in entries():
        wanted = strength(rule, [*select, *extend])
        if not select and rule.default:
            wanted = max(wanted, 0)
        if wanted >= 0 and wanted > strength(rule, ignore):
            chosen.append(rule)
    return chosen


def find(word: str) -> RuleEntry:
    """The rule with this code or name. Raises UsageError."""
    for rule in entries():
        if word.upper() == rule.code or word == rule.name:
            return rule
    import difflib

    names = [name for rule in entries() for name in (rule.code, rule.name)]
    close = difflib.get_close_matches(word, names, 1)
    raise UsageError(f"no rule is called {word!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
