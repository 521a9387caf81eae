"""The plugin ``proxyproto``. (CoreDNS plugin/proxyproto/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.golang.net import parse_cidr
from kpl.golang.strings import to_lower
from kpl.golang.values import GoError, atoi, parse_duration, quote

POLICIES = ("use", "ignore", "reject", "skip")


@dataclass
class Proxyproto:
    """Whose PROXY headers are believed: those of the networks in `allowed`, and of all others as `default` says."""

    allowed: list[str] = field(default_factory=list)
    default: str | None = None
    udp_session_ttl: int = 0
    """In nanoseconds; 0 is no tracking."""
    max_udp_sessions: int = 0
    """0 is CoreDNS's own limit."""
    tlv_metadata: bool = False
    """Whether what a header says beside addresses is metadata, ``proxyproto/tlv``."""


def setup(c: Controller) -> Proxyproto:
    """``proxyproto`` with its block."""
    proxyproto = Proxyproto()
    while c.next():
        if c.args():
            raise c.arg_err()
        while c.next_block():
            _line(c, proxyproto)
    return proxyproto


def _line(c: Controller, proxyproto: Proxyproto) -> None:
    name = c.val()
    if name == "allow":
        for word in c.args():
            if parse_cidr(word) is None:
                raise c.refuse(f"{word}: invalid CIDR address: {word}", word)
            proxyproto.allowed.append(word)
    elif name == "default":
        args = c.args()
        if len(args) != 1 or to_lower(args[0]) not in POLICIES:
            raise c.arg_err()
        proxyproto.default = to_lower(args[0])
    elif name == "udp_session_tracking" and c.since("1.14.3"):
        _session_tracking(c, proxyproto)
    elif name == "tlv_metadata" and c.since("1.15.0"):
        if c.args():
            raise c.arg_err()
        proxyproto.tlv_metadata = True
    else:
        error = c.err(f"unknown option '{name}'")
        error.prefixed = False
        raise error


def _session_tracking(c: Controller, proxyproto: Proxyproto) -> None:
    args = c.args()
    if len(args) not in (1, 2):
        raise c.arg_err()
    try:
        proxyproto.udp_session_ttl = parse_duration(args[0])
    except GoError as error:
        raise c.refuse(f"udp_session_tracking: invalid duration {quote(args[0])}: {error}", args[0]) from None
    if len(args) == 2:
        try:
            number = atoi(args[1])
        except GoError:
            number = 0
        if number <= 0:
            shown = quote(args[1])
            raise c.refuse(f"udp_session_tracking: invalid max sessions {shown}: must be a positive integer", args[1])
        proxyproto.max_udp_sessions = number
