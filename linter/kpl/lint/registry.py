"""Which rules there are, and the loading of those that a run needs.

A wheel carries an index of the built-in rules, written when it was built; a checkout reads the rule modules instead.
Rules of other packages enter through the entry-point group `kpl.rules`, as the built-in ones do: an entry point names a
package whose modules hold rules.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from kpl import troubles
from kpl.errors import UsageError
from kpl.lint.rule import BUILTIN, Profile, Rule
from kpl.lint.ruleclass import fault
from kpl.modules import classes_in, index_of, modules_below
from kpl.text.words import similar

GROUP = "kpl.rules"

_CLOSE = 0.8
"""How alike, from 0 to 1, a misspelled name must be to the one that is proposed."""
_MOST_MEANT = 3
"""Of more names than these the first and the last one are proposed."""


class BrokenRuleError(Exception):
    """A module of rules that cannot be imported, or a class in one that is no complete rule; its text says which."""


class RuleEntry(NamedTuple):
    """What is known of a rule without importing it."""

    code: str
    name: str
    module: str
    class_name: str
    sees: str
    severity: str
    profile: str
    summary: str
    needs: str = ""
    clue: str = ""
    in_templates: bool = False
    about_calls: bool = False

    def is_in(self, profile: str) -> bool:
        """Whether the rule is one of a profile."""
        return Profile(self.profile).rank <= Profile(profile).rank

    def load(self) -> type[Rule]:
        """The rule's class. Raises BrokenRuleError."""
        return _sound(getattr(_module(self.module), self.class_name, None), self.module, self.class_name)


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except troubles.FAILURES as error:
        raise BrokenRuleError(
            f"the rules of {name} do not run, because {_file(name)} cannot be imported: {troubles.describe(error)}"
        ) from error


def _file(module: str) -> str:
    """The file of a module that may not have been imported."""
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
    except troubles.FAILURES:  # of the package above it
        spec = None
    return spec.origin if spec and spec.origin else module


def _sound(rule: Any, module: str, name: str) -> type[Rule]:
    problem = fault(rule)
    if problem is not None:
        raise BrokenRuleError(f"the rule {name} of {module} does not run, because it {problem} ({_file(module)})")
    checked: type[Rule] = rule
    return checked


def scan_package(package: str, tell: Callable[[str], None] | None = None) -> list[tuple[Any, ...]]:
    """The entries of all rules in the modules of `package`, in the order of their codes.

    What is broken goes to `tell`; without it, BrokenRuleError is raised.
    """
    return sorted(_entries_below(package, tell))


def _entries_below(package: str, tell: Callable[[str], None] | None) -> Iterator[tuple[Any, ...]]:
    def path(package: str) -> Iterable[str]:
        with _told(tell):
            found: Iterable[str] | None = getattr(_module(package), "__path__", None)
            if found is None:
                raise BrokenRuleError(
                    f"the rules of {package} do not run, because it is not a package ({_file(package)})"
                )
            return found
        return ()

    for module in modules_below(package, path):
        yield from _entries_in(module, tell)


def _entries_in(module: str, tell: Callable[[str], None] | None) -> Iterator[tuple[Any, ...]]:
    found: list[type[Rule]] = []
    with _told(tell):
        found += classes_in(_module(module), Rule)
    for value in found:
        with _told(tell):
            rule = _sound(value, module, value.__name__)
            facts = (rule.sees(), rule.severity.value, rule.profile.value, rule.summary(), rule.needs, rule.clue)
            yield (rule.code, rule.name, module, rule.__name__, *facts, rule.in_templates, rule.about_calls)


@contextmanager
def _told(tell: Callable[[str], None] | None) -> Iterator[None]:
    try:
        yield
    except BrokenRuleError as error:
        if tell is None:
            raise
        tell(str(error))


_broken: list[str] = []
"""What is wrong with the rules that were found."""


def _tell(problem: str) -> None:
    _broken.append(problem)
    troubles.note(problem)


@cache
def entries() -> tuple[RuleEntry, ...]:
    """All rules: the built-in ones and those of installed packages, without what is broken, which is a trouble.

    Raises UsageError when two share a code or name.
    """
    _broken.clear()
    listed = index_of(BUILTIN)
    found = scan_package(BUILTIN, _tell) if listed is None else listed
    for package in _other_packages():
        found += scan_package(package, _tell)
    rules = tuple(RuleEntry(*entry) for entry in sorted(found))
    seen: dict[str, str] = {}
    for rule in rules:
        for word in (rule.code, rule.name):
            if word in seen:
                raise UsageError(f"two rules are called {word}: {seen[word]} and {rule.module}")
            seen[word] = rule.module
    return rules


def some_are_missing() -> bool:
    """Whether a name that no rule has may be one of a rule that is broken, which is told already."""
    return bool(entries()) and bool(_broken)


def _other_packages() -> Iterator[str]:
    """The packages that installed distributions offer.

    importlib.metadata takes as long to import as all of a small run, so it is asked only if a file named
    entry_points.txt has our group in it.
    """
    if any(_offers_rules(folder) for folder in dict.fromkeys(sys.path)):
        from importlib.metadata import entry_points

        try:
            points = [point.value for point in entry_points(group=GROUP)]
        except troubles.FAILURES as error:
            _tell(
                f"the rules of other packages do not run, because their entry points cannot be read: {troubles.describe(error)}"
            )
            return
        yield from dict.fromkeys(point for point in points if point != BUILTIN)


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


def choose(select: list[str], extend: list[str], ignore: list[str], profile: str = "default") -> list[RuleEntry]:
    """The rules to run: those of `select` (or else of `profile`), and of `extend`, without those of `ignore`.

    A longer selector wins over a shorter one, so that ``--ignore KPL2 --select KPL201`` runs KPL201.
    Raises UsageError for a selector that names no rule.
    """
    for selector in (*select, *extend, *ignore):
        if not some_are_missing() and not any(matches(rule, selector) for rule in entries()):
            raise _unknown(selector)

    def strength(rule: RuleEntry, selectors: list[str]) -> int:
        lengths = (0 if each == "ALL" else len(each) for each in selectors if matches(rule, each))
        return max(lengths, default=-1)

    chosen = []
    for rule in entries():
        wanted = strength(rule, [*select, *extend])
        if not select and rule.is_in(profile):
            wanted = max(wanted, 0)
        if wanted >= 0 and wanted > strength(rule, ignore):
            chosen.append(rule)
    return chosen


def find(word: str) -> RuleEntry:
    """The rule with this code or name. Raises UsageError."""
    for rule in entries():
        if word.upper() == rule.code or word == rule.name:
            return rule
    raise _unknown(word)


def _unknown(word: str) -> UsageError:
    """That no rule is called `word`, with those that may be meant: what starts with it, what holds it, what is like it."""
    names = [name for rule in entries() for name in (rule.code, rule.name)]
    folded = {name.lower(): name for name in names}
    starting = sorted(name for name in names if name.lower().startswith(word.lower()))
    close = similar(word.lower(), folded, _CLOSE)
    meant = (
        starting
        or ([folded[close]] if close else [])
        or [name for name in names if len(word) > 2 and word.lower() in name]
    )
    told = [f"`{name}`" for name in meant]
    if not word or not told:
        hint = "`kpl rules` lists all rules"
    elif len(told) > _MOST_MEANT:
        hint = f"did you mean one of the {len(told)} rules from {told[0]} to {told[-1]}?"
    else:
        hint = f"did you mean {' or '.join(told)}?"
    return UsageError(f"no rule is called `{word}`; {hint}")
