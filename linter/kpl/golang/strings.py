"""strings: the case of letters, rune by rune as Go maps them. (Go src/strings/strings.go, src/unicode/letter.go)

Python's own methods look at neighbours and may make one letter into several.
"""

from __future__ import annotations


def to_lower(text: str) -> str:
    """strings.ToLower."""
    return text.lower() if text.isascii() else "".join("i" if rune == "İ" else rune.lower() for rune in text)


def to_upper(text: str) -> str:
    """strings.ToUpper."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def _upper(rune: str) -> str:
    return next((mapped for mapped in (rune.upper(), rune.title()) if len(mapped) == 1), rune)


_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""unicode.IsSpace."""


def trim_space(text: str) -> str:
    """strings.TrimSpace."""
    return text.strip(_SPACE)
