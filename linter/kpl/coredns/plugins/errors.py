"""The plugin ``errors``. (CoreDNS plugin/errors/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.coredns.controller import Controller, Word
from kpl.golang.values import GoError, parse_duration

MAX_PATTERN = 10000
"""Bytes of a regular expression, from 1.14.0 on."""
LEVELS = ("warning", "error", "info", "debug")


class Consolidation(NamedTuple):
    """Errors that match `pattern` are told once every `period` nanoseconds."""

    period: int
    pattern: str
    level: str = "error"
    show_first: bool = False


@dataclass(repr=False)
class Errors:
    """How errors are logged."""

    stacktrace: bool = False
    consolidated: list[Consolidation] = field(default_factory=list)


def setup(c: Controller) -> Errors:
    """``errors [stdout]`` with its block, once."""
    errors = Errors()
    while c.next_only():
        args = c.args()
        if len(args) > 1:
            raise c.arg_err()
        if args and args[0] != "stdout":
            raise c.err(f"invalid log file: {args[0]}")
        while c.next_block():
            if c.val() == "stacktrace" and c.since("1.9.3"):
                errors.stacktrace = True
            elif c.val() == "consolidate":
                errors.consolidated.append(_consolidation(c))
            else:
                raise c.syntax_err(f"Unknown field {c.val()}" if c.since("1.9.3") else "consolidate")
    return errors


def _consolidation(c: Controller) -> Consolidation:
    from kpl.golang.regexp import check_regexp

    args = c.args()
    most = 4 if c.since("1.14.0") else 3 if c.since("1.8.5") else 2
    if not 2 <= len(args) <= most:
        raise c.arg_err()
    try:
        period = parse_duration(args[0])
        size = len(args[1].encode("utf-8", "replace"))
        if size > MAX_PATTERN and c.since("1.14.0"):
            raise c.err(f"regex pattern too long: {size} > {MAX_PATTERN}")
        check_regexp(args[1])
    except GoError as error:
        raise c.err(str(error)) from None
    level, show_first = _options(c, args[2:])
    return Consolidation(period, args[1], level or "error", show_first)


def _options(c: Controller, args: list[Word]) -> tuple[str, bool]:
    """parseOptionalParams: the level, empty where none is given, and whether the first error is told at once."""
    level, show_first = "", False
    for arg in args:
        if arg in LEVELS:
            if level:
                raise c.err("multiple log levels specified in consolidate")
            if show_first:
                raise c.err("log level must come before show_first in consolidate")
            level = arg
        elif not c.since("1.14.0"):
            raise c.err(f"unknown log level argument in consolidate: {arg}")
        elif arg == "show_first":
            show_first = True
        else:
            raise c.err(f"unknown option in consolidate: {arg}")
    return level, show_first
