"""The plugin ``pprof``. (CoreDNS plugin/pprof/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller
from kpl.golang.net import split_host_port
from kpl.golang.values import GoError, atoi


@dataclass
class Pprof:
    """Where the profiles are, and which fraction of blocking events is sampled."""

    address: str = "localhost:6053"
    block_rate: int = 0


def setup(c: Controller) -> Pprof:
    """``pprof [ADDRESS]`` with its block, once."""
    pprof = Pprof()
    while c.next_only():
        args = c.args()
        if len(args) == 1:
            try:
                split_host_port(args[0])
            except GoError as error:
                raise c.err(str(error)) from None
            pprof.address = args[0]
        if len(args) > 1:
            raise c.arg_err()
        while c.next_block():
            if c.val() != "block":
                raise c.err(f"unknown property '{c.val()}'")
            pprof.block_rate = _rate(c)
    return pprof


def _rate(c: Controller) -> int:
    args = c.args()
    if len(args) > 1:
        raise c.arg_err()
    try:
        return atoi(args[0]) if args else 1
    except GoError:
        raise c.err(f"property 'block' invalid integer value '{args[0]}'") from None
