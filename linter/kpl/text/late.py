"""Regular expressions that are compiled when they are first used.

A run needs few of those that its modules have, and compiling one takes longer than matching it.
"""

from __future__ import annotations

import re
from typing import AnyStr, Generic, cast

_ASKED = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn", "pattern", "flags")


class _LatePattern(Generic[AnyStr]):
    """Stands for a pattern, and has all that it has from the first question on."""

    def __init__(self, text: AnyStr, flags: int) -> None:
        self._text: AnyStr = text
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        compiled = re.compile(self._text, self._flags)
        self.__dict__.update({each: getattr(compiled, each) for each in _ASKED})
        return getattr(compiled, name)


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The pattern of a regular expression, for a constant of a module."""
    return cast("re.Pattern[AnyStr]", _LatePattern(text, flags))
