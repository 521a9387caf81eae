"""What `iptables -L` prints: recognized, and not read.

iptables(8) of it: "the exact rules are suppressed until you use `iptables -L -v` or iptables-save(8)".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kpl.text.span import Span

LISTING_LINE = re.compile(
    r"^[ \t]*(?:(?:\d+[KMGTP]?[ \t]+){2})?(?P<chain>KUBE-[A-Z0-9-]+)[ \t]+(?:all|tcp|udp|sctp|icmp|\d+)[ \t]+(?:--|!f|-f)[ \t]"
    r"|^[ \t]*Chain (?P<heading>KUBE-[A-Z0-9-]+) \(",
    re.MULTILINE,
)
"""A line that names a chain of kube-proxy: a rule that leads to it, or its heading."""


@dataclass
class Listing:
    """A listing of chains, for people."""

    text: str = field(repr=False)
    chain: Span
    """The first name of a chain of kube-proxy."""


def parse_listing(text: str) -> Listing:
    """Find in `text`, a listing, where it names a chain of kube-proxy first."""
    found = LISTING_LINE.search(text)
    return Listing(text, Span(*found.span(found.lastgroup or 0)) if found else Span(0, 0))
