"""The plugin ``header``. (CoreDNS plugin/header/setup.go and header.go)"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.coredns.controller import Controller, Word
from kpl.golang.strings import to_lower


class FlagRule(NamedTuple):
    """A header flag (``aa``, ``ra`` or ``rd``) that is set or cleared."""

    flag: str
    set: bool


@dataclass
class Header:
    """The flags that are changed in queries before others see them, and in responses before they are sent."""

    query: list[FlagRule] = field(default_factory=list)
    response: list[FlagRule] = field(default_factory=list)


def setup(c: Controller) -> Header:
    """``header`` with its block; what follows a block that has rules is left unread."""
    while c.next():
        header = Header()
        while c.next_block():
            _line(c, header)
        if header.query or header.response:
            return header
    raise c.arg_err()


def _line(c: Controller, header: Header) -> None:
    selector, action = c.val(), ""
    if not c.since("1.9.4"):  # rules were for responses alone
        selector, action = "response", selector
    else:
        selector = to_lower(selector)
        if selector in ("set", "clear") and not c.since("1.12.4"):
            selector, action = "response", selector
        elif selector not in ("query", "response"):
            raise c.refuse(f"setting up rule: invalid selector={selector} should be query or response")
        elif c.next_arg():
            action = c.val()
    rules = header.response if selector == "response" else header.query
    rules += _flag_rules(c, action, c.args())


def _flag_rules(c: Controller, action: str, args: list[Word]) -> list[FlagRule]:
    prefix = "setting up rule" if c.since("1.9.4") else "seting up rule"
    if not action:
        raise c.refuse(f"{prefix}: no flag action provided")
    if not args:
        raise c.refuse(f"{prefix}: invalid length for flags, at least one should be provided")
    action = to_lower(action)
    if action not in ("set", "clear"):
        raise c.refuse(f"{prefix}: unknown flag action={action}, should be set or clear")
    rules = []
    for word in args:
        flag = to_lower(word)
        if flag not in ("aa", "ra", "rd"):
            raise c.refuse(f"{prefix}: unknown/unsupported flag={flag}", word)
        rules.append(FlagRule(flag, action == "set"))
    return rules
