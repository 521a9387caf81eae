"""The plugin ``geoip``. (CoreDNS plugin/geoip/setup.go and geoip.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import IN_EVERY_CONTAINER, Controller
from kpl.golang.values import quote


@dataclass
class GeoIP:
    """The database of ``geoip``, and whether a client's EDNS0 subnet is looked up in place of its address."""

    database: str = ""
    edns_subnet: bool = False


def setup(c: Controller) -> GeoIP:
    """``geoip DATABASE`` with its block."""
    geoip = GeoIP()
    while c.next():
        if not c.next_arg():
            raise c.arg_err()
        if geoip.database:
            raise c.err("configuring multiple databases is not supported")
        geoip.database = c.word()
        if c.args():
            raise c.arg_err()
        while c.next_block():
            if not c.since("1.9.2"):
                raise c.err("unexpected config block")
            if c.val() != "edns-subnet":
                raise c.err(f"unknown property {quote(c.val())}")
            geoip.edns_subnet = True
    if not geoip.database:
        raise c.err("failed to open database file: open : no such file or directory")
    if geoip.database in IN_EVERY_CONTAINER:
        raise c.err("failed to open database file: error opening database: invalid MaxMind DB file")
    c.need_file(geoip.database)
    return geoip
