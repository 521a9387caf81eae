"""fmt.Sprintf of a text that was not meant as a format: a ``%`` in it finds no argument. (Go src/fmt/print.go, doPrintf)"""

from __future__ import annotations

import re

_DIRECTIVE = re.compile(
    r"%[#0+\- ]*"
    r"(?P<first>\[[^]]*\]|\[)?(?P<width>\*|[0-9]*)"
    r"(?:\.(?P<second>\[[^]]*\]|\[)?(?P<precision>\*|[0-9]*))?"
    r"(?P<third>\[[^]]*\]|\[)?(?P<verb>.?)",
    re.DOTALL,
)


def without_arguments(format_: str) -> str:
    """fmt.Sprintf(format)."""
    return _DIRECTIVE.sub(_filled, format_)


def _filled(found: re.Match[str]) -> str:
    said = ("%!(BADWIDTH)" if found["width"] == "*" else "") + ("%!(BADPREC)" if found["precision"] == "*" else "")
    verb = found["verb"]
    if not verb:
        return said + "%!(NOVERB)"
    if verb == "%":
        return said + "%"
    indexed = found["first"] or found["second"] or found["third"]
    return said + f"%!{verb}({'BADINDEX' if indexed else 'MISSING'})"
