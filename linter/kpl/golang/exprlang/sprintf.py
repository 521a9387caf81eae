"""fmt.Sprintf of a text that was not meant as a format: a ``%`` in it finds no argument. (Go src/fmt/print.go, doPrintf)"""

from __future__ import annotations

import re

_DIRECTIVE = (
    r"%[#0+\- ]*"
    r"(?P<first>\[[^]]*\]|\[)?(?P<width>\*|[0-9]*)"
    r"(?:\.(?=.)(?P<second>\[[^]]*\]|\[)?(?P<precision>\*|[0-9]*))?"
    r"(?P<third>\[[^]]*\]|\[)?(?P<verb>.?)"
)
_LARGEST = 10**6


def without_arguments(format_: str) -> str:
    """fmt.Sprintf(format)."""
    said, at = [], 0
    for found in re.finditer(_DIRECTIVE, format_, re.DOTALL):
        said.append(format_[at : found.start()])
        at = found.end()
        if any(_is_too_large(found[number] or "") for number in ("width", "precision")):
            # the rest is dropped
            return "".join(said) + "%!(NOVERB)"
        said.append(_filled(found))
    return "".join(said) + format_[at:]


def _is_too_large(number: str) -> bool:
    """Whether parsenum gives up, which it sees when there is one more digit."""
    return number.isdigit() and (len(number) > 20 or int(number[:-1] or "0") > _LARGEST)


def _filled(found: re.Match[str]) -> str:
    said = ("%!(BADWIDTH)" if found["width"] == "*" else "") + ("%!(BADPREC)" if found["precision"] == "*" else "")
    verb = found["verb"]
    if not verb:
        return said + "%!(NOVERB)"
    if verb == "%":
        return said + "%"
    indexed = found["first"] or found["second"] or found["third"]
    return said + f"%!{verb}({'BADINDEX' if indexed else 'MISSING'})"
