"""The plugin ``file``. (CoreDNS plugin/file/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import IN_EVERY_CONTAINER, Controller
from kpl.coredns.refreshes import read_reload
from kpl.coredns.tlsconfig import under_root
from kpl.coredns.transfers import transfer
from kpl.golang.filepath import clean
from kpl.golang.stat import is_certain_folder
from kpl.golang.values import quote

MINUTE = 60 * 10**9


@dataclass
class ZoneFile:
    """A file, and the zones that are read from it."""

    path: str
    zones: list[str]
    reload: int = MINUTE
    """Nanoseconds from one look at the file to the next; 0 is never."""
    receivers: list[str] = field(default_factory=list)
    """Up to 1.7.1: who may have the zones, addresses with a port or ``*``."""


@dataclass
class File:
    """All occurrences of a block."""

    files: list[ZoneFile] = field(default_factory=list)
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> File:
    """``file DBFILE [ZONES...]`` with its block, any number of times.

    A file that is missing is tolerated as long as it is looked for again; one that is there is taken to be good.
    """
    model = File()
    reload = MINUTE
    while c.next():
        if not c.next_arg():
            raise c.arg_err()
        name = c.word()
        zone_file = ZoneFile(under_root(c, name), c.origins(c.args()))
        if not model.files:
            _refuse_no_zone_file(c, zone_file, name)
        while c.next_block():
            if c.val() == "reload":
                reload = read_reload(c)
            else:
                _option(c, zone_file, model)
        zone_file.reload = reload
        model.files.append(zone_file)
    if reload == 0:
        for zone_file in model.files:
            c.need_file(zone_file.path)
    return model


def _refuse_no_zone_file(c: Controller, zone_file: ZoneFile, name: str) -> None:
    """The first file may be there for certain, and be none: a folder, or what every container has. (file.go: Parse)"""
    path = clean(zone_file.path) if c.since("1.9.1") else zone_file.path
    folder = is_certain_folder(path)
    if not zone_file.zones or not (folder or path in IN_EVERY_CONTAINER):
        return
    shown, zone = quote(zone_file.path), zone_file.zones[0]
    if not c.since("1.14.0"):
        raise c.refuse(f"file {shown} has no SOA record for origin {zone}", name)
    if folder:
        raise c.refuse(f"failed to parse file {shown} for origin {zone} with error read {path}: is a directory", name)
    # it goes on with a piece of what stands in the file
    raise c.refuse(f"failed to parse file {shown} for origin {zone} with error {path}", name)


def _option(c: Controller, zone_file: ZoneFile, model: File) -> None:
    name = c.val()
    if name == "fallthrough" and c.since("1.12.2"):
        model.fallthrough = c.fallthrough(c.args())
    elif name == "transfer" and not c.since("1.8.0"):
        zone_file.receivers += transfer(c, secondary=False)[0]
    elif name == "upstream":
        c.args()
    elif name != "reload_by_mtime" or not c.since("1.14.4"):
        raise c.err(f"unknown property '{name}'")
