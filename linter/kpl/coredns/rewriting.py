"""The rules of the plugin ``rewrite`` that look at names, with the places of their words. (CoreDNS plugin/rewrite)"""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.corefile.model import Directive
from kpl.text.span import Text

MATCHES = ("exact", "prefix", "suffix", "substring", "regex")


class NameRewrite(NamedTuple):
    """A rule ``name`` or ``cname``, written on one line or in a block."""

    kind: Text
    match: str
    """How names are compared: one of `MATCHES`."""
    pattern: Text
    target: Text
    options: tuple[Text, ...] = ()
    """What follows, as written: ``answer auto``."""

    @property
    def answer_patterns(self) -> list[Text]:
        """The regular expressions that names in answers are compared with."""
        words = self.options
        return [
            words[at + 1]
            for at, word in enumerate(words[:-2])
            if word == "name" and (at == 0 or words[at - 1] != "name")
        ]


def name_rewrite(directive: Directive) -> NameRewrite | None:
    """The rule of a ``rewrite`` that looks at names; None for any other one, and for one that CoreDNS refuses."""
    words = list(directive.args)
    if len(words) < 2:  # then the words of the block belong to it
        words += [word for line in directive.properties for word in (line.name, *line.args)]
    if words and words[0].lower() in ("continue", "stop"):
        words = words[1:]
    if not words or words[0].lower() not in ("name", "cname"):
        return None
    kind, *rest = words
    if len(rest) == 2:
        return NameRewrite(kind, "exact", rest[0], rest[1])
    if len(rest) < 3 or rest[0].lower() not in MATCHES:
        return None
    match, pattern, target, *options = rest
    return NameRewrite(kind, match.lower(), pattern, target, tuple(options))
