"""The plugin ``shed``. (CoreDNS plugin/shed/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.coredns.zones import split_transport
from kpl.golang.values import quote


def setup(c: Controller) -> None:
    """``shed``, once, in a block for plain DNS."""
    while c.next_only():
        if c.args():
            raise c.arg_err()
        if c.next_block():
            raise c.err("shed takes no options")
    for zone in c.config.zones:
        transport, _ = split_transport(str(zone), c.instance.version)
        if transport != "dns":
            what = f"{quote(str(zone))} uses transport {quote(transport)}"
            raise c.err(f"only plain DNS server blocks are supported; {what}")
