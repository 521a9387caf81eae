"""The plugin ``transfer``. (CoreDNS plugin/transfer/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.hostport import host_port
from kpl.coredns.transfers import DEFAULT_PORT
from kpl.coredns.zones import split_host_port, split_transport
from kpl.golang.net import parse_ip
from kpl.golang.values import quote


@dataclass
class Transfer:
    """Zones, and who may have them: addresses with a port, or ``*`` for everybody."""

    zones: list[str]
    receivers: list[str] = field(default_factory=list)
    source: str | None = None
    """The address that notifies are sent from."""


def setup(c: Controller) -> list[Transfer]:
    """``transfer [ZONES...]`` with its block, any number of times."""
    transfers = []
    while c.next():
        args = c.args()
        if not c.since("1.8.4"):
            for word in args:
                c.read(
                    lambda text: split_host_port(split_transport(text, c.instance.version)[1], c.instance.version), word
                )
        transfer = Transfer(c.origins(args))
        while c.next_block():
            _option(c, transfer)
        if not transfer.receivers:
            raise _named_twice(c.err("'to' is required"))
        transfers.append(transfer)
    return transfers


def _option(c: Controller, transfer: Transfer) -> None:
    name = c.val()
    if name == "to":
        args = c.args()
        if not args:
            raise c.arg_err()
        for word in args:
            read = (lambda text: host_port(text, DEFAULT_PORT, c.instance.version)) if word != "*" else str
            transfer.receivers.append(c.read(read, word))
    elif name == "source" and c.since("1.14.5"):
        arg = c.only()
        if transfer.source is not None:
            raise _named_twice(c.err("source already specified"))
        if parse_ip(arg) is None:
            raise _named_twice(c.err(f"invalid source address {quote(arg)}"))
        transfer.source = arg
    else:
        raise _named_twice(
            c.err(f"unknown property {quote(name)}" if c.since("1.8.0") else f"unknown property '{name}'")
        )


def _named_twice(refused: RefusedError) -> RefusedError:
    """These errors come with the plugin's name already, and get it once more."""
    refused.message = f"plugin/transfer: {refused.message}"
    return refused
