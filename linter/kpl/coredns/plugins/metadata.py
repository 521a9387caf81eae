"""The plugin ``metadata``. (CoreDNS plugin/metadata/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller


@dataclass
class Metadata:
    """The zones whose queries carry metadata."""

    zones: list[str]


def setup(c: Controller) -> Metadata:
    """``metadata [ZONES...]``, once."""
    c.next()
    metadata = Metadata(c.origins(c.args()))
    if c.next_block() or c.next():
        raise c.arg_err()
    return metadata
