"""The options of resolv.conf, and who reads them.

- https://man7.org/linux/man-pages/man5/resolv.conf.5.html
- https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
"""

from __future__ import annotations

from kpl.text.words import closest, distance

NUMBER_OPTIONS = ("ndots", "timeout", "attempts")
"""The options that take a number."""
GLIBC_OPTIONS = frozenset(
    """
    attempts debug edns0 inet6 ip6-bytestring ip6-dotint ndots no-aaaa no-check-names no-ip6-dotint no-reload no-tld-query
    rotate single-request single-request-reopen strict-error timeout trust-ad use-vc
    """.split()
)
"""The options that glibc reads."""
MUSL_OPTIONS = frozenset(NUMBER_OPTIONS)
"""The options that musl reads."""
OTHER_OPTIONS = frozenset("family insecure1 insecure2 retrans retry tcp usevc".split())
"""The options that Go's resolver or the BSDs' read and glibc ignores silently."""


def nearest_option(name: str) -> str | None:
    """The option that `name` is a slip of; None where none is near."""
    near = closest(name, sorted(GLIBC_OPTIONS))
    if near is not None:
        return near[0]
    slips = [each for each in GLIBC_OPTIONS if len(name) >= 4 and distance(name.lower(), each) == 1]
    return slips[0] if len(slips) == 1 else None
