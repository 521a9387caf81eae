"""The plugin ``view``. (CoreDNS plugin/view/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.expression import check_view_expression
from kpl.golang.exprlang import PanicError
from kpl.golang.values import GoError


@dataclass
class View:
    """The view's name, and the expressions that all have to hold for a query to be answered by the block."""

    name: str = ""
    expressions: list[str] = field(default_factory=list)


def setup(c: Controller) -> View:
    """``view NAME`` with its block, once."""
    view = View()
    while c.next_only():
        view.name = c.only()
        while c.next_block():
            if c.val() != "expr":
                raise c.err(f"unknown property '{c.val()}'")
            _expression(c, view)
    c.config.filtered = True
    return view


def _expression(c: Controller, view: View) -> None:
    words = c.args()
    expression = " ".join(words)
    first = words[0] if words else None
    try:
        check_view_expression(expression, c.instance.version)
    except PanicError as error:
        raise c.panic(str(error), first) from None
    except GoError as error:
        raise c.refuse(str(error), first) from None
    view.expressions.append(expression)
