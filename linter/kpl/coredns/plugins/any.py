"""The plugin ``any``. (CoreDNS plugin/any/setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller


def setup(c: Controller) -> None:
    """``any``."""
    c.nothing()
