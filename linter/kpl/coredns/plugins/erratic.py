"""The plugin ``erratic``. (CoreDNS plugin/erratic/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller, Word
from kpl.golang.strconv import parse_int
from kpl.golang.values import parse_duration, quote


@dataclass
class Erratic:
    """Every how many queries (0 is never) an answer is dropped, delayed by so many nanoseconds, or truncated."""

    drop: int = 2
    delay: int = 0
    duration: int = 0
    truncate: int = 0
    large: bool = False


def setup(c: Controller) -> Erratic:
    """``erratic`` with its block; arguments of its own are taken for further occurrences."""
    erratic = Erratic()
    dropping = False
    while c.next():
        while c.next_block():
            name = c.val()
            if name == "drop":
                args = _args(c, 1)
                if args:
                    erratic.drop = _amount(c, args[0])
                    dropping = True
            elif name == "delay":
                _delay(c, erratic)
            elif name == "truncate":
                args = _args(c, 1)
                if args:
                    erratic.truncate = _amount(c, args[0])
                elif c.since("1.14.5"):
                    erratic.truncate = 2
            elif name == "large":
                erratic.large = True
            else:
                raise c.err(f"unknown property '{name}'")
    if (erratic.delay or erratic.truncate) and not dropping:
        erratic.drop = 0
    return erratic


def _args(c: Controller, most: int) -> list[Word]:
    args = c.args()
    if len(args) > most:
        raise c.arg_err()
    return args


def _delay(c: Controller, erratic: Erratic) -> None:
    args = _args(c, 2)
    erratic.delay, erratic.duration = 2, 100 * 10**6
    if args:
        erratic.delay = _amount(c, args[0])
    if len(args) > 1:
        erratic.duration = c.read(parse_duration, args[1])


def _amount(c: Controller, word: Word) -> int:
    amount = c.read(lambda text: parse_int(text, 10, 32), word)
    if amount < 0:
        raise c.refuse(f"illegal amount value given {quote(word)}", word)
    return amount
