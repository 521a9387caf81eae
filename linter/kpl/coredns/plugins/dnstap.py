"""The plugin ``dnstap``. (CoreDNS plugin/dnstap/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.coredns.hostport import is_no_file, lists_servers, read_upstream
from kpl.golang.urls import parse_url
from kpl.golang.values import GoError, atoi, quote

MAX_WRITE_BUFFER = 1024
"""In MiB, from 1.13.0 on."""
MAX_QUEUE = 4096
"""In 10,000 messages, from 1.13.0 on."""
_LARGEST_CHANNEL = 1 << 48
"""Bytes that Go makes a channel of on 64-bit machines."""
_EVERY_MACHINE_HAS = 1 << 30
"""Bytes; whether more can be had, the machine decides."""


@dataclass
class Dnstap:
    """Where messages go, or where they are taken in, and whether they hold the whole query."""

    endpoint: str
    listens: bool = False
    full: bool = False


def setup(c: Controller) -> list[Dnstap]:
    """``dnstap [listen] ENDPOINT [full] [BUFFER] [QUEUE]`` with its block; before 1.10.1 only the first is read."""
    found: list[Dnstap] = []
    while (not found or c.since("1.10.1")) and c.next():
        found.append(_dnstap(c) if c.since("1.9.4") else _old(c))
    return found


def _old(c: Controller) -> Dnstap:
    """parseConfig before 1.9.4."""
    if not c.next_arg():
        raise c.arg_err()
    dnstap = Dnstap(c.val())
    _check_endpoint(c, dnstap.endpoint)
    dnstap.full = c.next_arg() and c.val() == "full"
    return dnstap


def _dnstap(c: Controller) -> Dnstap:
    args = c.args()
    if not args:
        raise c.arg_err()
    listens = args[0] == "listen" and c.since("1.14.4")
    if listens:
        if len(args) < 2:
            raise c.err("dnstap listen requires an endpoint argument")
        args = args[1:]
    dnstap = Dnstap(args[0], listens)
    queue = "1"
    if len(args) > 2 and c.since("1.13.0"):
        _count(c, args[2], "MultipleTcpWriteBuf", MAX_WRITE_BUFFER, "MiB units")
    if len(args) > 3:
        queue = args[3]
        if c.since("1.13.0"):
            _count(c, queue, "MultipleQueue", MAX_QUEUE, "x10k messages")
    _check_endpoint(c, dnstap.endpoint)
    if c.since("1.11.4") and not c.since("1.13.0"):
        _make_queue(c, queue)
    dnstap.full = args[1:2] == ["full"] and (len(args) == 2 or c.since("1.11.4"))
    while c.next_block():
        _option(c, dnstap)
    return dnstap


def _count(c: Controller, word: str, name: str, most: int, unit: str) -> None:
    try:
        count = atoi(word)
    except GoError as error:
        raise c.err(f"dnstap: invalid {name} {quote(word)}: {error}") from None
    if not 1 <= count <= most:
        raise c.err(f"dnstap: {name} must be between 1 and {most} ({unit}): {count}")


def _make_queue(c: Controller, word: str) -> None:
    """A queue that nothing checked: Go panics where it cannot make one of that size, and is killed where there is no memory."""
    try:
        count = atoi(word)
    except GoError as error:
        # (what Go's Atoi gives beside its error)
        largest = (1 << 63) - 1
        count = 0 if not str(error).endswith("out of range") else -largest - 1 if word[0] == "-" else largest
    messages = (count * 10_000 + (1 << 63)) % (1 << 64) - (1 << 63)
    if not 0 <= messages * 8 <= _LARGEST_CHANNEL:
        raise c.panic("makechan: size out of range", word)
    if messages * 8 > _EVERY_MACHINE_HAS:
        c.need("size", f"memory for {messages} messages")


def _check_endpoint(c: Controller, endpoint: str) -> None:
    schemes = ("tls://", "tcp://") if c.since("1.11.0") else ("tcp://",)
    if not endpoint.startswith(schemes):
        return
    try:
        if c.since("1.9.3"):
            parse_url(endpoint)
            return
        upstream = read_upstream(endpoint[6:], c.instance.version)
    except GoError:
        raise c.arg_err() from None
    path = upstream.file
    if path is not None and (is_no_file(c, path) or not lists_servers(c, path, c.word())):
        raise c.arg_err()


def _option(c: Controller, dnstap: Dnstap) -> None:
    name = c.val()
    if name in ("identity", "version") or (name == "extra" and c.since("1.11.1")):
        if not c.next_arg():
            raise c.arg_err()
    elif name == "skipverify" and c.since("1.11.0"):
        return
    elif name == "tls" and c.since("1.14.4"):
        if not dnstap.listens:
            raise c.err("tls directive only valid for listeners")
        if len(c.args()) < 2:
            raise c.err("tls requires cert and key file paths")
    elif c.since("1.14.4"):
        raise c.err(f"unknown property '{name}'")
