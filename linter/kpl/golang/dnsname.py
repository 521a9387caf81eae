"""Domain names as github.com/miekg/dns, which CoreDNS uses, reads them.

Source: miekg/dns v1.1.73, defaults.go and labels.go.
"""

from __future__ import annotations

import re

from kpl.text import late

_DDD = late.pattern(rb"[0-9]{3}")
_LABEL = late.pattern(r"(?:\\.?|[^.\\])+", re.DOTALL)


def is_fqdn(name: str, *, wide_end: bool = True) -> bool:
    """dns.IsFqdn: whether `name` ends in a dot that is not escaped.

    The library counts the backslashes before the dot from the first byte of the character before them: behind one of two
    or four bytes it is wrong. Without `wide_end` it is so without any backslash too, as before v1.1.55.
    """
    if not name.endswith("."):
        return False
    rest = name[:-1]
    bare = rest.rstrip("\\")
    if wide_end and bare == rest:
        return True
    width = len(bare[-1:].encode("utf-8", "replace")) or 1
    return (len(rest) - len(bare) + width) % 2 == 1


def fqdn(name: str, *, wide_end: bool = True) -> str:
    """dns.Fqdn; for `wide_end` see `is_fqdn`."""
    return name if is_fqdn(name, wide_end=wide_end) else name + "."


def normalize(name: str) -> str:
    """CoreDNS's plugin.Name.Normalize: lower case and fully qualified."""
    return fqdn(name).lower()


def is_domain_name(name: str, *, leading_dot: bool = False, open_escape: bool = False, wide_end: bool = True) -> bool:
    """dns.IsDomainName: no empty label, none longer than 63 bytes, 255 bytes in all.

    `leading_dot` allows one, as the library did before v1.1.50; `open_escape` allows a backslash at the end, as v1.1.58 did.
    For `wide_end` see `is_fqdn`.
    """
    if not name:
        return False
    text = fqdn(name, wide_end=wide_end).encode("utf-8", "replace")
    size = begin = at = 0
    was_dot = escape = False
    while at < len(text):
        if text[at] == 0x5C:
            escape = not escape
            if size + 1 > 256:
                return False
            skipped = 3 if _DDD.match(text, at + 1) else 1
            at += skipped
            begin += skipped
            was_dot = False
        elif text[at] == 0x2E:
            escape = False
            if (at == 0 and len(text) > 1 and not leading_dot) or was_dot or at - begin >= 64:
                return False
            was_dot = True
            size += 1 + at - begin
            if size > 256:
                return False
            begin = at + 1
        else:
            was_dot = escape = False
        at += 1
    return open_escape or not escape


def is_subdomain(parent: str, child: str) -> bool:
    """dns.IsSubDomain, of fully qualified names in lower case: whether `child` is `parent` or lies below it."""
    above, below = _labels(parent), _labels(child)
    return len(above) <= len(below) and below[len(below) - len(above) :] == above


def _labels(name: str) -> list[str]:
    """dns.SplitDomainName: what stands between the dots that are not escaped."""
    return _LABEL.findall(name)
