"""What `iptables -L` prints: recognized, and not read.

iptables(8) of it: "the exact rules are suppressed until you use `iptables -L -v` or iptables-save(8)".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text.span import Span

_LINE = (
    r"^[ \t]*(?:(?:\d+[KMGTP]?[ \t]+){2})?(?P<chain>KUBE-[A-Z0-9-]+)[ \t]+(?:all|tcp|udp|sctp|icmp|\d+)[ \t]+(?:--|!f|-f)[ \t]"
    r"|^[ \t]*Chain (?P<heading>KUBE-[A-Z0-9-]+) \("
)
"""A line that names a chain of kube-proxy: a rule that leads to it, or its heading."""


@dataclass
class Listing:
    """A listing of chains, for people."""

    text: str = field(repr=False)
    chain: Span
    """The first name of a chain of kube-proxy."""


class ListingReader(FileReader):
    """Reads the output of ``iptables -L`` that names a chain of kube-proxy."""

    kind = FileKind(word="iptables -L", model="Listing", lines=(_LINE,), rank=110)
    examples = (
        Takes("Chain KUBE-SERVICES (2 references)\n", {"chain": (6, 19)}, "node.txt"),
        Takes(
            "Chain INPUT (policy ACCEPT)\nKUBE-FIREWALL  all  --  anywhere  anywhere\n", {"chain": (28, 41)}, "node.txt"
        ),
        Leaves("Chain INPUT (policy ACCEPT)\nACCEPT  all  --  anywhere  anywhere\n", "node.txt"),
    )

    def parse(self, text: str) -> Listing:
        """The place in `text`."""
        found = re.search(_LINE, text, re.MULTILINE)
        return Listing(text, Span(*found.span(found.lastgroup or 0)) if found else Span(0, 0))
