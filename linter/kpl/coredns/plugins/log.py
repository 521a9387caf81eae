"""The plugin ``log``. (CoreDNS plugin/log/setup.go)"""

from __future__ import annotations

from typing import NamedTuple

from kpl.coredns.controller import Controller
from kpl.golang.dnsname import fqdn

CLASSES = ("all", "success", "denial", "error")


class LogRule(NamedTuple):
    """Queries for names in `scope` whose answers are of one of `classes` are logged in `format`, empty for the usual one."""

    scope: str
    format: str
    classes: tuple[str, ...]


def setup(c: Controller) -> list[LogRule]:
    """``log [NAMES...] [FORMAT]`` with its block, any number of times."""
    rules = []
    while c.next():
        scopes: list[str] = list(c.args())
        form = ""
        if len(scopes) > 1 and "{" in scopes[-1]:
            form = scopes.pop()
        classes: list[str] = []
        while c.next_block():
            if c.val() != "class":
                raise c.err(f"unknown property '{c.val()}'") if c.since("1.14.4") else c.arg_err()
            args = c.args()
            if not args:
                raise c.arg_err()
            for word in args:
                if word not in CLASSES:
                    raise c.refuse(f"invalid Class: {word}", word)
                classes.append(word)
        rules += [LogRule(fqdn(scope), form, tuple(classes or ["all"])) for scope in scopes or ["."]]
    return rules
