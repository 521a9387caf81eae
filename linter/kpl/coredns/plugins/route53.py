"""The plugin ``route53``. (CoreDNS plugin/route53/setup.go and route53.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller, Ignored
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.refreshes import MINUTE, read_refresh
from kpl.golang.values import quote


@dataclass
class Route53:
    """The hosted zones of one occurrence."""

    zones: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the hosted zones for each name."""
    refresh: int = MINUTE
    """How often they are fetched, in nanoseconds."""
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> list[Route53]:
    """``route53 [ZONE:ID...]`` with its block, any number of times; every zone is fetched at once."""
    return [_occurrence(c) for _ in iter(c.next, False)]


def _occurrence(c: Controller) -> Route53:
    route53 = Route53()
    seen = set()
    for word in c.args():
        zone, _, hosted = word.partition(":")
        if not zone or not hosted:
            raise _err(c, "invalid zone", word)
        if word in seen:
            raise _err(c, "conflict zone", word)
        seen.add(word)
        route53.zones.setdefault(zone, []).append(hosted)
    profile = False
    while c.next_block():
        name = c.val()
        if name == "aws_access_key":
            keys = c.args()
            if len(keys) < 2:
                colon = ":" if c.since("1.7.1") else ""
                raise c.err(f"invalid access key{colon} '[{' '.join(keys)}]'")
        elif name == "aws_endpoint" and c.since("1.8.7"):
            if not c.next_arg():
                raise c.arg_err()
            if c.since("1.12.3"):  # by the time CoreDNS reads the endpoint, it has come to the end of the block
                c.instance.ignored.append(Ignored("argument", c.word().token))
        elif name == "upstream":
            c.args()
        elif name == "credentials":
            profile = c.since("1.9.2")
            if not c.next_arg():
                refused = c.arg_err()
                refused.prefixed = False
                raise refused
            c.next_arg()
        elif name == "fallthrough":
            route53.fallthrough = c.fallthrough(c.args())
        elif name == "refresh":
            mark = "" if c.since("1.7.1") else "'"
            route53.refresh = read_refresh(c, f"Unable to parse duration: {mark}{{}}{mark}", c.since("1.7.1"))
        else:
            raise _err(c, "unknown property", name)
    # without zones, CoreDNS asks AWS for nothing but its region, and looks for the profile
    if route53.zones or profile or c.since("1.12.3"):
        c.need("credential", "AWS")
    return route53


def _err(c: Controller, message: str, word: str) -> RefusedError:
    return c.err(f"{message} {quote(word)}" if c.since("1.7.1") else f"{message} '{word}'")
