"""What several plugins read after ``transfer``. (CoreDNS plugin/pkg/parse: parse.go up to 1.7.1, transfer.go since)"""

from __future__ import annotations

from kpl.coredns.controller import Controller, Word
from kpl.coredns.hostport import host_port

DEFAULT_PORT = "53"


def transfer(c: Controller, secondary: bool) -> tuple[list[str], list[str]]:
    """parse.Transfer: whom the zone is sent to, and where a `secondary` gets it from, as addresses with a port.

    What is neither ``to`` nor ``from`` is passed over.
    """
    if not c.next_arg():
        raise c.arg_err()
    receivers: list[str] = []
    sources: list[str] = []
    if c.val() == "to":
        receivers = [word if word == "*" else _address(c, word) for word in c.args()]
    elif c.val() == "from":
        if not secondary:
            raise c.refuse("can't use `transfer from` when not being a secondary")
        sources = [_source(c, word) for word in c.args()]
    return receivers, sources


def transfer_from(c: Controller) -> list[str]:
    """parse.TransferIn: the addresses, with a port, that a secondary zone is fetched from."""
    if not c.next_arg():
        raise c.arg_err()
    if c.val() != "from":
        raise c.err(f"unknown property {c.val()}")
    args = c.args()
    if not args:
        raise c.arg_err()
    return [_source(c, word) for word in args]


def _source(c: Controller, word: Word) -> str:
    if word == "*":
        raise c.refuse("can't use '*' in transfer from", word)
    return _address(c, word)


def _address(c: Controller, word: Word) -> str:
    return c.read(lambda text: host_port(text, DEFAULT_PORT, c.instance.version), word)
