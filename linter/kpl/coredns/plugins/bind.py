"""The plugin ``bind``. (CoreDNS plugin/bind/setup.go)"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpl.coredns.controller import Controller, Word
from kpl.golang.net import parse_ip
from kpl.golang.values import quote
from kpl.text import late

LOOPBACK = ("127.0.0.1", "::1")
"""The addresses of ``lo``, the one interface that every container has."""

_NO_INTERFACE = late.pattern(r"[\d.]*|.*[/:\s].*|.{16,}", re.DOTALL)
"""What names no interface: empty, an address gone wrong, longer than 15 bytes, or with a character that Linux refuses
(net/core/dev.c: dev_valid_name)."""


def setup(c: Controller) -> list[str]:
    """``bind ADDRESS|INTERFACE...`` with its block, any number of times: what the servers listen on.

    The addresses of an interface are not known; its name stands for them.
    """
    hosts: list[str] = []
    while c.next():
        args = c.args()
        if not args:
            what = (
                "at least one address or interface name is expected"
                if c.since("1.8.4")
                else "at least one address is expected"
            )
            raise c.refuse(what)
        excepted: list[str] = []
        if c.since("1.8.4"):
            words: list[Word] = []
            while c.next_block():
                words = _except(c)
            listed = _listed(c, args)
            excepted = _listed(c, words)
        else:
            for word in args:
                if parse_ip(word) is None:
                    raise c.refuse(f"not a valid IP address: {word}", word)
            listed = list(args)
        hosts += [host for host in listed if host not in excepted]
    c.config.listen_hosts = hosts
    return hosts


def _except(c: Controller) -> list[Word]:
    if c.val() != "except":
        raise c.refuse(f"invalid option {quote(c.val())}")
    words = c.args()
    if not words:
        raise c.refuse("at least one address or interface must be given to except subdirective")
    return words


def _listed(c: Controller, words: Sequence[Word]) -> list[str]:
    """listIP."""
    hosts: list[str] = []
    for word in words:
        if word == "lo":
            hosts += LOOPBACK
            continue
        if parse_ip(word) is None:
            if _NO_INTERFACE.fullmatch(word):
                raise c.refuse(f"not a valid IP address or interface name: {quote(word)}", word)
            c.need("interface", word)
        hosts.append(str(word))
    return hosts
