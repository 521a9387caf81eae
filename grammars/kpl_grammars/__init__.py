"""The syntax of each input, as lark grammars, and nothing else.

In a wheel the parsers were generated from the ``.lark`` files when it was built (lark's standalone tool), which starts
several times faster than building them from text; a checkout has no generated files and builds them from the text, so
that an edited grammar is always the one in force.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

GRAMMARS: dict[str, dict[str, Any]] = {
    "corefile": {"start": ["corefile", "fragment"], "lexer": "basic"},
    "iptables": {"start": ["rule"], "lexer": "contextual"},
    "ipvs": {"start": ["listed", "listed_real", "saved", "saved_real"], "lexer": "contextual"},
    "ipset": {"start": ["property", "member", "create", "add"], "lexer": "contextual"},
    "conntrack": {
        "start": ["entry", "statistics", "statistic", "columns", "row", "trailer", "setting"],
        "lexer": "contextual",
    },
    "resolvconf": {"start": ["line"], "lexer": "contextual"},
    "nft": {"start": ["rule", "element"], "lexer": "contextual"},
}
"""The grammars, and the options that differ between them."""

OPTIONS: dict[str, Any] = {"parser": "lalr", "maybe_placeholders": False}
"""The options of every grammar."""

_FOLDER = os.path.dirname(__file__)


@cache
def parser(name: str, reductions: Any = None) -> Any:
    """The parser of ``<name>.lark``: an object with lark's ``parse(text, start=...)``.

    It gives a tree, or what the methods of `reductions` (lark's "transformer") make of each rule's parts.
    """
    try:
        made = import_module(f"kpl_grammars._generated.{name}").Lark_StandAlone(transformer=reductions)
    except ModuleNotFoundError:
        from lark import Lark

        made = Lark(source(name), transformer=reductions, **OPTIONS, **GRAMMARS[name])
    if GRAMMARS[name]["lexer"] == "basic":
        made.lexer = made.parser.lexer  # for `lex`, which would build one for each text
    return made


def is_refusal(error: Exception) -> bool:
    """Whether `error` is lark's, of a text that the grammar does not have.

    A generated parser brings its own classes of lark's errors; what they share is the place.
    """
    return hasattr(error, "pos_in_stream")


def source(name: str) -> str:
    """The text of ``<name>.lark``."""
    with open(os.path.join(_FOLDER, f"{name}.lark"), encoding="utf-8") as file:
        return file.read()


def is_generated(name: str) -> bool:
    """Whether `parser(name)` comes out of a wheel."""
    return os.path.exists(os.path.join(_FOLDER, "_generated", f"{name}.py"))
