"""The plugin ``clouddns``. (CoreDNS plugin/clouddns/setup.go and clouddns.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.refreshes import MINUTE, read_refresh
from kpl.golang.values import quote


@dataclass
class CloudDNS:
    """The managed zones of one occurrence."""

    zones: dict[str, list[str]] = field(default_factory=dict)
    """The managed zones for each name, as ``PROJECT:ZONE``."""
    credentials: str = ""
    """The file of the account; empty is the account of the machine."""
    endpoint: str = ""
    """Where the service is asked; empty is Google's own address."""
    refresh: int = MINUTE
    """How often the zones are fetched, in nanoseconds."""
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> list[CloudDNS]:
    """``clouddns [ZONE:PROJECT:MANAGED_ZONE...]`` with its block, any number of times; every zone is fetched at once."""
    try:
        return [_occurrence(c) for _ in iter(c.next, False)]
    except RefusedError as refused:
        refused.prefixed = c.since("1.7.1")
        raise


def _occurrence(c: Controller) -> CloudDNS:
    clouddns = CloudDNS()
    seen = set()
    for word in c.args():
        zone, _, rest = word.partition(":")
        project, _, managed = rest.partition(":")
        if not zone or not project or not managed:
            raise _err(c, "invalid zone", word)
        if word in seen:
            raise _err(c, "conflict zone", word)
        seen.add(word)
        clouddns.zones.setdefault(zone, []).append(rest)
    while c.next_block():
        name = c.val()
        if name == "upstream":
            c.args()
        elif name == "credentials":
            if not c.next_arg():
                raise c.arg_err()
            clouddns.credentials = c.val()
            if c.since("1.14.0"):
                if not c.val():
                    raise c.err('invalid credentials file "": open : no such file or directory')
                c.need_file(c.val())
        elif name == "endpoint" and c.since("1.15.0"):
            if not c.next_arg():
                raise c.arg_err()
            clouddns.endpoint = c.val()
        elif name == "refresh" and c.since("1.15.0"):
            clouddns.refresh = read_refresh(c, "unable to parse duration: {}")
        elif name == "fallthrough":
            clouddns.fallthrough = c.fallthrough(c.args())
        else:
            raise _err(c, "unknown property", name)
    if clouddns.credentials:
        c.need_file(clouddns.credentials)
    c.need("credential", "Google Cloud")
    return clouddns


def _err(c: Controller, message: str, word: str) -> RefusedError:
    return c.err(f"{message} {quote(word)}" if c.since("1.7.1") else f"{message} '{word}'")
