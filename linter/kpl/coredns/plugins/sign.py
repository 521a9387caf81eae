"""The plugin ``sign``. (CoreDNS plugin/sign/setup.go and keys.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.keyfiles import key_files
from kpl.coredns.tlsconfig import under_root
from kpl.golang.values import quote
from kpl.text import late

_NOT_UTF8 = late.pattern("[\ufffd\ud800-\udfff]")


@dataclass
class Signed:
    """A zone file that is signed and written to a folder, for each of its zones."""

    path: str
    zones: list[str] = field(default_factory=list)
    key_files: list[str] = field(default_factory=list)
    """Without their extensions."""
    directory: str = "/var/lib/coredns"


def setup(c: Controller) -> list[Signed]:
    """``sign DBFILE [ZONES...]`` with its block, any number of times; the zone file is first read when CoreDNS runs."""
    signed = []
    while c.next():
        if not c.next_arg():
            raise c.arg_err()
        path = under_root(c, c.val())
        if _NOT_UTF8.search(path) and c.since("1.13.1"):
            raise c.refuse(f"dbfile {quote(path)} contains invalid characters")
        one = Signed(path, c.origins(c.args()))
        while c.next_block():
            _option(c, one)
        signed.append(one)
    return signed


def _option(c: Controller, signed: Signed) -> None:
    name = c.val()
    if name == "key":
        _keys(c, signed)
    elif name == "directory":
        args = c.args()
        if len(args) != 1:
            raise c.refuse('can only be one argument after "directory"')
        signed.directory = under_root(c, args[0])
    else:
        raise c.err(f"unknown property '{name}'")


def _keys(c: Controller, signed: Signed) -> None:
    """Any other source of keys is passed over, and its arguments are read as properties."""
    if not c.next_arg():
        raise c.arg_err()
    if c.val() == "file":
        signed.key_files += key_files(c)
    elif c.val() == "directory":
        raise c.refuse("directory: not implemented")
