"""The plugin ``secondary``. (CoreDNS plugin/secondary/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.transfers import transfer, transfer_from
from kpl.coredns.zones import zones_of
from kpl.golang.values import quote


@dataclass
class Secondary:
    """Zones that are fetched from other servers."""

    zones: list[str]
    sources: list[str] = field(default_factory=list)
    """The servers that have the zones: addresses with a port."""
    receivers: list[str] = field(default_factory=list)
    """Up to 1.7.1: who may have them from here, or ``*``."""
    catalog: bool = False
    """Whether the zones are catalogs of further zones (RFC 9432)."""


@dataclass
class Secondaries:
    """All occurrences of a block."""

    secondaries: list[Secondary] = field(default_factory=list)
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> Secondaries:
    """``secondary [ZONES...]`` with its block, any number of times; any other word at its start is passed over."""
    model = Secondaries()
    while c.next():
        if c.val() != "secondary":
            continue
        secondary = Secondary(c.origins(c.args()))
        fetched = False
        while c.next_block():
            fetched |= c.val() == "transfer"
            _option(c, secondary, model)
        if not fetched and c.since("1.12.2"):
            raise c.err("secondary zones require a transfer from property")
        model.secondaries.append(secondary)
    return model


def _option(c: Controller, secondary: Secondary, model: Secondaries) -> None:
    name = c.val()
    if name == "transfer" and c.since("1.8.0"):
        secondary.sources += transfer_from(c)
    elif name == "transfer":
        receivers, sources = transfer(c, secondary=True)
        secondary.receivers += receivers
        secondary.sources += sources
    elif name == "upstream" and not c.since("1.8.0"):
        c.args()
    elif name == "catalog" and c.since("1.14.5"):
        _catalog(c, secondary)
    elif name == "fallthrough" and c.since("1.14.4"):
        model.fallthrough = c.fallthrough(c.args())
    else:
        raise c.err(f"unknown property '{name}'")


def _catalog(c: Controller, secondary: Secondary) -> None:
    """The zones that may be its members come with 1.14.7."""
    secondary.catalog = True
    args = c.args()
    if args and not c.since("1.14.7"):
        raise c.arg_err()
    for word in args:
        if not zones_of(word, c.instance.version):
            raise c.refuse(f"invalid catalog member zone {quote(word)}", word)
