"""The expression language of github.com/expr-lang/expr, as far as it can say no: what CoreDNS's `view` and `template` compile.

Mirrors expr.Compile of the releases 1.9.0 to 1.17.8: lexer, parser, checker, and what the optimizer and the compiler refuse.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from kpl.golang.exprlang.builtins import builtins, predicates
from kpl.golang.exprlang.checker import Checker
from kpl.golang.exprlang.compiler import compile_tree
from kpl.golang.exprlang.cursor import Names
from kpl.golang.exprlang.faults import FileError, PanicError, Release, tell
from kpl.golang.exprlang.gotypes import go_type
from kpl.golang.exprlang.nodes import Identifier
from kpl.golang.exprlang.optimizer import fold, folded_type
from kpl.golang.exprlang.parser import parse
from kpl.golang.values import GoError

__all__ = ["PanicError", "builtin_names", "check_expression", "is_identifier"]

MOST_CHARACTERS = 100_000
"""In a text that is longer there is room for limits of the compiler that are not looked after here."""


def check_expression(
    text: str, environment: Mapping[str, str], release: str, disabled: Collection[str] = frozenset()
) -> str | None:
    """The type of the expression as reflect prints it, None where only its value tells.

    Raises GoError with the error of expr.Compile, PanicError where it crashes.

    `environment` has the type of each name as reflect prints it (``func(string, string) (bool, error)``); `release` is one of
    expr, `disabled` its builtins that were switched off. Bytes that are not UTF-8 are lone surrogates (surrogateescape).
    Raises RecursionError where too much is nested to be judged.
    """
    if len(text) > MOST_CHARACTERS:
        raise RecursionError
    version = _numbers(release)
    if version < (1, 17, 6):
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    types = {name: go_type(type_) for name, type_ in environment.items()}
    functions = builtins(version)
    callable_ = functions if version >= (1, 14) else ()
    try:
        tree = parse(text, version, Names(predicates(version), callable_, disabled, types))
        nature = _checker(version)(version, types, frozenset(disabled)).check(tree)
        tree = fold(tree, version)
    except FileError as fault:
        raise GoError(tell(fault, text, version)) from None
    if version >= (1, 14):
        compile_tree(tree, version, types)
    type_ = folded_type(tree) or nature.type
    return type_.name if type_ and type_.kind != "interface" else None


def is_identifier(text: str, release: str) -> bool:
    """Whether the whole of `text` is a name for the parser, and no word of the language."""
    version = _numbers(release)
    try:
        tree = parse(text, version, Names(predicates(version), builtins(version), (), ()))
    except FileError:
        return False
    return isinstance(tree, Identifier) and tree.value == text


def builtin_names(release: str) -> Collection[str]:
    """builtin.Index: the names of all builtins."""
    return builtins(_numbers(release))


def _numbers(release: str) -> Release:
    return tuple(map(int, release.split(".")))


def _checker(release: Release) -> type[Checker]:
    """The checker of a release; those of older releases are loaded where they are needed."""
    if release >= (1, 17):
        return Checker
    if release >= (1, 14):
        from kpl.golang.exprlang.checker_1_16 import Checker115, Checker116

        return Checker116 if release >= (1, 16) else Checker115
    if release >= (1, 12):
        from kpl.golang.exprlang.checker_1_13 import Checker113

        return Checker113
    from kpl.golang.exprlang.checker_1_9 import Checker109

    return Checker109
