"""Domain names as github.com/miekg/dns, which CoreDNS uses, reads them.

Source: miekg/dns v1.1.72, defaults.go.
"""

from __future__ import annotations

import re

_DDD = re.compile(rb"[0-9]{3}")


def is_fqdn(name: str) -> bool:
    """dns.IsFqdn: whether `name` ends in a dot that is not escaped."""
    if not name.endswith("."):
        return False
    rest = name[:-1]
    return (len(rest) - len(rest.rstrip("\\"))) % 2 == 0


def fqdn(name: str) -> str:
    """dns.Fqdn."""
    return name if is_fqdn(name) else name + "."


def normalize(name: str) -> str:
    """CoreDNS's plugin.Name.Normalize: lower case and fully qualified."""
    return fqdn(name).lower()


def is_domain_name(name: str) -> bool:
    """dns.IsDomainName: no empty label, none longer than 63 bytes, 255 bytes in all."""
    if not name:
        return False
    text = fqdn(name).encode("utf-8", "replace")
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
            if (at == 0 and len(text) > 1) or was_dot or at - begin >= 64:
                return False
            was_dot = True
            size += 1 + at - begin
            if size > 256:
                return False
            begin = at + 1
        else:
            was_dot = escape = False
        at += 1
    return not escape
