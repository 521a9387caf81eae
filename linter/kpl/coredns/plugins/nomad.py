"""The plugin ``nomad``. (CoreDNS plugin/nomad/setup.go; hashicorp/nomad api/api.go)

The variables ``NOMAD_*``, which the client reads too, are taken for good.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller, Word
from kpl.golang.strings import to_lower
from kpl.golang.values import GoError, atoi

MAX_TTL = 3600


@dataclass
class Nomad:
    """The zone whose names are services of Nomad, and where Nomad is asked for them."""

    zone: str = "service.nomad"
    addresses: list[str] = field(default_factory=list)
    filter: str = ""
    ttl: int = 30
    """In seconds."""


def setup(c: Controller) -> Nomad:
    """``nomad [ZONE]`` with its block; only the first occurrence is read."""
    nomad = Nomad()
    c.next()
    args = c.args()
    if args:
        nomad.zone = args[0]
    addresses: list[Word] = []
    while c.next_block():
        addresses += _line(c, nomad)
    for address in addresses:
        try:
            c.parse_url(address)
        except GoError as error:
            raise c.refuse(f"plugin/nomad: invalid address '{address}': {error}", address) from None
    nomad.addresses = list(map(str, addresses))
    return nomad


def _line(c: Controller, nomad: Nomad) -> list[Word]:
    """Reads one line; the addresses that it adds."""
    name = to_lower(c.val())
    if name == "address":
        addresses = c.args()
        if not addresses:
            raise c.err("at least one address is required")
        return addresses
    if name == "filter" and c.since("1.13.2"):
        nomad.filter = _only(c, "filter")
    elif name == "token":
        _only(c, "token")
    elif name == "ttl":
        word = _only(c, "ttl value")
        try:
            nomad.ttl = atoi(word)
        except GoError as error:
            raise c.err(f"error parsing ttl: {error}") from None
        if not 0 <= nomad.ttl <= MAX_TTL:
            raise c.err(f"ttl must be in range [0, {MAX_TTL}]: {nomad.ttl}")
    else:
        raise c.err(f"unknown property '{name}'")
    return []


def _only(c: Controller, what: str) -> Word:
    args = c.args()
    if len(args) != 1:
        raise c.err(f"exactly one {what} is required")
    return args[0]
